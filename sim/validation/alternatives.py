"""Which conclusions of a comparison hang on how the model is built?

A scenario is compared with its baseline on the same draws, as modelled and under each structural alternative:
no nests, awareness as a bonus, all extra quantity stored, merchants frozen, no teams (the file of structures
says which). Each comparison is read by the same list of conclusions (`sim.validation.conclusions`).

Intercepts stay as they are unless targets are given, to which they are solved again under each structure. As
they are, an alternative starts from other sales than the model; solved again, from the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from sim.experiments.calibration import SolveSettings
from sim.experiments.compare import Settings, compare
from sim.experiments.stored import Case
from sim.scenario.schema import Scenario
from sim.validation.conclusions import conclude, verdict
from sim.validation.structures import Builder, Structure

BASE = "as modelled"
SMALL = Settings(replications=8, consumers=10_000)
COLUMNS = ["alternative", "conclusion", "value", "low", "high", "in_base", "flips", "unit", "solved"]


def alternatives(
    pair: Case, structures: Mapping[str, Structure], settings: Settings = SMALL, *,
    targets: Path | None = None, solving: SolveSettings | None = None,
    done: Callable[[str], object] = lambda name: None,
) -> pd.DataFrame:  # fmt: skip
    """Conclusions of a comparison under structural alternatives.

    Args:
        pair: the scenario and its baseline.
        structures: the alternatives by name. One that changes nothing in the pair is left out.
        settings: replications, size and seeds; the run-off must be run.
        targets: targets of `sim calibrate intercepts` for the market of the pair; given, intercepts and
            listing costs are solved again under each alternative, some minutes for each; none = nothing is.
        solving: size and patience of that.
        done: called with the name of each alternative that has been run.

    Returns:
        One row for each alternative ("as modelled" first) and conclusion:

        - value, low, high: the number behind the conclusion, above zero if it is so, and its 90 % interval
          over replications, in `unit`;
        - in_base: what the model as it is says: "yes", "no" or "open" (zero is in the interval);
        - flips: "open" if zero is in the interval; else "holds" or "flips" if the model as it is says the
          same or the opposite, "settled" if the model leaves it open;
        - solved: whether intercepts were solved again.

    Raises:
        ValueError: if the run-off is not run, or the pair cannot be compared or read.
    """
    if not settings.run_off:
        raise ValueError("the run-off is left out, but conclusions rest on it: run_off=True")
    parts = []
    with TemporaryDirectory() as folder:
        builder = Builder(Path(folder), targets, solving or SolveSettings(threads=settings.workers))
        for name, base, scenario in _pairs(pair, structures, builder):
            found = conclude(compare((pair.against, base), {pair.name: scenario}, settings))
            solved = targets is not None and name != BASE
            parts.append(found.assign(alternative=name, solved=solved))
            done(name)
    return judged(pd.concat(parts, ignore_index=True))


def _pairs(
    pair: Case, structures: Mapping[str, Structure], builder: Builder
) -> Iterator[tuple[str, Scenario, Scenario]]:
    """The baseline and the scenario as modelled, then under each alternative that changes them."""
    yield BASE, pair.base.scenario, pair.scenario.scenario
    for name, structure in structures.items():
        made = builder.made(structure, [pair.base, pair.scenario])
        if made:
            yield name, made[0], made[1]


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Add what the model as it is says, and what becomes of it."""
    base = found[found.alternative == BASE].set_index("conclusion").answer
    before = found.conclusion.map(base)
    flips = [verdict(then, now) for then, now in zip(before, found.answer, strict=True)]
    return found.assign(in_base=before, flips=flips)[COLUMNS]
