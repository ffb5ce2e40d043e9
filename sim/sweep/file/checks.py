"""Checks of the factors of an experiment file beside its scenarios: form, range, places, what hides what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sim.outcomes.declared import declared
from sim.outcomes.outcome import PARTIES, Outcome, party_names
from sim.outcomes.parties import upper_tiers
from sim.scenario.changes import Assignment, UnsoundError, laid, sound, stray
from sim.scenario.errors import sentence, unknown
from sim.scenario.reading.nodes import Node, Path
from sim.scenario.reading.translate import found
from sim.scenario.schema import Scenario
from sim.sweep.file.needs import Fault, Faults, shown, twice
from sim.sweep.file.settings import nowhere, setting_faults, starts
from sim.sweep.file.targets import Targets, is_whole, paths_of
from sim.sweep.schema import Vary

BESIDE = {
    "options": ("options", "title", "source"),
    "levels": ("path", "levels", "change", "title", "source"),
}
"""Keys that mean something beside options, and beside levels."""
PEOPLE = ("population", "consumers")


def faults(targets: Targets) -> Faults:
    """Everything that is wrong with the factors."""
    yield from _against(targets)
    for where, one in targets.varied.items():
        yield from _form(where, one)
    for where in targets.choosers[1:]:
        first = ".".join(targets.choosers[0])
        yield Fault((*where, "options"), f"its options name scenario files, and so do those of {first}", True)
    yield from _places(targets)
    yield from _hidden(targets)
    yield from _people(targets)
    yield from _outcomes(targets)


def _against(targets: Targets) -> Faults:
    """A baseline that is the scenario itself differs from it in nothing."""
    scenario, against = (targets.loaded.get((key,)) for key in ("scenario", "against"))
    if scenario and against and scenario.path.resolve() == against.path.resolve() and not targets.choosers:
        yield Fault(("against",), sentence("the scenario itself", "another one to compare it with"))


# --- form ----------------------------------------------------------------------------------------


def _form(where: Path, one: Vary) -> Faults:
    """A factor is a path or several with a range or levels, or it has options."""
    if one.path is None and one.options is None:
        yield Fault(where, sentence("a factor that changes nothing", "path or options"))
    elif one.options is not None:
        yield from _beside(where, one, "options")
    elif one.levels is not None:
        yield from _beside(where, one, "levels")
        yield from _levels((*where, "levels"), one)


def _beside(where: Path, one: Vary, what: str) -> Faults:
    for key in sorted(one.model_fields_set - set(BESIDE[what])):
        yield Fault((*where, key), f"'{key}' means nothing beside {what}", at_key=True)


def _levels(where: Path, one: Vary) -> Faults:
    """Levels differ, are of one kind, and are numbers if they are to change one."""
    levels = one.levels or []
    yield from twice(levels, where)
    kinds = {_kind(level) for level in levels}
    if len(kinds) > 1:
        yield Fault(
            where, sentence("levels of several kinds", "only numbers, only text or only true and false")
        )
    elif one.change != "set" and kinds != {"number"}:
        yield Fault((*where, "0"), sentence(found(levels[0]), f"a number, as {one.change} changes numbers"))


def _kind(level: Any) -> str:
    if isinstance(level, bool | str):
        return type(level).__name__
    return "number"


# --- places --------------------------------------------------------------------------------------


def _places(targets: Targets) -> Faults:
    """Every path leads somewhere; a range is there where one is needed."""
    roots = [world.root for world in targets.worlds.values()]
    for (group, name, option), made in targets.settings.items():
        yield from setting_faults(made, (group, name, "options", option, "set"), roots)
    roots += [_after(root, made) for made in targets.settings.values() for root in roots]
    for where, one in targets.varied.items():
        lost = list(_lost(where, one, roots)) if one.options is None else []
        yield from lost
        if not lost and one.path is not None and one.options is None and one.levels is None:
            yield from _range(targets, where, one)


def _after(root: Node, made: Sequence[Assignment]) -> Node:
    """A scenario after what an option sets."""
    for one in made:
        root = root if stray(root, one.keys) else laid(root, one.keys, one.value)
    return root


def _lost(where: Path, one: Vary, roots: Sequence[Node]) -> Faults:
    """Paths of a factor that lead nowhere, or to the same place."""
    paths = paths_of(one)
    for number, path in enumerate(paths):
        place = (*where, "path") if isinstance(one.path, str) else (*where, "path", str(number))
        keys = tuple(path.split("."))
        if message := nowhere(keys, roots) or starts(keys):
            yield Fault(place, message)
        elif any(_overlap(keys, tuple(other.split("."))) for other in paths[:number]):
            yield Fault(place, "leads to a place that another path of the same factor changes")


def _range(targets: Targets, where: Path, one: Vary) -> Faults:
    """A range has two ends in the right order, its own or those of the scenario."""
    if None in targets.ends(one):
        whose = "none is written" if one.change != "set" else f"{paths_of(one)[0]} has none in the scenario"
        yield Fault(where, sentence(f"no range: {whose}", "low and high, or levels"))
        return
    for end in ("low", "high") if is_whole(one) else ():
        value = getattr(one, end)
        if value is not None and value % 1:
            what = sentence(f"found {shown(value)}", "a whole number, as nothing else may stand there")
            yield Fault((*where, end), what)
            return
    try:
        targets.factor(where, one)
    except ValueError as error:
        yield Fault((*where, _written(one)), str(error).partition(": ")[2])


def _written(one: Vary) -> str:
    """The key that says the range, as far as the file says it itself."""
    return next((end for end in ("low", "high") if getattr(one, end) is not None), "path")


# --- what hides what -----------------------------------------------------------------------------


class _Change(NamedTuple):
    """A place of the scenario that a factor changes.

    Attributes:
        place: where the experiment file says so.
        factor: which factor.
        keys: the place of the scenario.
        sets: whether what was there is lost.
    """

    place: Path
    factor: Path
    keys: Path
    sets: bool = True


def _hidden(targets: Targets) -> Faults:
    """Two factors must not set the same place: one of them would be without effect."""
    before: list[_Change] = []
    for where, one in targets.varied.items():
        own = [change for change in _changes(targets, where, one) if change.sets]
        pairs = ((new, old) for new in own for old in before if _overlap(old.keys, new.keys))
        for new, old in {new.place: (new, old) for new, old in pairs}.values():
            what = f"sets {'.'.join(new.keys)}, which {'.'.join(old.factor)} sets as well"
            yield Fault(new.place, sentence(what, "one factor for a place"), at_key=True)
        before += own


def _people(targets: Targets) -> Faults:
    """Where the experiment says how many consumers there are, nothing else can."""
    if targets.spec.consumers is None:
        return
    made = [_Change(("set", path), (), keys) for path, keys in _fixed(targets.spec.set)]
    made += [change for where, one in targets.varied.items() for change in _changes(targets, where, one)]
    for change in made:
        if change.keys == PEOPLE:
            what = f"changes {'.'.join(PEOPLE)}, but 'consumers' says how many there are"
            yield Fault(change.place, sentence(what, "one of them"), at_key=True)


def _fixed(said: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    for path, value in said.items():
        yield from ((path, keys) for keys in _leaves(tuple(path.split(".")), value))


def _changes(targets: Targets, where: Path, one: Vary) -> Iterator[_Change]:
    for number, path in enumerate(paths_of(one)):
        place = (*where, "path") if isinstance(one.path, str) else (*where, "path", str(number))
        yield _Change(place, where, tuple(path.split(".")), one.change == "set")
    for name in one.options or {}:
        for made in targets.settings[*where, name]:
            place = (*where, "options", name, "set", made.path)
            yield from (_Change(place, where, keys) for keys in _leaves(made.keys, made.value))


def _leaves(keys: Path, value: Any) -> Iterator[Path]:
    """Places below which a value replaces what is there: mappings are laid over, null removes."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves((*keys, key), child)
    elif value is not None:
        yield keys


def _overlap(one: Path, other: Path) -> bool:
    """Whether a place is another one, or inside it, or around it."""
    size = min(len(one), len(other))
    return one[:size] == other[:size]


# --- outcomes ------------------------------------------------------------------------------------


def _outcomes(targets: Targets) -> Faults:
    """Parties are of the kind that an outcome is about, and tiers those for which it is read."""
    asked = {name: one for name, one in targets.spec.outcomes.items() if one.on is None}
    scenarios = list(_scenarios(targets)) if asked else []
    for name, one in asked.items():
        outcome = declared(one.outcome)
        if one.party is not None and (message := _wrong_party(outcome, one.party, scenarios)):
            yield Fault(("outcomes", name, "party"), message)
        tiers = list(dict.fromkeys(tier for scenario in scenarios for tier in _tiers(outcome, scenario)))
        if one.tier not in tiers:
            where = ("outcomes", name, *(["tier"] if "tier" in one.model_fields_set else []))
            yield Fault(where, unknown(f"tier of '{outcome.name}'", one.tier, tiers))


def _scenarios(targets: Targets) -> Iterator[Scenario]:
    """All scenarios as they are written, and after each option that makes sense there."""
    for world in targets.worlds.values():
        for made in ((), *targets.settings.values()):
            try:
                yield sound(world.changed(made), world.name)
            except UnsoundError:
                continue  # told where points are tried


def _wrong_party(outcome: Outcome, party: str, scenarios: Sequence[Scenario]) -> str:
    """Say why an outcome has no such party; empty if it has."""
    names = dict.fromkeys(
        name for scenario in scenarios for kind in outcome.parties for name in party_names(kind, scenario)
    )
    if party in names:
        return ""
    kinds = " or ".join(PARTIES[kind].partition(",")[0] for kind in outcome.parties)
    message = unknown("party", party, list(names))
    return f"{message}; '{outcome.name}' is about {kinds}"


def _tiers(outcome: Outcome, scenario: Scenario) -> list[str]:
    """Values of the column of tiers that an outcome has."""
    if outcome.tiers == "upper":
        return [", ".join(upper_tiers(scenario))]
    return ["all", *(scenario.tiers if outcome.tiers == "each" else ())]
