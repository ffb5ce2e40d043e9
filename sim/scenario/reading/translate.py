"""Validate a tree by the schema and say in plain words, with places, what does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sim.scenario.errors import Problem, closest, listed, problem, sentence, unknown
from sim.scenario.reading.layers import META
from sim.scenario.reading.nodes import Node, Path, dotted, nearest, place, plain
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import NAME_WORDS, Grammar, Slot, expected, fields_of, key_expected, names

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Fault:
    """One error of pydantic at a place of the tree.

    Attributes:
        path: the place; of missing keys the mapping around them.
        kind: unknown (key), missing (keys), key (badly formed) or value.
        missing: names of the missing keys.
    """

    path: Path
    kind: str
    missing: tuple[str, ...] = ()


def build(tree: Any, model: type[M]) -> M:
    """Validate plain data strictly: text is no number, a number is no text or date."""
    return model.model_validate_json(json.dumps(tree), strict=True)


def validate(root: Node, currency: str | None) -> tuple[Scenario | None, list[Problem]]:
    """Validate the merged tree of a scenario; see `checked`."""
    return checked(root, Scenario, Grammar(Scenario, META, currency))


def checked(root: Node, model: type[M], grammar: Grammar) -> tuple[M | None, list[Problem]]:
    """Validate the tree of a file.

    Args:
        root: the tree.
        model: its schema.
        grammar: the schema and what else may stand there, for messages.

    Returns:
        What the file says, and the problems. Even with problems there may be something, namely what
        is left without the faulty values, so that checks of meaning can speak in the same round.
    """
    tree = plain(root)
    try:
        return build(tree, model), []
    except ValidationError as error:
        faults = distinct(located(error, tree))
        return repaired(tree, faults, model, grammar), [worded(fault, root, grammar) for fault in faults]


def located(error: ValidationError, tree: Any) -> list[Fault]:
    """Find the places of pydantic's errors, whose paths also hold labels of unions."""
    kinds = {"extra_forbidden": "unknown", "missing": "missing"}
    return [locate(e["loc"], kinds.get(e["type"], "value"), tree) for e in error.errors(include_url=False)]


def locate(loc: Sequence[Any], kind: str, tree: Any) -> Fault:
    """Follow one path of pydantic through the tree."""
    path: list[str] = []
    for part in loc:
        item = isinstance(tree, list) and isinstance(part, int)
        if item or (isinstance(tree, dict) and part in tree):
            tree = tree[part]
            path.append(str(part))
    missing = (str(loc[-1]),) if kind == "missing" else ()
    return Fault(tuple(path), "key" if loc[-1] == "[key]" else kind, missing)


def distinct(faults: Iterable[Fault]) -> list[Fault]:
    """Keep one fault for each cause."""
    found = list(dict.fromkeys(faults))
    keys = {fault.path for fault in found if fault.kind == "key"}
    others = [f for f in found if f.kind != "missing"]
    kept = [f for f in others if not (f.kind == "value" and (f.path in keys or deeper(f, found)))]
    return kept + together([f for f in found if f.kind == "missing"], others)


def together(missing: Iterable[Fault], others: Iterable[Fault]) -> list[Fault]:
    """Gather the missing keys of each mapping, without those that are there but misspelt."""
    misspelt = [f.path for f in others if f.kind == "unknown"]
    groups: dict[Path, tuple[str, ...]] = {}
    for fault in missing:
        written = [path[-1] for path in misspelt if path[:-1] == fault.path]
        if not any(closest(word, fault.missing) for word in written):
            groups[fault.path] = groups.get(fault.path, ()) + fault.missing
    return [Fault(path, "missing", keys) for path, keys in groups.items()]


def deeper(fault: Fault, faults: Iterable[Fault]) -> bool:
    """Tell whether a union failed because of something inside, which then says more."""
    size = len(fault.path)
    return any(len(other.path) > size and other.path[:size] == fault.path for other in faults)


def repaired(tree: Any, faults: Iterable[Fault], model: type[M], grammar: Grammar) -> M | None:
    """Build what is left of a file without its faulty values; None if too little is left."""
    copy = json.loads(json.dumps(tree))
    for fault in faults:
        slot = grammar.find(fault.path)
        if fault.kind not in ("unknown", "value") or (slot is not None and slot.entry):
            return None
        repair(copy, fault.path, slot, grammar)
    try:
        return build(copy, model)
    except ValidationError:
        return None


def repair(tree: Any, path: Path, slot: Slot | None, grammar: Grammar) -> None:
    """Replace a faulty number by any sound one, a misspelt key by the right one; remove the rest."""
    for key in path[:-1]:
        tree = tree[key]
    if isinstance(tree, list):
        return  # stays faulty
    value = tree.pop(path[-1], None)
    if slot is not None and slot.numeric:
        tree[path[-1]] = slot.sound
    section = grammar.find(path[:-1])
    if slot is None and (meant := closest(path[-1], names(section) if section else [])):
        tree.setdefault(meant, value)


def worded(fault: Fault, root: Node, grammar: Grammar) -> Problem:
    """Turn a fault into a problem."""
    path = fault.path + fault.missing if len(fault.missing) == 1 else fault.path
    at_key = fault.kind in ("unknown", "key")
    at = nearest(root, path)[0].at if fault.kind == "value" else place(root, fault.path, at_key)
    return problem(at, dotted(path), WORDS[fault.kind](fault, root, grammar))


def unknown_words(fault: Fault, root: Node, grammar: Grammar) -> str:
    """Word a key that the schema does not have."""
    slot = grammar.find(fault.path[:-1])
    candidates = names(slot) if slot else []
    meta = grammar.meta if len(fault.path) == 1 else ()
    return unknown("key", fault.path[-1], [*candidates, *meta])


def missing_words(fault: Fault, root: Node, grammar: Grammar) -> str:
    """Word keys that are required but not there."""
    missing = listed([f"'{key}'" for key in fault.missing], "and")
    slot = grammar.find((*fault.path, fault.missing[0])) if len(fault.missing) == 1 else None
    right = expected(slot, grammar.currency) if slot else ""
    return sentence(f"missing {missing}", right, misnamed(fault, root, grammar))


def misnamed(fault: Fault, root: Node, grammar: Grammar) -> str | None:
    """Return the entity that is meant if one without most required keys is named almost like it."""
    slot = grammar.find(fault.path)
    if slot is None or not slot.entry or slot.model is None:
        return None
    required = [name for name, field in fields_of(slot.model).items() if field.is_required()]
    siblings = [name for name in nearest(root, fault.path[:-1])[0].entries if name != fault.path[-1]]
    return closest(fault.path[-1], siblings) if 2 * len(fault.missing) > len(required) else None


def key_words(fault: Fault, root: Node, grammar: Grammar) -> str:
    """Word a key that is no name, date or month."""
    slot, key = grammar.find(fault.path), fault.path[-1]
    right = key_expected(slot) if slot else ""
    better = re.sub(r"\W+", "_", key, flags=re.ASCII).strip("_")[:40]
    fits = right == NAME_WORDS and better != key and re.match("[A-Za-z]", better)
    return sentence(f"'{key}' cannot stand here", right, better if fits else None)


def value_words(fault: Fault, root: Node, grammar: Grammar) -> str:
    """Word a value of the wrong type, outside its bounds or none of the choices."""
    slot, value = grammar.find(fault.path), plain(nearest(root, fault.path)[0])
    if slot is None:
        return found(value)
    near = closest(value, map(str, slot.choices)) if isinstance(value, str) else None
    return sentence(found(value), expected(slot, grammar.currency), near)


def found(value: Any) -> str:
    """Say in words what stands in the file."""
    if isinstance(value, str):
        return f"found text '{value if len(value) <= LONG else value[:LONG] + '...'}'"
    if value in ({}, []):
        return f"found an empty {'list' if value == [] else 'mapping'}"
    nested = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return f"found {nested.get(type(value)) or json.dumps(value)}"


LONG = 40
WORDS = {"unknown": unknown_words, "missing": missing_words, "key": key_words, "value": value_words}
