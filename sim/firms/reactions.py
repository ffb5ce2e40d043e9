"""How platforms answer a brand's storefronts elsewhere: rules that see only what a platform can see.

A rule is a pure function of a `Situation`, which holds plain numbers and names and no part of the
market, so nothing hidden from the firm can reach it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import nextafter
from typing import Any, Literal, get_args

import mesa

from sim.firms import plugins
from sim.scenario import schema

Kind = Literal["cut", "exclusivity", "bertrand"]
ALL = ""
"""Stands for all categories."""
GROUP = "sim.reactions"
"""Entry-point group in which rules of a user's own are registered."""
BELOW_ONE = nextafter(1.0, 0.0)
"""Deepest cut: a price stays above zero."""


@dataclass(frozen=True)
class Rivalry:
    """What a platform sees of a watched brand in one of its categories.

    Attributes:
        category: its name.
        share: share of the brand's storefronts on other platforms in the category's sales over the
            weeks since the last look.
        own_price: the platform's own mean price of the last week, relative to the reference price.
        their_price: mean price of those storefronts in the last week; NaN if none was open.
    """

    category: str
    share: float
    own_price: float
    their_price: float


@dataclass(frozen=True)
class Situation:
    """All that a platform looks at when it decides.

    Attributes:
        week: week from the start of the scenario.
        today: first day of that week.
        platform: who decides.
        brand: whom it watches.
        rivalries: one a category.
    """

    week: int
    today: date
    platform: str
    brand: str
    rivalries: tuple[Rivalry, ...]


@dataclass(frozen=True)
class Response:
    """What a platform will do.

    Attributes:
        kind: cut = lower its price; exclusivity = bind merchants; bertrand = set prices anew.
        category: category concerned; "" for all.
        depth: price cut, share of the own price; or share of merchants bound; 0 for bertrand.
        first: first week, counted from the start of the scenario.
        last: last week, included.

    Raises:
        ValueError: if the kind is unknown, the depth is not between 0 and 1 (for a cut below 1), or it
            ends before it starts.
    """

    kind: Kind
    category: str
    depth: float
    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse what no platform could do."""
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self}: expected a kind among {', '.join(get_args(Kind))}")
        if not 0.0 <= self.depth <= (BELOW_ONE if self.kind == "cut" else 1.0):
            raise ValueError(f"{self}: expected a depth from 0 to 1, for a cut below 1")
        if self.last < self.first:
            raise ValueError(f"{self}: expected a last week at or after the first")

    def concerns(self, kind: str, category: str) -> bool:
        """Is it of this kind and about this category?"""
        return self.kind == kind and self.category in (ALL, category)

    def runs(self, week: int) -> bool:
        """Does it hold in a week?"""
        return self.first <= week <= self.last


Rule = Callable[[schema.Reaction, Situation, Sequence[Rivalry]], list[Response]]
"""A rule is given the scenario's words, all that is seen, and the categories that call for an answer."""


def react(spec: schema.Reaction, situation: Situation, running: Sequence[Response]) -> list[Response]:
    """New responses of a platform; none except every `every` weeks, and never in week 0.

    A category calls for an answer if the brand's share there is above the trigger and no earlier
    response of the rule is running or pending there. Answers begin `lag` weeks after the look.

    Args:
        spec: what the scenario says about the reaction.
        situation: what the platform sees.
        running: its responses so far; those that are over do not count.
    """
    if situation.week <= 0 or situation.week % spec.every:
        return []
    alive = [response for response in running if response.last >= situation.week]
    due = [r for r in situation.rivalries if r.share > spec.trigger and not answered(spec, r.category, alive)]
    return RULES[spec.rule](spec, situation, due) if due else []


def answered(spec: schema.Reaction, category: str, alive: Iterable[Response]) -> bool:
    """Is a response of the rule running or pending in a category? A plugin's may be of any kind."""
    kinds = get_args(Kind) if spec.rule == "plugin" else (KIND[spec.rule],)
    return any(response.concerns(kind, category) for response in alive for kind in kinds)


def match(spec: schema.Reaction, situation: Situation, due: Sequence[Rivalry]) -> list[Response]:
    """Cut the own price by a share of the gap to theirs, depth = strength (own - their) / own."""
    depths = {r.category: matching_depth(r, spec.strength) for r in due}
    return [_response(spec, situation, category, depth) for category, depth in depths.items() if depth]


def matching_depth(rivalry: Rivalry, strength: float) -> float:
    """Share of the own price that closes a share of the gap; 0 if theirs is not lower or not known."""
    gap = rivalry.own_price - rivalry.their_price
    return min(BELOW_ONE, strength * gap / rivalry.own_price) if gap > 0.0 else 0.0


def exclusivity(spec: schema.Reaction, situation: Situation, due: Sequence[Rivalry]) -> list[Response]:
    """Bind a share of the merchants, in all categories at once."""
    return [_response(spec, situation, ALL, spec.strength)] if spec.strength else []


def bertrand(spec: schema.Reaction, situation: Situation, due: Sequence[Rivalry]) -> list[Response]:
    """Set prices anew in every category that calls for it."""
    return [_response(spec, situation, r.category, 0.0) for r in due]


def plugin(spec: schema.Reaction, situation: Situation, due: Sequence[Rivalry]) -> list[Response]:
    """Ask a registered callable, which sees the situation and its settings and nothing else.

    It sets its own weeks. What it says about a category already answered or not above the trigger is
    up to it, except that the past cannot be changed.

    Raises:
        LookupError: if nothing is registered by that name.
        TypeError: if it gives something that is not a `Response`.
        ValueError: if it gives a response that begins before this week.
    """
    name = str(spec.plugin)
    responses = list(plugins.find(GROUP, name)(situation, dict(spec.settings)))
    for response in responses:
        if not isinstance(response, Response):
            raise TypeError(f"reaction '{name}' gave {response!r}, expected a Response")
        if response.first < situation.week:
            raise ValueError(f"reaction '{name}' gave {response} in week {situation.week}, expected no past")
    return responses


RULES: Mapping[str, Rule] = {
    "match": match, "exclusivity": exclusivity, "bertrand": bertrand, "plugin": plugin,
}  # fmt: skip
KIND: Mapping[str, Kind] = {"match": "cut", "exclusivity": "exclusivity", "bertrand": "bertrand"}
"""Kind of the responses of a rule."""


def _response(spec: schema.Reaction, situation: Situation, category: str, depth: float) -> Response:
    """A response after the lag, for the weeks of the scenario."""
    first = situation.week + spec.lag
    return Response(KIND[spec.rule], category, depth, first, first + spec.weeks - 1)


def is_active(responses: Iterable[Response], kind: Kind, category: str, week: int) -> bool:
    """Does a response of this kind hold for a category in a week?"""
    return any(r.runs(week) and r.concerns(kind, category) for r in responses)


def active_depth(responses: Iterable[Response], kind: Kind, category: str, week: int) -> float:
    """Deepest response of a kind that holds for a category in a week; 0 if none. Depths do not add."""
    return max((r.depth for r in responses if r.runs(week) and r.concerns(kind, category)), default=0.0)


class Watcher(mesa.Agent):
    """A platform's eye on one brand, with all it has decided so far.

    Args:
        model: the market.
        name: its key in the scenario.
        spec: what the scenario says about the reaction.
    """

    def __init__(self, model: mesa.Model, name: str, spec: schema.Reaction) -> None:
        super().__init__(model)
        self.name = name
        self.spec = spec
        self.responses: list[Response] = []
        """In the order in which they were decided; those that are over stay for the record."""

    def look(self, situation: Situation) -> None:
        """Decide on what is seen."""
        self.responses += react(self.spec, situation, self.responses)

    def active(self, kind: Kind, category: str, week: int) -> bool:
        """Does a response of this kind hold for a category in a week?"""
        return is_active(self.responses, kind, category, week)

    def depth(self, kind: Kind, category: str, week: int) -> float:
        """Deepest response of a kind that holds for a category in a week; 0 if none."""
        return active_depth(self.responses, kind, category, week)

    def state(self) -> dict[str, Any]:
        """Everything that changes: a list of kind, category, depth, first and last week per response."""
        rows = [[r.kind, r.category, float(r.depth), int(r.first), int(r.last)] for r in self.responses]
        return {"responses": rows}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        self.responses = [Response(*response) for response in state["responses"]]
