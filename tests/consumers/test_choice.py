"""What awareness does to a choice: it decides what is in the choice set, or is a bonus in utility."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.consumers.choice import consider
from sim.consumers.response import price_response
from sim.market import Market
from sim.numeric import NEVER
from tests.markets import autumn, market

f4 = np.float32
Floats = npt.NDArray[np.float64]
KNOWN = np.uint64(0b101)
AWARE = np.array([0b101, 0b111, 0b100, 0b001, 0b010, 0b000], np.uint64)
"""Two who know all that is needed, two who lack one bit of it, two who lack both."""
utilities = st.lists(st.floats(-60, 60, width=32), min_size=len(AWARE), max_size=len(AWARE))


def considered(v: list[float], unknown: np.float32) -> npt.NDArray[np.float32]:
    out = np.array(v, f4)
    consider(KNOWN, unknown, len(out), AWARE, out)
    return out


@given(utilities)
def test_a_choice_set_leaves_out_what_is_not_known_and_no_more(v: list[float]) -> None:
    """Bit for bit: V as it was, or NEVER."""
    out = considered(v, NEVER)
    np.testing.assert_array_equal(out[:2], np.array(v[:2], f4))
    np.testing.assert_array_equal(out[2:], NEVER)


@given(utilities, st.floats(0, 20, width=32))
def test_a_bonus_is_lost_once_whatever_is_not_known(v: list[float], bonus: float) -> None:
    out = considered(v, f4(-bonus))
    np.testing.assert_array_equal(out[:2], np.array(v[:2], f4))
    np.testing.assert_array_equal(out[2:], np.array(v[2:], f4) - f4(bonus))


@pytest.mark.parametrize("unknown", [NEVER, f4(-4.0), f4(0.0)])
def test_closed_stays_closed(unknown: np.float32) -> None:
    np.testing.assert_array_equal(considered([float(NEVER)] * len(AWARE), unknown), NEVER)


def looked_at(*sets: str) -> Floats:
    """Utilities of imported goods two weeks into the pop-up, shape (people, channels)."""
    m = market(autumn("popup_on_pinduoduo_2019", *sets), consumers=1_000)
    while m.week < 5:
        m.step()
    return response(m)


def response(m: Market) -> Floats:
    demand, offers = m.demand, m.offers["imported"]
    needs = demand.baskets["imported"].needs
    return price_response(demand, "imported", offers, needs).utility


def test_utilities_in_a_market() -> None:
    """People differ by the bonus exactly where the choice set leaves a channel out, and in nothing else.

    Without warm-up and with bonuses so large that hardly anybody buys what she does not know, people have the
    same habits and stocks in all three markets.
    """
    calm = ("time.warm_up_weeks=0", "behaviour.awareness_as=bonus")
    sets = looked_at("time.warm_up_weeks=0")
    some, more = (looked_at(*calm, f"behaviour.awareness_bonus={bonus}") for bonus in (30, 33))
    hidden = np.isneginf(sets)
    assert 0.2 < hidden.mean() < 0.8
    np.testing.assert_allclose((some - more)[hidden], 3.0, atol=1e-4)
    np.testing.assert_array_equal(some[~hidden], sets[~hidden])
    np.testing.assert_array_equal(more[~hidden], sets[~hidden])
