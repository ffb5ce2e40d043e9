"""What a sweep will do and has done, in words."""

from __future__ import annotations

import math
from pathlib import Path

from sim.scenario.errors import listed
from sim.sweep.cost import Cost
from sim.sweep.designs import marginals
from sim.sweep.experiment import Experiment
from sim.sweep.sweep import Report


def plan_text(experiment: Experiment, found: Cost, workers: int) -> str:
    """Points, runs, time and disk of a sweep, and how often each factor takes which values."""
    names = listed([factor.name for factor in experiment.factors], "and")
    rows = {
        "points": f"{found.points:,} ({experiment.kind} of {names or 'no factors'})",
        "replications": f"{experiment.draws.replications}, {_draws(experiment)}",
        "runs": f"{found.runs:,}",
        "stored": f"{found.stored:,}",
        "to do": f"{found.todo:,}",
        "time": _time(found, workers),
        "disk": f"about {size(found.gigabytes * 1e9)}" if math.isfinite(found.bytes) else "not known",
    }
    lines = [f"{name:13} {text}" for name, text in rows.items()]
    table = marginals(experiment.design, experiment.factors)
    return "\n".join([*lines, "", "points by value of each factor", table.to_string(index=False)])


def _draws(experiment: Experiment) -> str:
    return "other draws at every point" if experiment.draws.independent else "the same draws at every point"


def _time(found: Cost, workers: int) -> str:
    if not math.isfinite(found.seconds):
        return found.source
    clock = duration(found.hours(workers) * 3600)
    return f"about {clock} on {workers} workers ({found.seconds:.2f} s a run, {found.source})"


def report_text(report: Report, file: Path) -> str:
    """What a sweep did: runs, failures, cores, time, folder, what to do next.

    Args:
        report: of the sweep.
        file: the experiment file.
    """
    made = report.progress
    failed = made.done - made.statuses["ok"]
    each = made.seconds / made.done if made.done else 0.0
    return "\n".join([
        f"{made.done:,} runs made, {failed:,} failed, {report.before:,} were there",
        f"{duration(report.seconds)} on {report.workers} workers, {each:.3f} s a run, "
        f"workers busy {report.efficiency:.0%} of the time",
        f"results in {report.folder}",
        f"next: {_following(report, file)}",
    ])  # fmt: skip


def _following(report: Report, file: Path) -> str:
    if report.left:
        return f"sim sweep run {file} --out {report.folder} ({report.left:,} runs are not made yet)"
    if report.failed:
        return f"sim sweep retry {file} --out {report.folder} ({report.failed:,} runs have no result)"
    return f"sim sweep analyse {report.folder}"


def duration(seconds: float) -> str:
    """A duration in words."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def size(count: float) -> str:
    """A number of bytes in words."""
    for unit in ("kB", "MB"):
        count /= 1000
        if count < 1000:
            return f"{count:.3g} {unit}"
    return f"{count / 1000:.3g} GB"
