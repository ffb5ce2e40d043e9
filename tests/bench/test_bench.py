"""`sim bench` runs, and the C code that it measures against computes the same. No test looks at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from sim.bench import measure, plain_model, report, week, yardstick
from sim.bench.kernel import BLOCK, CASES, KernelChoice, make_task
from sim.bench.measure import QUICK, Figures
from sim.cli.bench import bench
from sim.consumers.nests import Nesting, probabilities

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "scenarios" / "popup_on_pinduoduo_2019.yaml"
LOUD = "NO C COMPILER: the kernel was NOT compared with choice.c (set CC or install cc)"

needs_c = pytest.mark.skipif(yardstick.compiler() is None, reason=LOUD)
PEOPLE = 5 * BLOCK + 77
"""Several blocks and a last one that is not full."""


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure.measure(SCENARIO, QUICK, ROOT, lambda line: None)


@needs_c
@pytest.mark.parametrize("mode", CASES)
def test_c_chooses_as_the_kernel_does(mode: str, tmp_path: Path) -> None:
    task = make_task(CASES[mode], PEOPLE)
    library = yardstick.build(tmp_path)
    assert library is not None
    own, other = KernelChoice(task), yardstick.CChoice(library, task)
    for side in (own, other):
        side.choose()
        side.expect()
    assert (own.choice == other.choice).all()
    assert set(own.choice.tolist()) == {-1, 0, 1, 2, 3, 4, 5}
    assert (own.chance.view(np.uint32) == other.chance.view(np.uint32)).all()


@pytest.mark.parametrize("mode", CASES)
def test_kernel_probabilities_follow_the_closed_form(mode: str) -> None:
    """What is timed is the cross-nested logit: probabilities of the first persons in double precision."""
    case, task = CASES[mode], make_task(CASES[mode], BLOCK)
    side = KernelChoice(task)
    side.expect()
    allocation = np.zeros((7, len(case.similarity) + 1))
    allocation[0, 0] = 1.0
    for j, (host, seller, weight) in enumerate(
        zip(case.host, case.seller, case.weight, strict=True), start=1
    ):
        for nest, share in ((host, weight), (seller, 1.0 - weight)):
            if nest >= 0:
                allocation[j, nest + 1] = share
    nesting = Nesting(allocation, np.array([1.0, *case.similarity]))
    for k in range(20):
        exact = probabilities(np.array([task.outside[k], *task.utility[:, k]], np.float64), nesting)
        assert side.chance[:, k] == pytest.approx(exact[1:], abs=2e-6)


def test_quick_figures_are_complete(figures: Figures) -> None:
    assert set(figures.kernel) == set(CASES)
    assert figures.week is not None
    assert set(figures.week.phases) == set(figures.week.phases_two_threads)
    assert figures.week.choices > 0.0
    assert figures.week.reference is not None
    assert figures.week.reference_choice is not None


@needs_c
def test_quick_figures_compare_with_c(figures: Figures) -> None:
    for kernel in figures.kernel.values():
        assert kernel.equal_choices == kernel.people
        assert kernel.equal_chances == kernel.chances


def test_state_fits_the_aim(figures: Figures) -> None:
    assert figures.week is not None
    assert figures.week.state_bytes <= report.AIM_BYTES


def test_table_says_what_was_compared(figures: Figures) -> None:
    text = report.text(figures)
    for words in (
        "cross-nested logit",
        "at most 1.5",
        "at least 150 x",
        "bytes a consumer",
        "1 million consumers",
    ):
        assert words in text


def test_record_is_written_whole(figures: Figures, tmp_path: Path) -> None:
    record, text = report.write(figures, tmp_path / "new")
    assert json.loads(record.read_text(encoding="utf-8")) == figures.plain()
    assert text.read_text(encoding="utf-8") == report.text(figures)
    assert sorted(file.name for file in record.parent.iterdir()) == ["bench.json", "bench.txt"]


def test_without_compiler_and_reference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    assert plain_model.plain_model(tmp_path) is None
    figures = measure.measure(SCENARIO, QUICK, tmp_path, lambda line: None)
    assert "no C compiler here" in report.text(figures)
    assert "not available" in report.text(figures)


@needs_c
def test_compiler_errors_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int choose_all(", encoding="utf-8")
    monkeypatch.setattr(yardstick, "SOURCE", broken)
    with pytest.raises(RuntimeError, match=r"broken\.c"):
        yardstick.build(tmp_path)


def test_projection() -> None:
    assert week.projected_seconds(1000.0, 1_000_000, 53) == pytest.approx(53.0)


def test_command_refuses_an_unknown_scenario() -> None:
    app = typer.Typer()
    app.command()(bench)
    result = CliRunner().invoke(app, ["--quick", "--scenario", "nowhere.yaml"])
    assert result.exit_code == 2
