"""Every parameter of a scenario, from the schema: path, words, unit, default, and what a file says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sim.describe.given import Path, given_words, is_entry
from sim.describe.regions import table
from sim.describe.words import value_words
from sim.scenario.reading.loader import LoadedScenario
from sim.scenario.schema import Scenario
from sim.scenario.schema.fields import Slot, fields_of, of_field, opened

ENTRIES = {
    "acts": "<act>",
    "assortments": "<category>",
    "brands": "<brand>",
    "categories": "<category>",
    "days": "<year>",
    "events": "<event>",
    "merchants": "<category>",
    "platforms": "<platform>",
    "policies": "<policy>",
    "price": "<category>",
    "promotions": "<promotion>",
    "reactions": "<reaction>",
    "rounds": "<round>",
    "storefronts": "<storefront>",
    "subsidies": "<subsidy>",
    "tiers": "<tier>",
}
"""What stands for the name of an entry, by the key of its mapping."""

WORDS: Mapping[str, str] = {
    "title": "name of the scenario in pictures and tables",
    "question": "the question it is to answer",
    "currency.name": "the money in which everything is counted",
    "tiers.<tier>.title": "its name in pictures and tables",
    "categories.<category>.title": "its name in pictures and tables",
    "categories.<category>.buyers": "who has such needs: everybody, or the interested only",
    "platforms.<platform>.title": "its name in pictures and tables",
    "brands.<brand>.title": "its name in pictures and tables",
    "storefronts.<storefront>.title": "its name in pictures and tables",
    "storefronts.<storefront>.contract.mode": "agency: the owner sells and pays a commission; wholesale: the "
    "host buys and sells",
    "events.<event>.title": "its name in pictures and tables",
    "network.kind": "contacts by ring and rewiring, or everybody a contact of everybody",
    "subsidies.<subsidy>.title": "its name in pictures and tables",
    "reactions.<reaction>.title": "its name in pictures and tables",
    "policies.<policy>.title": "its name in pictures and tables",
    "policies.<policy>.rule": "how it decides",
    "policies.<policy>.threshold": "what the rule `threshold` needs",
    "policies.<policy>.review": "what the rule `review` needs",
    "policies.<policy>.oracle": "what the rule `oracle` needs",
}
"""Words for fields that the schema leaves to their names."""


@dataclass(frozen=True)
class Parameter:
    """A place in a scenario where a value may stand.

    Attributes:
        path: keys from the top; names of entries as in `ENTRIES`.
        words: what it means.
        unit: unit of a number, else empty.
        default: in words.
        section: whether a section stands here that may be left out.
    """

    path: Path
    words: str
    unit: str
    default: str
    section: bool = False

    @property
    def dotted(self) -> str:
        """The path as files and commands write it."""
        return ".".join(self.path)


def parameters(model: type[BaseModel] = Scenario, path: Path = ()) -> Iterator[Parameter]:
    """Every parameter below a section, in the order of the schema."""
    for key, field in fields_of(model).items():
        yield from _of_field(field, (*path, key))


def _of_field(field: FieldInfo, path: Path) -> Iterator[Parameter]:
    slot = of_field(field)
    entry = _entry(slot)
    if entry is not None:
        yield from parameters(entry, (*path, ENTRIES.get(path[-1], "<name>")))
        return
    if slot.model is None or len(slot.members) > 1:
        section = slot.model is not None and not slot.numeric
        yield Parameter(path, _words(slot, path), slot.unit or "", _default(field), section)
    if slot.model is not None:
        yield from parameters(slot.model, path)


def _entry(slot: Slot) -> type[BaseModel] | None:
    """The section of which a mapping holds many, if the place is such a mapping."""
    if slot.mapping is None:
        return None
    return Slot(opened(slot.mapping[1])[0]).model


def _words(slot: Slot, path: Path) -> str:
    words = slot.description or WORDS.get(".".join(path), "")
    said = len(slot.choices) < 2 or all(str(choice) in words for choice in slot.choices)
    one_of = "" if said else f" ({', '.join(map(str, slot.choices))})"
    return words + one_of


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if field.is_required():
        return "required"
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "as below"
    return "empty" if value in ("", {}, []) else value_words(value)


# --- tables --------------------------------------------------------------------------------------


def sections() -> dict[str, list[Parameter]]:
    """Parameters by the first key of their path; single values of the top come first, under an empty one."""
    found: dict[str, list[Parameter]] = {"": []}
    for one in parameters():
        found.setdefault("" if len(one.path) == 1 else one.path[0], []).append(one)
    return found


HEAD = ("parameter", "meaning", "unit", "default", "China 2019")


def tables(loaded: LoadedScenario) -> str:
    """All parameters as Markdown, a table a section, with the values of a scenario."""
    parts = []
    for key, rows in sections().items():
        shared = _shared(rows) if key else ()
        parts += [_heading(key, shared), table(HEAD, (_row(one, len(shared), loaded) for one in rows))]
    return "\n\n".join(parts)


def _shared(rows: Sequence[Parameter]) -> Path:
    """The keys that all rows of a section begin with."""
    first = rows[0].path
    return first[:2] if is_entry(first[1]) else first[:1]


def _heading(key: str, shared: Path) -> str:
    if not key:
        return "**At the top of a file**"
    slot = of_field(fields_of(Scenario)[key])
    words = (getdoc(_entry(slot) or slot.model) or "").split("\n\n")[0].replace("``", "`")
    return f"**`{'.'.join(shared)}`**: {' '.join(words.split())}"


def _row(one: Parameter, shared: int, loaded: LoadedScenario) -> list[str]:
    return [f"`{'.'.join(one.path[shared:])}`", one.words, one.unit, one.default, _shown(one, loaded)]


def _shown(one: Parameter, loaded: LoadedScenario) -> str:
    """What the scenario gives, but for titles, whole sections and tables that are solved."""
    if one.dotted in ("intercepts", "listing_costs"):
        return f"solved, in `scenarios/solved/{loaded.path.name}`"
    return "" if one.section or one.path[-1] == "title" else given_words(loaded, one.path)
