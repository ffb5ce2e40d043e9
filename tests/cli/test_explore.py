"""``sim explore``: what is said before a page is served."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sim.cli import app

ROOT = Path(__file__).resolve().parents[2]


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "panel", None)
    found = CliRunner().invoke(app, ["explore", str(ROOT / "scenarios" / "stay_out.yaml")])
    assert found.exit_code == 2
    assert "retail-entry-sim[dashboard]" in found.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.yaml"], "no such file"),
        (["stay_out.yaml"], "names no baseline"),
        (["popup_on_jd_2019.yaml", "popup_fitted.yaml"], "is compared with"),
        (["popup_on_jd_2019.yaml", "--save-to", "stay_out.yaml"], "stay_out.yaml is no folder"),
    ],
)
def test_bad_input_is_one_clear_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("panel")
    monkeypatch.chdir(ROOT / "scenarios")
    monkeypatch.setattr("sim.page.serve.serve", lambda *args: pytest.fail("it was served"))
    found = CliRunner().invoke(app, ["explore", *arguments])
    assert found.exit_code == 2
    assert said in found.output


def test_the_pages_scenarios_are_those_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("panel")
    served = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("sim.page.serve.serve", lambda *args: served.append(args))
    found = CliRunner().invoke(app, ["explore", "--no-browser", "--port", "7000"])
    assert found.exit_code == 0, found.output
    about, how, _ = served[0]
    assert [file.stem for file in about.chosen] == ["popup_on_pinduoduo_2019", "popup_on_tmall_2019"]
    assert about.base.name == "stay_out.yaml"
    assert (how.port, how.show, how.folder.name) == (7000, False, "scenarios")
