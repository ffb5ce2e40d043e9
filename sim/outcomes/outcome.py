"""What an outcome declares of itself: its unit, its parties, its periods and its city tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sim.scenario.schema import Scenario

Unit = Literal[
    "money", "orders", "people", "share", "weeks", "acts", "points", "invitations/order", "money/person"
]  # fmt: skip
"""Units; "money" stands for the name of the scenario's currency."""
PartyKind = Literal[
    "channel", "storefront", "category", "brand", "platform", "host", "owner group", "rivals", "consumers"
]  # fmt: skip
PeriodName = Literal["window", "after", "horizon", "decision"]
TierKind = Literal["all", "each", "upper"]

PARTIES: Mapping[PartyKind, str] = {
    "channel": "a platform with its own merchants, or a storefront",
    "storefront": "a storefront in question",
    "category": "a category of goods",
    "brand": "a brand",
    "platform": "a platform",
    "host": "a platform on which a storefront in question stands",
    "owner group": "a platform that owns another one, with all its platforms",
    "rivals": "all rivals of the hosts together, named rivals",
    "consumers": "all consumers together, named consumers",
}
"""Kinds of parties in words."""
PERIODS: Mapping[PeriodName, str] = {
    "window": "weeks in which the storefronts in question are open in one of the two scenarios only",
    "after": "weeks after the window, to the end of the horizon",
    "horizon": "all weeks of the horizon",
    "decision": "weeks from the day of the decision to the end of the horizon; in questions only",
}
"""Periods in words."""
TIERS: Mapping[TierKind, str] = {
    "all": "all city tiers together",
    "each": "all city tiers together, and each alone",
    "upper": "the tiers with an income above the mean together; their names stand in the column of tiers",
}
"""Which tiers an outcome is given for, in words."""
OF_PAIRS: tuple[PeriodName, ...] = tuple(name for name in get_args(PeriodName) if name != "decision")
"""Periods of a baseline and a scenario."""
COUNTED: tuple[Unit, ...] = ("people", "orders")
"""Units that come in thousands and millions, like money."""


@dataclass(frozen=True)
class Outcome:
    """One number that the model reports.

    Attributes:
        name: name in the column `outcome` of tables, in experiment files and in reports.
        unit: kind of unit.
        parties: kinds of parties that have it.
        periods: periods for which it is read.
        meaning: what it is, in a sentence.
        tiers: city tiers for which it is read.
        words: its name in a report; empty = its name says what it is.
        column: name of the column in stored results of questions, with FIRM for the name of a firm; empty =
            questions do not keep it.
        periods_of_tiers: periods for which single tiers are read, if these are not all.
    """

    name: str
    unit: Unit
    parties: tuple[PartyKind, ...]
    periods: tuple[PeriodName, ...]
    meaning: str
    tiers: TierKind = "all"
    words: str = ""
    column: str = ""
    periods_of_tiers: tuple[PeriodName, ...] = ()

    @property
    def in_words(self) -> str:
        """Name in a report."""
        return self.words or self.name

    @property
    def of_pairs(self) -> tuple[PeriodName, ...]:
        """Periods for which tables of a comparison and sweeps have it; none if only questions have it."""
        return tuple(name for name in self.periods if name in OF_PAIRS)

    def unit_in(self, currency: str) -> str:
        """Return the unit as tables name it, with the name of the money."""
        return self.unit.replace("money", currency)

    def column_of(self, firm: str = "") -> str:
        """Return the column of stored results of questions.

        Args:
            firm: whose; needed where several firms have one.

        Raises:
            ValueError: if questions do not keep the outcome, or no firm is named where one is needed.
        """
        if not self.column or ("FIRM" in self.column) != bool(firm):
            whose = f" of '{firm}'" if firm else ""
            raise ValueError(f"questions do not keep '{self.name}'{whose}")
        return self.column.replace("FIRM", firm)

    def periods_in(self, tier: str) -> tuple[PeriodName, ...]:
        """Return the periods of a comparison that have a row of a tier ("all" or a single one)."""
        if tier == "all" or self.tiers == "upper":
            return self.of_pairs
        return self.periods_of_tiers or self.of_pairs


def party_names(kind: PartyKind, scenario: Scenario) -> list[str]:
    """Return the names of all parties of a kind in a scenario.

    A kind that depends on a second scenario (storefronts in question, their hosts) has the names of all that
    might be meant.
    """
    match kind:
        case "channel":
            return [*scenario.platforms, *scenario.storefronts]
        case "storefront":
            return [*scenario.storefronts]
        case "category":
            return [*scenario.categories]
        case "brand":
            return [*scenario.brands]
        case "platform" | "host":
            return [*scenario.platforms]
        case "owner group":
            return [*_owners(scenario)]
        case _:
            return [kind]


def _owners(scenario: Scenario) -> dict[str, None]:
    """Platforms that own another one on some day."""
    found = dict[str, None]()
    for platform in scenario.platforms.values():
        owner = platform.owner
        found |= dict.fromkeys(owner.values() if isinstance(owner, dict) else [owner] if owner else [])
    return found
