"""A page without a browser: what it says when something goes wrong, and what it holds to be old."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.page.choice import choice
from sim.page.request import Size
from sim.page.worker_pool import Asked, Tables
from tests.page.fakes import Fake

pytest.importorskip("panel")
from sim.page.app import Page

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def page(
    make: Callable[[Asked], Tables], folder: Path, held: bool = False, scenarios: Path = SCENARIOS
) -> Page:
    """A page about the pop-up on two hosts."""
    about = choice(*(scenarios / f"popup_on_{host}_2019.yaml" for host in ("pinduoduo", "tmall")))
    return Page(Fake(make, held), about, folder, Size(500, 1, 1))  # type: ignore[arg-type]


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("error", [RuntimeError, KeyError, MemoryError])
def test_whatever_goes_wrong_is_said_and_the_page_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    def fails(asked: Asked) -> Tables:
        raise error("nobody thought of this")

    one = page(fails, tmp_path)
    one.ask()
    until(lambda: "nobody thought of this" in one.finding.object)
    assert error.__name__ in one.finding.object
    assert one.halt.disabled
    assert "Traceback" in capfd.readouterr().err


def test_whatever_goes_wrong_while_somebody_is_followed_is_said(tmp_path: Path) -> None:
    one = page(lambda asked: {}, tmp_path)
    one._follow()  # this pool cannot follow anybody
    until(lambda: "AttributeError" in one.story.object)


def test_a_question_can_be_stopped_before_its_scenarios_are_read(tmp_path: Path) -> None:
    one = page(lambda asked: pytest.fail("it was asked"), tmp_path, held=True)
    with one.lock:  # the question before is still being given up
        one.ask()
        one._halt()
    until(lambda: one.halt.disabled)
    assert one.pool.asked == []  # type: ignore[attr-defined]


def test_the_command_names_files_as_a_shell_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "my scenarios"
    shutil.copytree(SCENARIOS, folder)
    one = page(lambda asked: {}, folder / "mine", scenarios=folder)
    side = one.sides[0]
    side.name.value_input = "as_it_is"
    side._save()
    assert "Nothing was moved" in side.done.object
    assert f"sim compare '{folder}/mine/as_it_is.yaml' '{folder}/popup_on_tmall" in one.command(3)
    side.name.value_input = ""
    side._save()
    assert "give the file a name first" in side.done.object
