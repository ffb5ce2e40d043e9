"""What `set` says in an experiment file: dotted paths and values, as a patch of a scenario says them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sim.scenario.changes import Assignment, laid, stray
from sim.scenario.errors import Problem, sentence, unknown
from sim.scenario.reading.merge import nested, removes
from sim.scenario.reading.nodes import Node, Path, dotted, nearest, plain
from sim.scenario.reading.quantity import check_quantities, unwrap
from sim.scenario.schema.fields import find
from sim.sweep.file.needs import Fault


def assignments(root: Node, where: Path, problems: list[Problem], currency: str) -> tuple[Assignment, ...]:
    """What stands under a `set`, quantities as their values.

    Args:
        root: the experiment file.
        where: path of the `set`.
        problems: receives what is wrong with quantities.
        currency: name of the money.
    """
    node, found = nearest(root, where)
    entries = node.entries if found else {}
    return tuple(Assignment(key, _bare(key, entries[key], where, problems, currency)) for key in entries)


def _bare(key: str, node: Node, where: Path, problems: list[Problem], currency: str) -> object:
    """A value without its source and range, which are checked."""
    path, said = tuple(key.split(".")), list[Problem]()
    bare = unwrap(node, find(path), path, said)
    said += check_quantities(nested(path, bare, node.at), currency)
    problems += (replace(one, path=dotted((*where, one.path))) for one in said)
    return plain(bare)


def setting_faults(made: Iterable[Assignment], where: Path, roots: Sequence[Node]) -> Iterator[Fault]:
    """Assignments that fit in no scenario, remove nothing or name another file to start from.

    Args:
        made: what is set, one after another.
        where: path of the `set`.
        roots: trees of the scenarios.
    """
    for one in made:
        message = nowhere(one.keys, roots) or _removes_nothing(one, roots) or starts(one.keys, one.value)
        if message:
            yield Fault((*where, one.path), message, at_key=True)
        roots = [root if stray(root, one.keys) else laid(root, one.keys, one.value) for root in roots]


def nowhere(keys: Path, roots: Iterable[Node]) -> str:
    """Say why a path fits in none of some scenarios; empty if it fits in one."""
    said = [stray(root, keys) for root in roots]
    return "" if "" in said else said[0]


def _removes_nothing(one: Assignment, roots: Iterable[Node]) -> str:
    if one.value is not None or not removes(find(one.keys)):
        return ""
    found = [list(nearest(root, one.keys[:-1])[0].entries) for root in roots]
    known = list(dict.fromkeys(name for names in found for name in names))
    word = one.keys[-1]
    near = unknown("name", word, known).removeprefix(f"unknown name '{word}'")
    return "" if word in known else f"null removes what is there, but there is no '{word}'{near}"


def starts(keys: Path, value: object = "") -> str:
    """Say why a place cannot be set if it names the file to start from; empty if it does not."""
    named = keys == ("start_from", "scenario") or (keys == ("start_from",) and value is not None)
    return (
        sentence("the file to start from stands in scenario files", "another scenario file") if named else ""
    )
