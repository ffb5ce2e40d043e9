"""Result folders of runs and comparisons: tables, resolved scenarios, provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from sim.experiments.compare import Settings
from sim.experiments.results import RESOLVED, provenance, write_provenance, write_table
from sim.experiments.stored import TABLES
from sim.outcomes.comparison import Comparison
from sim.outcomes.monthly import monthly
from sim.scenario import LoadedScenario


def save_comparison(
    folder: Path,
    comparison: Comparison,
    loaded: Mapping[str, LoadedScenario],
    settings: Settings,
    command: Sequence[str],
    more: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a comparison: Parquet tables, summary.csv, monthly.csv, scenarios, provenance.json (last).

    A folder with provenance.json is complete. What `more` says stands beside the settings there.
    """
    clear(folder)
    settled = {"baseline": comparison.base, **asdict(settings), **(more or {})}
    about = provenance("comparison", command, settled)
    money = next(iter(comparison.scenarios.values())).currency.name
    written = [
        write_table(folder / f"{name}.parquet", getattr(comparison, name), money, about, unit)
        for name, unit in TABLES.items()
    ]
    written.append(write_summary(folder / "summary.csv", comparison.summary()))
    written.append(write_summary(folder / "monthly.csv", monthly(comparison)))
    write_provenance(folder, about, loaded)
    return written


def claim(folder: Path, kind: str) -> None:
    """Refuse a folder that is not ours to write into; called before anything runs.

    Raises:
        ValueError: if the folder is a file or holds something else than results of this kind.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, expected a folder")
    if not folder.exists() or not any(folder.iterdir()):
        return
    note = folder / "provenance.json"
    found = json.loads(note.read_text(encoding="utf-8")).get("kind", "") if note.exists() else ""
    if found != kind:
        raise ValueError(f"{folder} holds {found or 'other files'}, expected a new one or a {kind}")


def clear(folder: Path) -> None:
    """Remove what an earlier run wrote, so that no old picture stays beside new tables; nothing else."""
    note = folder / "provenance.json"
    if not note.exists():
        return
    note.unlink()
    resolved = list((folder / "scenarios").glob(f"*{RESOLVED}"))
    pictures = [f"{path.name.removesuffix(RESOLVED)}_*.png" for path in resolved]
    patterns = ("*.parquet", "summary.csv", "monthly.csv", "gmv_by_platform_and_tier.png", *pictures)
    for path in [*resolved, *(found for pattern in patterns for found in folder.glob(pattern))]:
        path.unlink()


def write_summary(path: Path, summary: pd.DataFrame) -> Path:
    """Write the summary as a spreadsheet can read it."""
    from sim.files import write_text

    return write_text(path, summary.to_csv(index=False, float_format="%.6g"))


def write_solution(path: Path, solved: Mapping[str, Any], about: Mapping[str, Any]) -> Path:
    """Write solved numbers by section with their provenance as the YAML that scenarios name."""
    from sim.files import write_atomically

    yaml = YAML()
    yaml.width = 120
    yaml.default_flow_style = None

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8") as file:
            file.write("# Written by `sim calibrate intercepts`; do not edit.\n")
            yaml.dump({"provenance": dict(about), **solved}, file)

    return write_atomically(path, write)
