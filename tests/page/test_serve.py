"""Which scenarios a page offers, and where it is served."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from sim.page.choice import choice
from sim.page.serve import HOST, PORTS, free_port

SOURCE = Path(__file__).resolve().parents[2] / "scenarios"
POPUP, TMALL = "popup_on_pinduoduo_2019.yaml", "popup_on_tmall_2019.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE, tmp_path / "scenarios"))


def test_only_scenarios_with_the_same_baseline_and_the_baseline_itself(folder: Path) -> None:
    about = choice(folder / POPUP, folder / TMALL)
    assert about.base == folder / "stay_out.yaml"
    assert about.chosen == (folder / POPUP, folder / TMALL)
    named = {file for file in folder.glob("*.yaml") if "\nagainst: stay_out.yaml\n" in file.read_text()}
    assert set(about.files.values()) == {*named, about.base}
    assert len(named) > 5


def test_the_first_is_the_one_asked_for(folder: Path) -> None:
    assert next(iter(choice(folder / TMALL).files.values())) == folder / TMALL
    assert choice(folder / TMALL).chosen == (folder / TMALL, folder / TMALL)


def test_a_scenario_without_baseline_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"stay_out\.yaml names no baseline: add a line"):
        choice(folder / "stay_out.yaml")


def test_two_baselines_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"partnership_2020\.yaml is compared with"):
        choice(folder / POPUP, folder / "partnership_2020.yaml")


def test_files_that_cannot_be_read_are_passed_over(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (folder / "empty.yaml").touch()
    (folder / "list.yml").write_text("- against: stay_out.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "gone.yaml").symlink_to("nowhere")
    (folder / "circle.yaml").symlink_to("circle.yaml")
    before = choice(folder / POPUP).files
    assert not {"broken", "binary", "empty", "list", "folder", "gone", "circle"} & {
        f.stem for f in before.values()
    }


def test_scenarios_of_one_title_are_told_apart(folder: Path) -> None:
    shutil.copy(folder / POPUP, folder / "twin.yaml")
    files = choice(folder / POPUP).files
    assert {folder / POPUP, folder / "twin.yaml"} <= set(files.values())
    assert [title for title in files if title.endswith("(twin.yaml)")] != []


def test_a_file_stands_once_however_it_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    about = choice(Path(POPUP), folder / POPUP)
    assert about.chosen == (folder / POPUP, folder / POPUP) or about.chosen == (Path(POPUP), Path(POPUP))
    assert about.chosen[1] in about.files.values()
    assert len({file.resolve() for file in about.files.values()}) == len(about.files)


def test_staying_out_may_be_the_second_strategy_and_stands_last(folder: Path) -> None:
    shutil.move(folder / "stay_out.yaml", folder / "a_base.yaml")
    text = (folder / POPUP).read_text().replace("against: stay_out.yaml", "against: a_base.yaml")
    (folder / "mine.yaml").write_text(text)
    about = choice(folder / "mine.yaml", folder / "a_base.yaml")
    assert about.chosen[1] == list(about.files.values())[-1] == folder / "a_base.yaml"


def test_a_taken_port_is_skipped() -> None:
    wanted = free_port(5400)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        taken.bind((HOST, wanted))
        taken.listen()
        assert wanted < free_port(wanted) < wanted + PORTS
