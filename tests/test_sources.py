"""Digests of code follow from the import graph: nothing that is imported can be forgotten."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import sources

ROOT = Path(sources.__file__).parent


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package, of which digests are made."""
    place = tmp_path / "sim"
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(sources, "ROOT", place)
    _forget()
    yield place
    _forget()


def _forget() -> None:
    sources.digest.cache_clear()
    sources.named_imports.cache_clear()


def made_of(*modules: str) -> set[str]:
    return {file.relative_to(ROOT).as_posix() for file in sources.files(*modules)}


def test_a_history_sweep_knows_the_code_of_its_readings() -> None:
    assert "outcomes/readings.py" in made_of("sim.sweep.market_work")


def test_a_module_brings_its_package_and_what_it_imports_through_others() -> None:
    found = made_of("sim.market")
    assert {"__init__.py", "market/__init__.py", "market/market.py", "consumers/choice.py"} <= found
    assert not any(name.startswith(("experiments/", "cli/", "pictures/")) for name in found)


def test_everything_that_python_loads_is_among_the_sources() -> None:
    """What an import really loads is at least as good a witness as the text of the files."""
    import sim.sweep.market_work  # noqa: F401

    name = "sim.sweep.market_work"
    loaded = {Path(str(sys.modules[one].__file__)).relative_to(ROOT).as_posix() for one in _closure(name)}
    assert loaded <= made_of(name)


def _closure(name: str) -> set[str]:
    """Modules of the package reachable through the attributes of loaded modules."""
    todo, known = [name], set[str]()
    while todo:
        one = todo.pop()
        if one in known or one not in sys.modules or not one.startswith("sim"):
            continue
        known.add(one)
        holders = [value for value in vars(sys.modules[one]).values() if not isinstance(value, str)]
        homes = [module for value in holders if (module := _home(value)) is not None]
        # Python adds to a package every module of it that anybody has imported: that is no import of its own.
        todo += [module for module in homes if module.rpartition(".")[0] != one]
    return known


def _home(value: object) -> str | None:
    name = getattr(value, "__name__" if type(value).__name__ == "module" else "__module__", None)
    return name if isinstance(name, str) and name.split(".")[0] == "sim" else None


@pytest.mark.parametrize("file", ["outcomes/readings.py", "consumers/choice.py", "ledger.py", "__init__.py"])
def test_a_changed_byte_changes_the_digest(copy: Path, file: str) -> None:
    before = sources.digest("sim.sweep.market_work")
    place = copy / file
    place.write_text(place.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    _forget()
    assert sources.digest("sim.sweep.market_work") != before


def test_a_file_that_nothing_imports_changes_nothing(copy: Path) -> None:
    before = sources.digest("sim.market")
    (copy / "report" / "extra.py").write_text("x = 1\n", encoding="utf-8")
    _forget()
    assert sources.digest("sim.market") == before


def test_a_new_import_anywhere_is_found(copy: Path) -> None:
    """Also inside a function, relative, or of a whole package; but not what only a type checker sees."""
    before = sources.digest("sim.ledger")
    (copy / "more.py").write_text("x = 1\n", encoding="utf-8")
    (copy / "seen.py").write_text("x = 1\n", encoding="utf-8")
    text = (copy / "ledger.py").read_text(encoding="utf-8")
    added = (
        "\n\ndef late() -> None:\n    from . import more\n\n\nif TYPE_CHECKING:\n    from sim import seen\n"
    )
    (copy / "ledger.py").write_text(text + added, encoding="utf-8")
    _forget()
    assert {file.name for file in sources.files("sim.ledger")} == {"__init__.py", "ledger.py", "more.py"}
    assert sources.digest("sim.ledger") != before


def test_an_unknown_module_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"no module sim\.nothing"):
        sources.digest("sim.nothing")
