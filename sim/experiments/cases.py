"""All cases of a folder: every scenario that names a baseline, compared with it.

Cases with the same baseline are run together against one market of it; as draws are shared, each comes out
as if it had been compared alone. A case whose results are complete and follow from the same scenarios,
seeds, size and code is not run again. Code of a user's own plug-ins is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sim import sources
from sim.engine.start import described
from sim.experiments.compare import Settings, check_comparable, compare
from sim.experiments.folders import save_comparison
from sim.experiments.results import provenance
from sim.experiments.stored import TABLES, Case
from sim.files import write_text
from sim.scenario import Origin, Problem, ScenarioError, load
from sim.scenario.reading.labels import natural
from sim.scenario.reading.layers import read_root

KIND = "cases"
NOTE = "provenance.json"


def find(folder: Path) -> list[Case]:
    """Scenarios of a folder that name a baseline, those with a label first, in natural order.

    Raises:
        ScenarioError: with the problems of all of them and their baselines.
        ValueError: if there is none, or two cannot be told apart, or one cannot be compared.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder.as_posix()}: no such folder")
    problems: list[Problem] = []
    cases = [case for file in sorted(folder.glob("*.y*ml")) for case in _case(file, problems)]
    if problems:
        raise ScenarioError(problems)
    if not cases:
        raise ValueError(f"no scenario in {folder.as_posix()} names a baseline (`against: FILE`)")
    _distinct(cases)
    for case in cases:
        check_comparable((case.against, case.base.scenario), case.name, case.scenario.scenario)
    return sorted(cases, key=lambda case: (not case.scenario.case, natural(case.label)))


def _case(file: Path, problems: list[Problem]) -> Iterable[Case]:
    """The case of a file, if it is one; what is wrong is added to `problems`."""
    try:
        if "against" in read_root(file, Origin(file.as_posix())).entries:
            scenario = load(file)
            if scenario.against is not None:
                yield Case(scenario, load(scenario.against))
    except ScenarioError as error:
        problems.extend(error.problems)


def _distinct(cases: Sequence[Case]) -> None:
    """Refuse cases whose folders or names would be the same."""
    known: dict[str, Case] = {}
    for case in cases:
        other = known.setdefault(case.label.lower(), case)
        if other is not case:
            raise ValueError(f"{other.scenario.path} and {case.scenario.path} are both case {case.label}")
        if case.name == case.against:
            raise ValueError(f"{case.scenario.path} and its baseline {case.base.path} have the same name")


# --- what has been done --------------------------------------------------------------------------


def digest(case: Case, settings: Settings) -> str:
    """Digest of all that the results of a case follow from: scenarios, seeds, size, code."""
    run = {key: value for key, value in asdict(alone(settings)).items() if key != "workers"}
    scenarios = [described(loaded.scenario) for loaded in (case.base, case.scenario)]
    parts = [case.against, case.name, *scenarios, run, sources.digest("sim.experiments.compare")]
    return blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def is_done(case: Case, settings: Settings, folder: Path) -> bool:
    """Whether the results of a case are complete and would come out the same.

    Raises:
        ValueError: if its folder holds results of another kind.
    """
    note = folder / case.label / NOTE
    if not note.exists():
        return False
    about = json.loads(note.read_text(encoding="utf-8"))
    if about.get("kind") != "comparison":
        raise ValueError(
            f"{folder / case.label} holds {about.get('kind', 'other files')}, expected a comparison"
        )
    tables = all((folder / case.label / f"{name}.parquet").exists() for name in TABLES)
    return tables and about["settings"].get("digest") == digest(case, settings)


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """Cases by baseline."""
    groups: dict[Path, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.base.path.resolve(), []).append(case)
    return list(groups.values())


# --- running -------------------------------------------------------------------------------------


def run(
    groups: Iterable[Sequence[Case]], settings: Settings, folder: Path, command: Sequence[str],
    done: Callable[[], object] = lambda: None,
) -> None:  # fmt: skip
    """Run cases, those of one baseline together, and write each into its own folder.

    Args:
        groups: cases by baseline, as `together` gives them.
        settings: replications, size, seeds.
        folder: where the folders of the cases are; it is ours (see `note`).
        command: the command line, for the record.
        done: called after each replication of a group.
    """
    settings = alone(settings)
    for group in groups:
        base, scenarios = group[0].base.scenario, {case.name: case.scenario.scenario for case in group}
        found = compare((group[0].against, base), scenarios, settings, done)
        for case in group:
            about = {"case": case.label, "digest": digest(case, settings)}
            place, kept = folder / case.label, found.only(case.name)
            save_comparison(place, kept, case.loaded, settings, command, about)


def alone(settings: Settings) -> Settings:
    """Settings under which the values of a case do not depend on the other cases."""
    return replace(settings, common_date=False)


def note(
    folder: Path, cases: Sequence[Case], settings: Settings, command: Sequence[str], *, complete: bool
) -> Path:
    """Write provenance.json of the folder: first to say whose it is, at the end to say that all is there."""
    about: dict[str, Any] = provenance(KIND, command, asdict(alone(settings)))
    listed: Mapping[str, Any] = {
        case.label: {
            "scenario": case.scenario.path.as_posix(),
            "against": case.base.path.as_posix(),
            "digest": digest(case, settings),
        }
        for case in cases
    }
    return write_text(folder / NOTE, json.dumps(about | {"complete": complete, "cases": listed}, indent=2))
