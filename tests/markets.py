"""Small markets for tests: the China files on a short horizon, and single-mechanism variants."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.consumers.demand import Record
from sim.market import Market
from sim.scenario import Scenario, load

SCENARIOS = Path(__file__).parents[1] / "scenarios"
AUTUMN = (
    "time.start=2019-11-04",
    "time.end=2020-01-19",
    "time.warm_up_weeks=2",
)
"""From three weeks before the pop-up opens to two weeks after it has closed."""
CLOSED = (
    "storefronts.amazon_marketplace=null",
    "intercepts.amazon_marketplace=null",
    "listing_costs.amazon_marketplace=null",
)
"""Amazon's marketplace has closed by then."""
POPUP_OPENS, POPUP_CLOSES = 3, 8
QUIET = Record(expected=False, core=False)
Codes = npt.NDArray[np.int16]

SELLING = {
    "alibaba": ("everyday", "fashion", "electronics", "imported"),
    "jd": ("everyday", "fashion", "electronics", "imported"),
    "pinduoduo": ("everyday", "fashion", "electronics", "imported"),
    "kaola": ("imported",),
}
SUBSIDIES = ("ten_billion", "jd_matches")
NO_FEEDBACK = (
    "brands.amazon.awareness.word_of_mouth=0",
    "platforms.pinduoduo.access.word_of_mouth=0",
    *(f"platforms.pinduoduo.teams.{rule}" for rule in ("invites=0", "belief_gain=0", "full_density=1e-9")),
    *(f"platforms.{p}.assortments.{c}.merchants.adjustment=0" for p, goods in SELLING.items() for c in goods),
    *(f"subsidies.{name}.rounds.black_friday.budget=1e15" for name in SUBSIDIES),
)
"""Nobody learns from others; nothing depends on sums over people."""
NO_MEMORY = (
    *NO_FEEDBACK,
    "behaviour.habit_weight=0",
    "behaviour.loyalty_weight=0",
    "behaviour.trust_gain=0",
    *(f"categories.{c}.stock_pressure=0" for c in ("everyday", "fashion", "electronics", "imported")),
)
"""Purchases leave nothing behind."""


def autumn(name: str, *sets: str) -> Scenario:
    """A scenario of the repo from November 2019 to January 2020."""
    closed = () if name == "never_entered" else CLOSED
    return load(SCENARIOS / f"{name}.yaml", sets=[*AUTUMN, *closed, *sets]).scenario


def market(scenario: Scenario, consumers: int = 2_000, **settings: object) -> Market:
    """A market of a test; realised choices only unless told otherwise."""
    return Market(scenario, consumers=consumers, **{"record": QUIET, **settings})


def weekly_codes(m: Market, weeks: int) -> list[Mapping[str, npt.NDArray[np.str_]]]:
    """Choices of each week by category as names, columns ordered by identity."""
    out = []
    for _ in range(weeks):
        m.step()
        out.append({c: named_choices(m, c) for c in m.spec.categories})
    return out


def named_choices(m: Market, category: str) -> npt.NDArray[np.str_]:
    """Choices of the last week: channel name, "nothing" or "" (no need); shape (slots, consumers)."""
    names = np.array([*(offer.channel for offer in m.offers[category]), "nothing", ""])
    codes = m.demand.diaries[category].codes.astype(np.int64)
    channel = np.where(codes >= 0, codes // 7, np.where(codes == -1, len(names) - 2, len(names) - 1))
    return names[channel][:, np.argsort(m.consumers.columns.id)]


def differences(
    a: list[Mapping[str, npt.NDArray[np.str_]]], b: list[Mapping[str, npt.NDArray[np.str_]]]
) -> int:
    """How many choices differ over all weeks and categories."""
    return sum(int((x[c] != y[c]).sum()) for x, y in zip(a, b, strict=True) for c in x)
