"""Finding a user's callables by the name under which a package registers them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.firms.plugins import find, known

POLICIES, REACTIONS = "sim.policies", "sim.reactions"
CODE = '''
"""Counts how often it is imported."""
import sys
sys.imported_rules = getattr(sys, "imported_rules", 0) + 1
number = 3
def leave(observation, settings):
    return []
'''

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package on the path as an installer would leave it: a module and a dist-info folder."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "imported_rules", 0, raising=False)
    before = set(sys.modules)
    find.cache_clear()

    def run(package: str, group: str = POLICIES, **entries: str) -> None:
        (tmp_path / f"{package}_rules.py").write_text(CODE)
        folder = tmp_path / f"{package}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entries.items()]
        (folder / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
        sys.path_importer_cache.pop(str(tmp_path), None)

    yield run
    find.cache_clear()
    for name in set(sys.modules) - before:
        if name.endswith("_rules"):
            del sys.modules[name]


def imported() -> int:
    """How many times the module of a rule was imported."""
    return int(sys.imported_rules)  # type: ignore[attr-defined]


def test_a_registered_callable_is_found_and_imported_once(install: Install) -> None:
    """Expected: nothing is imported by listing names; then once, and the same object again."""
    install("seasons", leave_in_summer="seasons_rules:leave")
    assert known(POLICIES) == ["leave_in_summer"]
    assert imported() == 0
    rule = find(POLICIES, "leave_in_summer")
    assert rule(None, {}) == []
    assert rule is find(POLICIES, "leave_in_summer")
    assert rule.__module__ == "seasons_rules"
    assert imported() == 1
    assert find.cache_info().hits == 1


def test_groups_are_apart(install: Install) -> None:
    """Expected: a reaction is no policy, and there are no other groups."""
    install("answers", REACTIONS, gently="answers_rules:leave")
    assert find(REACTIONS, "gently").__name__ == "leave"
    with pytest.raises(LookupError, match=r"no plug-in 'gently' in sim.policies; no installed package"):
        find(POLICIES, "gently")
    with pytest.raises(ValueError, match=r"'console_scripts'; the groups are: sim.policies, sim.reactions"):
        find("console_scripts", "sim")


def test_a_misspelt_name(install: Install) -> None:
    """Expected: the nearest name and all known ones, sorted; without a near one only the list."""
    install("seasons", leave_in_summer="seasons_rules:leave", abstain="seasons_rules:leave")
    with pytest.raises(LookupError) as caught:
        find(POLICIES, "leave_in_sumer")
    assert caught.value.args[0] == (
        "no plug-in 'leave_in_sumer' in sim.policies, did you mean 'leave_in_summer'? "
        "registered: abstain, leave_in_summer"
    )
    with pytest.raises(
        LookupError, match=r"no plug-in 'xyz' in sim.policies; registered: abstain, leave_in_summer"
    ):
        find(POLICIES, "xyz")
    assert imported() == 0


def test_a_name_registered_twice(install: Install) -> None:
    """Expected: two packages that mean different things are refused, naming both; chance does not choose."""
    install("first", leave="first_rules:leave")
    install("second", leave="second_rules:leave")
    with pytest.raises(LookupError, match="twice: first_rules:leave and second_rules:leave"):
        find(POLICIES, "leave")
    assert known(POLICIES) == ["leave"]


def test_what_cannot_be_called_or_imported(install: Install) -> None:
    """Expected: a number is refused; a missing module or name is reported with the plug-in."""
    install("broken", number="broken_rules:number", gone="broken_rules:gone", lost="lost_rules:leave")
    with pytest.raises(TypeError, match=r"'number' of sim.policies \(broken_rules:number\) is 3"):
        find(POLICIES, "number")
    for name, error in (("gone", AttributeError), ("lost", ModuleNotFoundError)):
        with pytest.raises(error) as caught:
            find(POLICIES, name)
        assert caught.value.__notes__[0].startswith(f"while importing plug-in {name!r} of sim.policies")


def test_importing_the_room_imports_no_plug_in(install: Install, tmp_path: Path) -> None:
    """Expected: a fresh interpreter with a registered plug-in has not loaded it after importing policies."""
    install("seasons", leave_in_summer="seasons_rules:leave")
    code = "import sys, sim.firms.policies, sim.firms.plugins as p; p.known('sim.policies'); "
    show = "print('seasons_rules' in sys.modules, p.find('sim.policies', 'leave_in_summer').__name__)"
    path = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
    done = subprocess.run(
        [sys.executable, "-c", path + code + show], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "leave"]
