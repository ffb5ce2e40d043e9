"""From offers to arrays: what is kept from week to week, and what must not be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.consumers.choice import Channels
from sim.consumers.tables import ChannelTables
from sim.market import Market
from sim.numeric import NEVER
from sim.trade import Offer
from tests.markets import autumn, market

BY_CHANNEL = (
    "pull", "price", "quantity", "delivery", "known", "host", "seller", "foreign", "large", "host_trust",
    "brand_trust", "log_host", "log_brand", "team", "worth", "hassle",
)  # fmt: skip


@pytest.fixture(scope="module")
def open_popup() -> Market:
    m = market(autumn("popup_on_pinduoduo_2019"), consumers=500)
    while m.week < 5:
        m.step()
    return m


def tables(m: Market) -> tuple[ChannelTables, list[Offer]]:
    return m.demand.channel_tables["imported"], m.offers["imported"]


def differing(one: Channels, other: Channels) -> set[str]:
    return {name for name in one._fields if not np.array_equal(getattr(one, name), getattr(other, name))}


def test_kept_for_the_same_offers_only(open_popup: Market) -> None:
    """Expected: the same object for the same offers; whatever a firm changes shows, and nothing else."""
    make, offers = tables(open_popup)
    first = make.channels(offers)
    assert make.channels(tuple(offers)) is first
    changes = {
        "base": {"goods": offers[2].goods * 2.0},
        "worth": {"team_belief": 0.123},
        "hassle": {"team_hassle": 9.0},
        "delivery": {"delivery_days": offers[2].delivery_days + 1.0},
        "host_trust": {"host_trust_weight": 0.25},
    }
    for field, change in changes.items():
        found = differing(first, make.channels([*offers[:2], replace(offers[2], **change), *offers[3:]]))
        assert found == ({"host_trust", "brand_trust"} if field == "host_trust" else {field})
    assert differing(first, make.channels(offers)) == set()


def test_order_of_offers_is_the_order_of_rows(open_popup: Market) -> None:
    """Expected: turned offers give turned tables; what belongs to nests stays."""
    make, offers = tables(open_popup)
    ahead, turned = make.channels(offers), make.channels(offers[::-1])
    for name in BY_CHANNEL:
        assert np.array_equal(getattr(ahead, name), getattr(turned, name)[::-1]), name
    assert np.array_equal(ahead.base, turned.base[:, ::-1])
    assert np.array_equal(ahead.used, turned.used)


def test_base_by_hand(open_popup: Market) -> None:
    """Expected: intercept + theta ln(K / K0) + pull by tier, channel and day; never on closed days."""
    make, offers = tables(open_popup)
    spec = open_popup.spec.categories["imported"]
    half_open = replace(offers[0], open=np.arange(7) < 3, pull=np.linspace(0.0, 0.6, 7))
    base = make.channels([half_open, *offers[1:]]).base
    assert base.flags.c_contiguous
    for j, offer in enumerate([half_open, *offers[1:]]):
        size = spec.assortment_weight * np.log(offer.goods / spec.reference_assortment)
        level = open_popup.intercept(offer.channel, "imported")[:, None] + size + offer.pull
        assert base[:, j] == pytest.approx(np.where(offer.open, level, float(NEVER)), rel=1e-6)


def test_appeal_is_utility_on_open_days(open_popup: Market) -> None:
    """Expected: one channel's row up by the appeal in all tiers on open days, and nothing else."""
    make, offers = tables(open_popup)
    some = [replace(offers[0], open=np.arange(7) < 3), *offers[1:]]
    liked = [replace(some[0], appeal=some[0].appeal + 0.25), *some[1:]]
    before, after = make.channels(some), make.channels(liked)
    assert differing(before, after) == {"base"}
    rise = after.base.astype(float) - before.base
    assert rise[:, 0, :3] == pytest.approx(np.full(rise[:, 0, :3].shape, 0.25), abs=1e-5)
    assert (rise[:, 0, 3:] == 0).all()
    assert (after.base[:, 0, 3:] == NEVER).all()
    assert (rise[:, 1:] == 0).all()


def test_a_category_that_nobody_sells(open_popup: Market) -> None:
    """Expected: tables without rows, with the shapes that kernels read."""
    make, _ = tables(open_popup)
    none, tiers = make.channels([]), len(open_popup.tiers)
    assert none.base.shape == (tiers, 0, 7)
    assert none.delivery.shape == (0, tiers)
    assert all(len(getattr(none, name)) == 0 for name in BY_CHANNEL)
    assert not none.used.any()
