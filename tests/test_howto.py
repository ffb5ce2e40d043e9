"""The tutorial and the how-to pages: scenarios in them load, experiments too, and commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from sim.cli import app
from sim.scenario import ScenarioError, load
from sim.sweep.file.reading import load as load_experiment
from tests.markets import SCENARIOS

DOCS = SCENARIOS.parent / "docs"
PAGES = (DOCS / "tutorial.md", *sorted((DOCS / "howto").glob("*.md")))


def blocks(page: Path) -> list[str]:
    """YAML of a page that is a file of its own."""
    found = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [text for text in found if re.search(r"^schema:", text, re.MULTILINE)]


def commands(text: str) -> Iterator[list[str]]:
    """Words after `sim` in indented lines, without what the shell does with them."""
    for line in text.splitlines():
        if found := re.match(r"    (?:\S+ )*?(?:-m )?sim (.+)", line):
            yield shlex.split(found[1].split(" > ")[0], comments=True)


def understood(words: list[str]) -> None:
    """Read the options of a command without running it.

    Typer may bring a Click of its own, so nothing here asks for Click's classes.

    Raises:
        ValueError: if there is no such command or option.
    """
    command: Any = get_command(app)
    context, rest = None, list(words)
    while hasattr(command, "commands"):
        name = rest.pop(0)
        if name not in command.commands:
            raise ValueError(f"no command {name}")
        context = command.context_class(command, parent=context, info_name=name)
        command = command.commands[name]
    try:
        command.make_context(words[0], rest, parent=context)
    except Exception as error:
        raise ValueError(f"{' '.join(words)}: {error}") from error


SCENARIO_BLOCKS = [(page, text) for page in PAGES for text in blocks(page)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Scenario files to extend, and an empty place for experiments."""
    for file in SCENARIOS.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    shutil.copytree(SCENARIOS / "solved", tmp_path / "solved")
    (tmp_path / "experiments").mkdir()
    return tmp_path


def test_scenarios_of_the_pages_load(folder: Path) -> None:
    """All in one folder, since an experiment names a scenario of its page."""
    assert len(SCENARIO_BLOCKS) == 4
    for page, text in SCENARIO_BLOCKS:
        plain = YAML(typ="safe", pure=True).load(text)
        if "scenario" in plain:
            place = folder / "experiments" / "e.yaml"
            place.write_text(text, encoding="utf-8")
            assert load_experiment(place).factors
            continue
        names = re.findall(r"`scenarios/(\w+)\.yaml`:?\.?", page.read_text(encoding="utf-8").split(text)[0])
        place = folder / f"{names[-1]}.yaml"
        place.write_text(text, encoding="utf-8")
        assert load(place).against is not None


def test_a_spoilt_block_is_found(folder: Path) -> None:
    """Both mistakes that the tutorial shows, with their lines."""
    text = blocks(PAGES[0])[0].replace("commission", "commision").replace("{value: 0.06", "{value: -0.06")
    (folder / "mistakes.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as error:
        load(folder / "mistakes.yaml")
    shown = re.findall(r"mistakes\.yaml:(.*)", PAGES[0].read_text(encoding="utf-8"))
    assert len(shown) == 3
    assert [re.split(r"mistakes\.yaml:", line)[1] for line in str(error.value).splitlines()] == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_page_exist(page: Path) -> None:
    found = list(commands(page.read_text(encoding="utf-8")))
    assert found
    for words in found:
        understood(words)


def test_a_wrong_option_is_found() -> None:
    with pytest.raises(ValueError, match="replication"):
        understood(["compare", "a.yaml", "--replication", "x"])
    with pytest.raises(ValueError, match="no command"):
        understood(["comparison", "a.yaml"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_files_of_a_page_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert (page.parent / link).exists(), link
    own = {"spring_on_jd", "mistakes", "mist2", "corner", "careful", "experiments/spring_unknowns"}
    for name in set(re.findall(r"scenarios/([\w/]+)\.yaml", text)) - own:
        assert (SCENARIOS / f"{name}.yaml").exists(), name
