"""Takes all measurements in one run."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from sim.bench.clock import in_turns
from sim.bench.kernel import CASES, KernelChoice, make_task
from sim.bench.plain_model import PlainModel, plain_model
from sim.bench.week import WeekClock, read_scenario, spare_cores, working_bytes
from sim.bench.yardstick import FLAGS, CChoice, build, compiler
from sim.kernel import source_digest
from sim.market import Market
from sim.scenario.schema import Scenario

PACKAGES = ("retail-entry-sim", "numpy", "numba", "llvmlite", "mesa")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    people: int = 262_144
    repetitions: int = 15
    consumers: int = 200_000
    weeks: int = 8
    reference_consumers: int = 400
    spin_steps: int = 100_000_000


QUICK = Size(
    people=2_000, repetitions=2, consumers=2_000, weeks=2, reference_consumers=20, spin_steps=1_000_000
)


@dataclass
class KernelFigures:
    """One mode of the choice kernel; nanoseconds per choice, of the C code None without a compiler."""

    people: int
    choose: float
    expect: float
    c_choose: float | None = None
    c_expect: float | None = None
    equal_choices: int | None = None
    equal_chances: int | None = None
    chances: int | None = None


@dataclass
class WeekFigures:
    """The whole week; nanoseconds per consumer-week."""

    consumers: int
    weeks: int
    one_thread: float
    two_threads: float
    phases: dict[str, float]
    phases_two_threads: dict[str, float]
    choices: float
    choice: float
    state_bytes: float
    working_bytes: float
    spare_cores: float
    reference: float | None = None
    reference_choice: float | None = None


@dataclass
class Figures:
    """Everything that `sim bench` says."""

    machine: dict[str, str]
    kernel: dict[str, KernelFigures] = field(default_factory=dict)
    week: WeekFigures | None = None

    def plain(self) -> dict[str, Any]:
        """Nested dictionaries for a record."""
        return asdict(self)


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def version_of(package: str) -> str:
    """Version of a package; run from a source folder, this one need not be installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def machine(scenario: Path) -> dict[str, str]:
    """Date, machine and versions."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{package: version_of(package) for package in PACKAGES},
        "kernels": source_digest(),
        "scenario": scenario.as_posix(),
        "compiler": f"{compiler() or 'none'} {' '.join(FLAGS)}",
    }


def measure_kernel(size: Size) -> dict[str, KernelFigures]:
    """Kernel and C in turns, both modes."""
    kernels = {mode: KernelChoice(make_task(case, size.people)) for mode, case in CASES.items()}
    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        rivals = {} if library is None else {mode: CChoice(library, k.task) for mode, k in kernels.items()}
        works = {f"{mode} kernel choose": k.choose for mode, k in kernels.items()}
        works |= {f"{mode} C choose": c.choose for mode, c in rivals.items()}
        works |= {f"{mode} kernel expect": k.expect for mode, k in kernels.items()}
        works |= {f"{mode} C expect": c.expect for mode, c in rivals.items()}
        # Neighbours in time are the two that are compared.
        times = in_turns({name: works[name] for name in sorted(works, key=_pairs)}, size.repetitions)
    each = {name: taken / size.people * 1e9 for name, taken in times.items()}
    return {mode: _figures(mode, each, kernels[mode], rivals.get(mode)) for mode in kernels}


def _pairs(name: str) -> tuple[str, str]:
    mode, _, what = name.split()
    return mode, what


def _figures(mode: str, each: dict[str, float], kernel: KernelChoice, rival: CChoice | None) -> KernelFigures:
    figures = KernelFigures(kernel.task.people, each[f"{mode} kernel choose"], each[f"{mode} kernel expect"])
    if rival is not None:
        figures.c_choose, figures.c_expect = each[f"{mode} C choose"], each[f"{mode} C expect"]
        figures.equal_choices = int((kernel.choice == rival.choice).sum())
        bits = kernel.chance.view(np.uint32) == rival.chance.view(np.uint32)
        figures.equal_chances, figures.chances = int(bits.sum()), bits.size
    return figures


def _nanoseconds(taken: list[float]) -> float | None:
    return median(taken) * 1e9 if taken else None


def measure_week(scenario: Scenario, size: Size, plain: PlainModel | None, say: Say) -> WeekFigures:
    """Weeks with one thread, with two threads and of the reference model, in turns."""
    say("building two markets (the first run also compiles the kernels)")
    one, two = (WeekClock(Market(scenario, consumers=size.consumers, threads=threads)) for threads in (1, 2))
    for clock in (one, two):
        clock.start()
    weeks: list[float] = []
    choices: list[float] = []
    for week in range(size.weeks):
        say(f"week {week + 1} of {size.weeks}")
        one.take()
        if plain is not None:
            weeks.append(plain.week(scenario, size.reference_consumers, 1))
            choices.append(plain.choice(scenario, size.reference_consumers))
        two.take()
    figures = WeekFigures(
        size.consumers, size.weeks, one.nanoseconds, two.nanoseconds, one.by_phase(), two.by_phase(),
        one.choices_per_week, one.choice_nanoseconds, one.market.consumers.bytes_per_consumer,
        working_bytes(one.market), spare_cores(size.spin_steps), _nanoseconds(weeks), _nanoseconds(choices),
    )  # fmt: skip
    one.market.close()
    two.market.close()
    return figures


def measure(scenario: Path, size: Size, root: Path, say: Say) -> Figures:
    """All figures.

    Args:
        scenario: scenario file of the whole week.
        size: how much to measure.
        root: folder that holds `tests/reference`.
        say: told what happens.
    """
    market, figures = read_scenario(scenario), Figures(machine(scenario))
    say("choice kernel against C")
    figures.kernel = measure_kernel(size)
    figures.week = measure_week(market, size, plain_model(root), say)
    return figures
