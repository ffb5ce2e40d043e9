"""Whose folder it is: an experiment begins in an empty one and goes on only in its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from sim import __version__
from sim.experiments.results import commit
from sim.files import write_text
from sim.sweep.experiment import Experiment, Plan
from sim.sweep.factors import Factor
from sim.sweep.store import NOTE, PLAN, Folder, StoreError, plain, write_once, write_table

FORMAT = 1
SHOWN = 12
"""Most differences written out in one message."""
GROWS = ("design", "replications", "draws.replications")
"""What a larger design may differ in. All else, outcomes not least, would give old rows another meaning."""


def claim(
    folder: Folder, experiment: Experiment, plan: Plan, *, extend: bool = False, mixed_code: bool = False
) -> None:
    """Write what is asked into an empty folder, or see that the same was asked before.

    Args:
        folder: where results go.
        experiment: what is asked.
        plan: its runs.
        extend: whether a design may replace a smaller one all of whose runs it contains.
        mixed_code: whether rows of other code may stand beside new ones.

    Raises:
        StoreError: if the folder holds something else; the message shows the differences.
    """
    _refuse_strangers(folder)
    note = note_of(experiment)
    if write_once(folder.path / NOTE, _text(note)):
        _write_plan(folder, plan)
        return
    kept = folder.read_note()
    if kept.get("code") != note["code"] and not mixed_code:
        raise StoreError(
            f"{folder.path} was begun with other code of the model ({kept.get('code')}, now {note['code']}): "
            "take another folder, or allow rows of both with --allow-mixed-code"
        )
    differences = list(different(kept["experiment"], note["experiment"]))
    before = folder.planned()
    if before is None and not differences:  # its writer was killed in between
        _write_plan(folder, plan)
        return
    changed = before != {run.id for run in plan.runs}
    grown = [one for one in differences if not one.startswith(GROWS)]
    if extend and not grown and (differences or changed):
        _extend(folder, note, plan)
    elif differences:
        raise StoreError(_words(folder, grown if extend else differences))
    elif changed:  # a file of points that changed, a function at other points, another version of SciPy
        raise StoreError(
            f"{folder.path} holds another experiment: described alike, it has other points or draws"
        )


def note_of(experiment: Experiment) -> dict[str, Any]:
    """What is written into experiment.json."""
    return {
        "format": FORMAT,
        "kind": "experiment",
        "name": experiment.name,
        "title": experiment.title,
        "question": experiment.question,
        "titles": dict(experiment.titles),
        "design": experiment.kind,
        "independent": experiment.draws.independent,
        "factors": [dict(factor.__dict__) for factor in experiment.factors],
        "outcomes": list(experiment.outcomes),
        "package": __version__,
        "commit": commit(),
        "code": experiment.work.code,
        "work": experiment.work.describe(),
        "experiment": json.loads(json.dumps(experiment.about, default=plain)),
    }


def factors_of(note: Mapping[str, Any]) -> tuple[Factor, ...]:
    """Factors of an experiment.json."""
    return tuple(Factor(**{**one, "levels": tuple(one["levels"])}) for one in note["factors"])


def different(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Differences between two trees of plain data, a line each."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            below = f"{path}.{key}" if path else str(key)
            yield from different(old.get(key, "(absent)"), new.get(key, "(absent)"), below)
    elif old != new:
        yield f"{path}: {_short(old)} there, {_short(new)} now"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _words(folder: Folder, differences: list[str]) -> str:
    lines = [
        f"{folder.path} holds another experiment, take another folder; it differs in",
        *differences[:SHOWN],
    ]
    if len(differences) > SHOWN:
        lines.append(f"and {len(differences) - SHOWN} more")
    return "\n  ".join(lines)


def _refuse_strangers(folder: Folder) -> None:
    """Refuse a folder with something else in it."""
    path = folder.path
    if path.exists() and not path.is_dir():
        raise StoreError(f"{path} is a file, expected a folder")
    if path.is_dir():
        strangers = [file.name for file in path.iterdir() if not file.name.startswith(f".{NOTE[:-5]}")]
        if strangers and not (path / NOTE).exists():  # looked for last: another process may be beginning now
            raise StoreError(f"{path} holds other files ({strangers[0]}), expected a new folder")


def _write_plan(folder: Folder, plan: Plan) -> None:
    table = plan.table()
    objects = {name: column for name, column in table.items() if column.dtype == object}
    mixed = {name: str for name, column in objects.items() if column.map(type).nunique() > 1}
    text = table.astype(mixed)  # levels of several kinds
    write_table(folder.path / PLAN, pa.Table.from_pandas(text, preserve_index=False))


def _extend(folder: Folder, note: dict[str, Any], plan: Plan) -> None:
    """Put a larger design in the place of a smaller one.

    Raises:
        StoreError: if it does not contain all of its runs.
    """
    before = folder.planned() or set()
    lost = before - {run.id for run in plan.runs}
    if lost:
        raise StoreError(
            f"{folder.path} cannot be extended: {len(lost)} of its {len(before)} runs "
            "are not in the new design"
        )
    _write_plan(folder, plan)
    write_text(folder.path / NOTE, _text(note))


def _text(note: Mapping[str, Any]) -> str:
    return json.dumps(note, indent=1, default=plain)
