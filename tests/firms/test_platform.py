"""A platform's price cuts: programmes, reactions on top of them, and which budget pays."""

from __future__ import annotations

from datetime import date

import mesa
import numpy as np
import pytest

from sim.calendar import DAYS, Calendar
from sim.firms.platform import Platform
from sim.firms.reactions import Response, Watcher
from sim.firms.subsidy import SubsidyProgramme
from sim.ledger import Ledger
from sim.scenario import schema
from sim.trade import ChannelSales, Offer

CALENDAR = Calendar(date(2019, 1, 7), date(2019, 3, 3))
ACCESS = schema.Access(initial=1.0)
FEES = schema.PlatformFees(take_rate=0.05)


def programme(model: mesa.Model, name: str, depth: float, *, storefronts: bool) -> SubsidyProgramme:
    window = {"from": "2019-01-07", "to": "2019-03-03", "budget": 1e9}
    spec = {"platform": "bazaar", "depth": {"goods": depth}, "rounds": {"all": window}}
    return SubsidyProgramme(model, name, schema.Subsidy.model_validate({**spec, "storefronts": storefronts}))


def bazaar(*, reaction: float = 0.0) -> Platform:
    """One programme for own goods at 15 %, one for everybody at 5 %, and perhaps a reaction."""
    model = mesa.Model()
    goods = schema.Assortment(goods=100.0, delivery_days=1.0)
    spec = schema.Platform(title="Bazaar", access=ACCESS, assortments={"goods": goods}, fees=FEES)
    platform = Platform(model, "bazaar", spec, [], {"goods": 0.0}, ("all",))
    platform.programmes = [
        programme(model, "own", 0.15, storefronts=False), programme(model, "all", 0.05, storefronts=True)
    ]  # fmt: skip
    rule = schema.Reaction.model_validate({"platform": "bazaar", "brand": "faraway", "rule": "match"})
    watcher = Watcher(model, "match", rule)
    watcher.responses = [Response("cut", "goods", reaction, 0, 5)]
    platform.watchers = [watcher]
    return platform


def test_a_reaction_comes_on_top_of_the_deepest_programme() -> None:
    """(1 - 0.15) (1 - 0.04) for own goods; storefronts get the programme that is for them, no reaction."""
    platform, ones = bazaar(reaction=0.04), np.ones(DAYS)
    own, paid = platform.subsidised(ones, CALENDAR, 1, "goods")
    assert own == pytest.approx(0.85 * 0.96 * ones)
    assert paid == pytest.approx(1.0 - own)
    assert platform.subsidised(ones, CALENDAR, 1, "goods", hosted=True)[0] == pytest.approx(0.95 * ones)


@pytest.mark.parametrize(
    ("channel", "reaction", "own", "everybody"),
    [
        ("bazaar", 0.0, 100.0, 0.0),
        ("shop on bazaar", 0.0, 0.0, 100.0),
        # 0.15 of 0.15 + 0.85 x 0.04: the rest is the reaction, which has no budget.
        ("bazaar", 0.04, 100.0 * 0.15 / (0.15 + 0.85 * 0.04), 0.0),
    ],
)
def test_the_programme_that_made_the_price_is_charged(
    channel: str, reaction: float, own: float, everybody: float
) -> None:
    platform, ledger, ones = bazaar(reaction=reaction), Ledger(("all",)), np.ones(DAYS)
    offer = Offer(
        channel=channel, category="goods", host="bazaar", brand=None, goods=1.0, foreign=False,
        open=np.ones(DAYS, bool), list_price=ones, price=ones, depth=0 * ones, pull=0 * ones,
        delivery_days=np.ones(1),
    )  # fmt: skip
    nothing = np.zeros(1)
    sold = ChannelSales(offer, nothing, nothing, nothing, nothing, np.array([100.0]))
    platform.pay_subsidy(ledger, CALENDAR, 1, "sellers", sold)
    spent = [1e9 - p.left(CALENDAR, 1) for p in platform.programmes]
    assert spent == pytest.approx([own, everybody])
    assert ledger.flows("sellers", 2).sum() == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("appeal", "weeks"),
    [
        (0.4, [0.4, 0.4, 0.4]),
        # Mondays 7, 14 and 21 January: 7 days before, on, and 7 days after the day of the level.
        ({"on": "2019-01-14", "level": 0.5, "per_year": 36.525}, [-0.2, 0.5, 1.2]),
        ({"on": "2019-01-14", "level": 0.5, "per_year": 36.525, "until": "2019-01-16"}, [-0.2, 0.5, 0.7]),
    ],
)
def test_appeal_drifts_from_week_to_week(appeal: float | dict[str, object], weeks: list[float]) -> None:
    """A tenth of a util a day, on the Monday of the week, in all categories; it ends on a day of its own."""
    some = {name: schema.Assortment(goods=100.0, delivery_days=1.0) for name in ("goods", "food")}
    tree = {"title": "Bazaar", "access": ACCESS, "assortments": some, "fees": FEES, "appeal": appeal}
    spec = schema.Platform.model_validate(tree)
    platform = Platform(mesa.Model(), "bazaar", spec, [], dict.fromkeys(some, 0.0), ("all",))
    for week, expected in enumerate(weeks):
        offers = list(platform.offers(CALENDAR, week))
        assert [offer.category for offer in offers] == ["goods", "food"]
        assert [offer.appeal for offer in offers] == pytest.approx([expected] * 2)


def test_appeal_moves_nothing_but_the_appeal() -> None:
    one, other = bazaar(), bazaar()
    other.spec = other.spec.model_copy(update={"appeal": 0.7})
    (plain,), (liked,) = (list(firm.offers(CALENDAR, 1)) for firm in (one, other))
    assert (plain.appeal, liked.appeal) == (0.0, 0.7)
    for name in ("price", "list_price", "goods", "depth", "pull"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(liked, name))
