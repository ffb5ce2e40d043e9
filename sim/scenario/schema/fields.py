"""Walk the schema by dotted path: which type, bounds and unit a place in a scenario has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.scenario.errors import listed
from sim.scenario.schema import Currency, Scenario

NAME_WORDS = "a letter followed by letters, digits or _, at most 40 characters"
DATE_WORDS = "a date like 2019-11-25"
ANY_UNIT = "any"
"""Unit of numbers whose unit only a user's own code knows."""


@dataclass(frozen=True)
class Slot:
    """A place in the schema.

    Attributes:
        members: the types allowed here, unions opened.
        metadata: pydantic's constraints on them.
        unit: unit of a number.
        description: what the schema says about it.
        entry: whether it is an entry of a mapping keyed by name, date or month.
        key: the type of its key if it is such an entry.
    """

    members: tuple[Any, ...]
    metadata: tuple[Any, ...] = ()
    unit: str | None = None
    description: str = ""
    entry: bool = False
    key: Any = None

    @property
    def model(self) -> type[BaseModel] | None:
        """The section that stands here, if it is one."""
        return next((m for m in self.members if isinstance(m, type) and issubclass(m, BaseModel)), None)

    @property
    def mapping(self) -> tuple[Any, Any] | None:
        """Key and value types of the mapping that may stand here, if any."""
        return next((get_args(m) for m in self.members if get_origin(m) is dict), None)

    @property
    def numeric(self) -> bool:
        """Whether a plain number may stand here."""
        return float in self.members or int in self.members

    @property
    def nullable(self) -> bool:
        """Whether null is a value here."""
        return NoneType in self.members

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values of an enumeration."""
        return tuple(value for m in self.members if get_origin(m) is Literal for value in get_args(m))

    @property
    def bounds(self) -> dict[str, float]:
        """Numeric bounds by pydantic's names: ge, gt, le, lt."""
        limits = ("ge", "gt", "le", "lt")
        found = {name: getattr(m, name, None) for m in self.metadata for name in limits if hasattr(m, name)}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def sound(self) -> float:
        """Some number within the bounds, to go on reading after a faulty one."""
        low, high = self.bounds.get("gt", -1), self.bounds.get("lt")
        inside = low + 1 if high is None else (low + high) / 2
        return self.bounds.get("ge", inside)

    @property
    def named(self) -> bool:
        """Whether text here must be a name."""
        return is_named(self.metadata)

    @property
    def filled(self) -> bool:
        """Whether a list or mapping here must have something in it."""
        return any(getattr(m, "min_length", None) for m in self.metadata)


def is_named(metadata: Sequence[Any]) -> bool:
    """Tell whether constraints on text say that it is a name."""
    return any(getattr(m, "pattern", None) for m in metadata)


def opened(annotation: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Open unions and annotations: the member types and their constraints."""
    if get_origin(annotation) is Annotated:
        inner, *constraints = get_args(annotation)
        members, metadata = opened(inner)
        return members, metadata + tuple(flat(constraints))
    if get_origin(annotation) in (Union, UnionType):
        parts = [opened(part) for part in get_args(annotation)]
        return tuple(m for p in parts for m in p[0]), tuple(c for p in parts for c in p[1])
    return (annotation,), ()


def flat(constraints: Sequence[Any]) -> Iterator[Any]:
    """Open the fields that were written as annotations."""
    for constraint in constraints:
        yield from constraint.metadata if isinstance(constraint, FieldInfo) else [constraint]


@cache
def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Fields of a section by the names that a file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


ROOT = Slot((Scenario,))


@dataclass(frozen=True)
class Grammar:
    """What may stand in a kind of file.

    Attributes:
        model: the schema.
        meta: keys of the file beside it.
        currency: name of the money, for units in messages.
    """

    model: type[BaseModel] = Scenario
    meta: tuple[str, ...] = ()
    currency: str | None = None

    def find(self, path: Sequence[str]) -> Slot | None:
        """Return the place at a path, or None."""
        return find(path, Slot((self.model,)))


def step(slot: Slot, key: str) -> Slot | None:
    """Go one key down; None if the schema has no such place."""
    if slot.model is not None:
        field = fields_of(slot.model).get(key)
        return None if field is None else of_field(field)
    if slot.mapping is not None:
        return of_entry(slot, *slot.mapping)
    return of_item(slot) if key.isdecimal() else None


def of_field(field: FieldInfo) -> Slot:
    """Describe a field of a section."""
    members, metadata = opened(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    unit = None if extra.get("unit") == ANY_UNIT else extra.get("unit")
    constraints = (*flat(field.metadata), *metadata)
    return Slot(members, constraints, str(unit) if unit else None, field.description or "")


def of_entry(slot: Slot, key: Any, value: Any) -> Slot:
    """Describe an entry of a mapping; numbers keep the unit and bounds of the whole."""
    members, metadata = opened(value)
    kept = slot.metadata if slot.numeric else ()
    return Slot(members, kept + metadata, slot.unit, slot.description, entry=True, key=key)


def of_item(slot: Slot) -> Slot | None:
    """Describe an item of a list; None if there is no list."""
    items = [get_args(m)[0] for m in slot.members if get_origin(m) is list]
    return Slot(*opened(items[0]), slot.unit, slot.description) if items else None


def find(path: Sequence[str], root: Slot = ROOT) -> Slot | None:
    """Return the place at a path below a root, or None."""
    slot: Slot | None = root
    for key in path:
        slot = step(slot, key) if slot is not None else None
    return slot


def names(slot: Slot) -> list[str]:
    """Names of the fields of a section; none for anything else."""
    return list(fields_of(slot.model)) if slot.model is not None else []


def in_currency(unit: str | None, currency: str | None = None) -> str | None:
    """Write a unit of the schema in the scenario's money."""
    return unit and unit.replace("currency", currency or Currency().name)


def expected(slot: Slot, currency: str | None = None) -> str:
    """Say in words what may stand here: type, bounds, unit, choices."""
    members = [m for m in slot.members if not (m is int and float in slot.members)]
    members.sort(key=_mappings_last)
    return listed([words for member in members for words in phrases(slot, member, currency)])


def _mappings_last(member: Any) -> int:
    return 2 if member is NoneType else int(get_origin(member) is dict)


def phrases(slot: Slot, member: Any, currency: str | None) -> list[str]:
    """Say in words what one member type of a place is, each alternative by itself."""
    if get_origin(member) is Literal:
        return [str(value) for value in get_args(member)]
    return ["true", "false"] if member is bool else [phrase(slot, member, currency)]


def phrase(slot: Slot, member: Any, currency: str | None) -> str:
    """Say in words what one member type of a place is that has no alternatives."""
    if member in (float, int):
        return number_words(slot, member, currency)
    if get_origin(member) is dict:
        return mapping_words(slot, *get_args(member))
    if get_origin(member) is list:
        return list_words(slot, get_args(member)[0])
    if isinstance(member, type) and issubclass(member, BaseModel):
        return f"a mapping with {listed(fields_of(member), 'and')}"
    if member is str:
        return f"a name ({NAME_WORDS})" if slot.named else "text"
    return {date: DATE_WORDS, NoneType: "null"}.get(member, str(member))


def list_words(slot: Slot, item: Any) -> str:
    """``a list of names, like [a, b]``, or of numbers, or of mappings."""
    members, metadata = opened(item)
    filled = " that is not empty" if slot.filled else ""
    if any(get_origin(m) is dict for m in members):
        return f"a list of mappings{filled}"
    if choices := Slot(members).choices:
        return f"a list of {listed(map(str, choices))}{filled}"
    if {int, float} & set(members):
        return f"a list of values{filled}, like [1, 2]"
    return f"a list of {'names' if is_named(metadata) else 'texts'}{filled}, like [a, b]"


def number_words(slot: Slot, member: Any, currency: str | None = None) -> str:
    """``a number from 0 to 1 (share)``."""
    kind = "a whole number" if member is int else "a number"
    unit = in_currency(slot.unit, currency)
    return " ".join(part for part in (kind, bound_words(slot.bounds), f"({unit})" if unit else "") if part)


def bound_words(bounds: Mapping[str, float]) -> str:
    """``from 0 to 1``, ``above 0``, ``at least 1 and below 5``."""
    if {"ge", "le"} <= set(bounds):
        return f"from {bounds['ge']} to {bounds['le']}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return " and ".join(f"{words[name]} {bounds[name]}" for name in words if name in bounds)


def mapping_words(slot: Slot, key: Any, value: Any) -> str:
    """``a number for each tier``, ``values at dates``, ``a mapping from names to numbers``."""
    by_date = date in opened(key)[0]
    if slot.numeric:
        return "values at dates" if by_date else "a number for each tier"
    if by_date and len(slot.members) > 1:
        return "values at dates"
    keys = "dates" if by_date else key_words(key)
    filled = " that is not empty" if slot.filled else ""
    return f"a mapping from {keys} to {entry_words(value)}{filled}"


def key_words(key: Any) -> str:
    """Say in words what the keys of a mapping are."""
    members, metadata = opened(key)
    if int in members:
        return "months (1 to 12)"
    return "names" if is_named(metadata) else "dotted paths"


def entry_words(value: Any) -> str:
    """Say in words what the values of a mapping are."""
    members, _ = opened(value)
    if Any in members or {float, str} <= set(members):
        return "values"
    return "numbers" if float in members else "entries"


def key_expected(slot: Slot) -> str:
    """Say in words what the key of an entry must look like."""
    members, metadata = opened(slot.key)
    if date in members:
        return DATE_WORDS
    if int in members:
        return number_words(Slot(members, metadata), int)
    return NAME_WORDS
