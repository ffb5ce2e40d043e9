"""Callables of a user's own, found by the name under which a package registers them.

A scenario names a policy or a reaction; the code lives in an installed package, which says so in its
``pyproject.toml``:

    [project.entry-points."sim.policies"]
    leave_in_summer = "my_rules.seasons:leave_in_summer"

    [project.entry-points."sim.reactions"]
    answer_gently = "my_rules.answers:answer_gently"

After ``pip install -e .`` a scenario may write ``rule: plugin`` and ``plugin: leave_in_summer``. Nothing
is imported before a scenario asks for it, and then only the module that the entry named stands for:
a scenario itself can never name a module or hold code.

What a policy is called with stands in `sim.firms.policy_plugin`, a reaction in `sim.firms.reactions`.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

GROUPS = ("sim.policies", "sim.reactions")
"""Groups of entry points that are looked at."""


def known(group: str) -> list[str]:
    """Names registered in a group, sorted. Imports nothing.

    Raises:
        ValueError: if the group is none of `GROUPS`.
    """
    if group not in GROUPS:
        raise ValueError(f"no group of plug-ins {group!r}; the groups are: {', '.join(GROUPS)}")
    return sorted({entry.name for entry in entry_points(group=group)})


@cache
def find(group: str, name: str) -> Callable[..., Any]:
    """The callable registered under a name; imported on the first call, then remembered.

    Raises:
        ValueError: if the group is none of `GROUPS`.
        LookupError: if nothing, or more than one thing, is registered under that name.
        TypeError: if what is registered cannot be called.
        Exception: whatever importing the module raises, with a note that says which plug-in it was.
    """
    if name not in known(group):
        raise LookupError(_missing(group, name))
    entry = _only(group, name)
    try:
        found = entry.load()
    except Exception as error:
        error.add_note(f"while importing plug-in {name!r} of {group} from {entry.value}")
        raise
    if not callable(found):
        raise TypeError(f"plug-in {name!r} of {group} ({entry.value}) is {found!r}, expected a callable")
    return found


def _only(group: str, name: str) -> EntryPoint:
    """The entry of that name, if all packages that register it mean the same object."""
    entries = {entry.value: entry for entry in entry_points(group=group, name=name)}
    if len(entries) > 1:
        raise LookupError(f"plug-in {name!r} of {group} is registered twice: {' and '.join(sorted(entries))}")
    return next(iter(entries.values()))


def _missing(group: str, name: str) -> str:
    """What to say about a name that nobody registered."""
    names = known(group)
    if not names:
        return f"no plug-in {name!r} in {group}; no installed package registers any there"
    near = get_close_matches(name, names, n=1)
    question = f", did you mean {near[0]!r}?" if near else ";"
    return f"no plug-in {name!r} in {group}{question} registered: {', '.join(names)}"
