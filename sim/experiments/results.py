"""Tables of results: tidy Parquet with units in the columns, written whole or not at all."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim import __version__
from sim.files import write_atomically, write_text
from sim.scenario import LoadedScenario
from sim.scenario.show import show

PROVENANCE = "provenance.json"
"""File that says how a result was made, beside its tables."""
RESOLVED = ".resolved.yaml"
"""How the name of a scenario ends that is written out in full beside a result."""
STORE = "store"
"""Folder of the runs, beside the tables of a result that is made part by part."""
SEE_UNIT = "see unit"
"""Unit of columns whose rows have a unit each, in the column `unit`."""
COLUMNS: Mapping[str, tuple[str, str]] = {
    "scenario": ("", "name of the scenario"),
    "replication": ("", "number of the pair of seeds"),
    "week": ("week", "counted from the first day of the scenario"),
    "channel": ("", "platform's own assortment, own site or storefront"),
    "host": ("", "platform that hosts the channel"),
    "brand": ("", "brand that owns the channel"),
    "category": ("", "kind of goods"),
    "tier": ("", "city tier"),
    "name": ("", "firm or channel"),
    "orders": ("orders", "orders, expected"),
    "gmv": ("money", "what consumers paid, tax included, expected"),
    "value": ("money", "goods sold at reference price, expected"),
    "discount": ("money", "list price minus price as far as the seller pays it, expected"),
    "subsidy": ("money", "the same as far as the platform pays it, expected"),
    "orders_realised": ("orders", "orders, realised choices"),
    "gmv_realised": ("money", "what consumers paid, realised choices"),
    "decision": ("money", "consumer surplus by logsum, all terms of utility"),
    "core": ("money", "consumer surplus by logsum without habit, loyalty and event pull"),
    "pathwise": ("money", "consumer surplus on the realised shocks"),
    "aware": ("people", "people with access to the platform, or who know the brand or channel"),
    "buyers": ("people", "people who bought in the last 52 weeks"),
    "platform": ("", "platform that sells to teams"),
    "takes": ("people", "orders with the team option"),
    "filled": ("people", "those whose team filled"),
    "refunded": ("people", "those that got the money back"),
    "invitations": ("people", "invitations that arrived"),
    "joins": ("people", "people who joined a contact's team"),
    "gained": ("people", "people who got access to the platform by an invitation"),
    "active": ("share", "merchants who list, share of those who could"),
    "payer": ("", "who paid"),
    "payee": ("", "who was paid"),
    "account": ("", "what for"),
    "amount": ("money", "payment"),
    "origin": ("", "choice in the baseline"),
    "destination": ("", "choice in the scenario"),
    "needs": ("needs", "needs, in people"),
    "paid_before": ("money", "paid for these needs in the baseline"),
    "paid_after": ("money", "paid for these needs in the scenario"),
    "outcome": ("", "what is measured"),
    "party": ("", "whose"),
    "period": ("", "window, after, or horizon"),
    "unit": ("", "unit of base and scenario value"),
    "baseline": (SEE_UNIT, "value in the baseline"),
    "with_scenario": (SEE_UNIT, "value in the scenario"),
    "difference": (SEE_UNIT, "scenario minus baseline, same draws"),
    "orders_baseline": ("orders", "orders in the baseline, expected"),
    "orders_with_scenario": ("orders", "orders in the scenario, expected"),
    "weight": ("", "weight of the replication in means: one, or what a ratio is divided by"),
    "simulated_buyers": ("consumers", "simulated consumers behind the number"),
    "effective_buyers": ("consumers", "as many with equal weights would say as much (Kish 1965)"),
}


def to_arrow(
    table: pd.DataFrame, money: str, provenance: Mapping[str, Any], measured: str = SEE_UNIT
) -> pa.Table:
    """Arrow table whose fields carry unit and description.

    Args:
        table: the table.
        money: name of the currency.
        provenance: how the table came about.
        measured: unit of the two sides and their difference, "money" for the currency; by default it stands
            in a column of the table.

    Raises:
        KeyError: if a column is not declared in `COLUMNS`.
    """
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    fields = []
    for item in arrow.schema:
        unit, description = COLUMNS[item.name]
        unit = (measured if unit == SEE_UNIT else unit).replace("money", money)
        fields.append(item.with_metadata({"unit": unit, "description": description}))
    return arrow.cast(pa.schema(fields, metadata={"provenance": json.dumps(provenance)}))


def write_table(
    path: Path, table: pd.DataFrame, money: str, provenance: Mapping[str, Any], measured: str = SEE_UNIT
) -> Path:
    """Write one Parquet file atomically; see `to_arrow`."""
    arrow = to_arrow(table, money, provenance, measured)
    return write_atomically(path, lambda temporary: pq.write_table(arrow, temporary))


def commit() -> str:
    """Git commit of the working folder with a mark if it is changed; empty outside git."""
    root = Path(__file__).parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except OSError:
        return ""
    return described.stdout.strip()


def versions() -> dict[str, str]:
    """Versions of all installed packages; one of which only half is there has none."""
    found: dict[str, str] = {}
    for one in distributions():
        with suppress(Exception):
            found[one.name or ""] = one.version
    return dict(sorted((item for item in found.items() if item[0]), key=lambda item: item[0].lower()))


def provenance(kind: str, command: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader needs to repeat the run."""
    from sim.kernel import source_digest  # loads the compiler, which readers of results do not need

    return {
        "kind": kind,
        "package": __version__,
        "commit": commit(),
        "kernels": source_digest(),
        "command": [Path(word).name if k == 0 else word for k, word in enumerate(command)],
        "settings": dict(settings),
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "versions": versions(),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_provenance(
    folder: Path, about: Mapping[str, Any], scenarios: Mapping[str, LoadedScenario]
) -> None:  # fmt: skip
    """Write provenance.json and the resolved scenarios, by their names in the tables."""
    for name, loaded in scenarios.items():
        write_text(folder / "scenarios" / f"{name}{RESOLVED}", show(loaded))
    write_text(folder / PROVENANCE, json.dumps(about, indent=2))


def read_parts(folder: Path) -> dict[str, Any]:
    """Return the provenance of a result that is made part by part, by part; empty if none was made yet."""
    file = folder / PROVENANCE
    parts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["parts"] if file.exists() else {}
    return parts


def write_parts(folder: Path, parts: Mapping[str, Any]) -> Path:
    """Write the provenance of a result that is made part by part."""
    return write_text(folder / PROVENANCE, json.dumps({"parts": parts}, indent=2, default=str))
