"""Bargaining over a commission: closed forms, bounds, the check of linearity, maps and clauses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.decisions.terms import Deal, clause_values, interval, iso_npv, linearity, zero_lines

ENTRANT = np.array([3.0, 5.0, 4.0])
HOST = np.array([-1.0, 1.0, 3.0])
VOLUME = np.array([90.0, 110.0, 100.0])
DEAL = Deal(ENTRANT, HOST, VOLUME, 0.03)

money = st.floats(-1e3, 1e3)


def flat(entrant: float, host: float, volume: float = 100.0, commission: float = 0.0) -> Deal:
    return Deal(np.array([entrant]), np.array([host]), np.array([volume]), commission)


def test_break_even_rates_and_zone_of_means() -> None:
    assert DEAL.break_even_entrant == pytest.approx(0.03 + 4 / 100)
    assert DEAL.break_even_host == pytest.approx(0.03 - 1 / 100)
    assert DEAL.zone() == pytest.approx((0.02, 0.07))
    assert DEAL.zone(1.0, 2.0) == pytest.approx((0.04, 0.06))
    assert DEAL.joint.tolist() == [2.0, 6.0, 7.0]


@settings(deadline=None, max_examples=60)
@given(entrant=money, host=money, volume=st.floats(1.0, 1e4), commission=st.floats(0, 1))
def test_means_are_zero_at_break_even_and_joint_surplus_does_not_depend_on_the_rate(
    entrant: float, host: float, volume: float, commission: float
) -> None:
    deal = flat(entrant, host, volume, commission)
    assert deal.at(deal.break_even_entrant)[0].mean() == pytest.approx(0.0, abs=1e-7)
    assert deal.at(deal.break_even_host)[1].mean() == pytest.approx(0.0, abs=1e-7)
    assert sum(deal.at(0.4)).sum() == pytest.approx(entrant + host, abs=1e-7)
    assert (deal.zone() is not None) == (deal.break_even_host <= deal.break_even_entrant)


def test_the_host_pays_nothing_and_gains_the_volume_share_at_a_higher_rate() -> None:
    entrant, host = DEAL.at(0.05)
    assert entrant.tolist() == pytest.approx(ENTRANT - 0.02 * VOLUME)
    assert host.tolist() == pytest.approx(HOST + 0.02 * VOLUME)


def test_nash_rate_is_the_midpoint_and_moves_with_power_and_outside_options() -> None:
    rate = DEAL.nash()
    assert rate is not None
    assert rate.unrestricted == pytest.approx(0.045)
    assert (rate.legal, rate.note) == (rate.unrestricted, "")
    entrant, host = DEAL.at(rate.unrestricted)
    assert entrant.mean() == pytest.approx(host.mean())
    powers = [DEAL.nash(weight) for weight in (0.0, 1.0)]
    assert [power.unrestricted for power in powers if power] == pytest.approx([0.02, 0.07])
    better = DEAL.nash(0.5, entrant_elsewhere=2.0)
    assert better is not None
    assert better.unrestricted == pytest.approx(0.035)
    assert DEAL.nash(0.5, entrant_elsewhere=6.0) is None


@settings(deadline=None, max_examples=60)
@given(entrant=money, host=money, power=st.floats(0.05, 0.95))
def test_nash_rate_has_the_greatest_product_of_gains(entrant: float, host: float, power: float) -> None:
    deal = flat(entrant, host)
    rate = deal.nash(power)
    if rate is None:
        assert entrant + host < 1e-9
        return
    low, high = deal.zone() or (0.0, 0.0)
    tried = np.linspace(low, high, 1001)
    products = (entrant - tried * 100).clip(0) ** (1 - power) * (host + tried * 100).clip(0) ** power
    best = (entrant - rate.unrestricted * 100) ** (1 - power) * (host + rate.unrestricted * 100) ** power
    assert best >= products.max() * (1 - 1e-9) - 1e-9


@pytest.mark.parametrize(
    ("entrant", "host", "unrestricted", "legal", "word"),
    [
        (1.0, 11.0, -0.05, 0.0, "host pays"),
        (-5.0, 11.0, -0.08, None, "no legal commission"),
        (150.0, -90.0, 1.2, 1.0, "above one"),
        (150.0, -120.0, 1.35, None, "no legal commission"),
    ],
)
def test_rates_outside_of_zero_to_one(
    entrant: float, host: float, unrestricted: float, legal: float | None, word: str
) -> None:
    rate = flat(entrant, host).nash()
    assert rate is not None
    assert rate.unrestricted == pytest.approx(unrestricted)
    assert rate.legal == legal
    assert word in rate.note


def test_what_is_no_deal_is_refused() -> None:
    with pytest.raises(ValueError, match="volume"):
        flat(1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match="same draws"):
        Deal(ENTRANT, HOST[:2], VOLUME, 0.0)
    with pytest.raises(ValueError, match="finite"):
        flat(float("nan"), 1.0)
    with pytest.raises(ValueError, match="power"):
        DEAL.nash(1.5)


def test_the_interval_of_a_mean_covers_like_students() -> None:
    rng = np.random.default_rng(0)
    constant, tried = np.ones(8), 120
    covered = []
    for k in range(tried):
        deal = Deal(rng.normal(2.0, 1.0, 8), constant, constant, 0.0)
        found = interval(deal, lambda one: one.break_even_entrant, seed=k, draws=150)
        covered.append(found.low <= 2.0 <= found.high)
    assert 0.80 < np.mean(covered) < 0.97


def test_the_interval_keeps_a_ratio_of_means_joint() -> None:
    volume = np.random.default_rng(1).uniform(50, 150, 40)
    deal = Deal(0.04 * volume, -0.01 * volume, volume, 0.0)
    found = interval(deal, lambda one: one.break_even_entrant, seed=0)
    assert (found.value, found.low, found.high) == pytest.approx((0.04, 0.04, 0.04))
    assert found.share == 1.0


def test_the_interval_says_in_how_many_resamples_there_is_a_rate() -> None:
    entrant = np.random.default_rng(2).normal(0.0, 1.0, 50)
    deal = Deal(entrant - entrant.mean() + 0.05, np.zeros(50), np.full(50, 100.0), 0.0)
    found = interval(deal, lambda one: (rate := one.nash()) and rate.unrestricted, seed=0)
    expected = stats.norm.cdf(0.05 / (entrant.std() / np.sqrt(50)))
    assert found.share == pytest.approx(expected, abs=0.05)
    assert np.isnan(interval(flat(1.0, 1.0), lambda one: one.break_even_host, seed=0).low)


def test_simulated_values_on_lines_pass_and_bent_ones_do_not() -> None:
    rates = np.array([0.05, 0.0, 0.1])
    volume = np.tile(VOLUME, (3, 1))
    entrant, host = 5 + ENTRANT - rates[:, None] * volume, HOST + rates[:, None] * volume
    assert linearity(rates, entrant, host, volume).worst < 1e-12
    bent = entrant.copy()
    bent[0, 1] -= 2.0
    found = linearity(rates, bent, host, volume)
    assert found.entrant == pytest.approx(2.0 / (100 * 0.1))
    assert found.host < 1e-12
    assert linearity(rates, entrant + rates[:, None], host, volume).slopes == pytest.approx(1 / 100)
    moved = volume * (1 + rates[:, None])
    assert linearity(rates, entrant, host, moved).volume > 0.05
    with pytest.raises(ValueError, match="three"):
        linearity(rates[:2], entrant[:2], host[:2], volume[:2])


def test_the_map_is_straight_in_the_rate_and_linear_in_log_exposure() -> None:
    exposures, places = np.array([0.01, 0.04]), np.array([0.01, 0.02, 0.04])
    a_entrant, a_host, volume = np.array([2.0, 6.0]), np.array([-1.0, 1.0]), np.array([50.0, 150.0])
    rates = np.array([0.0, 0.02, 0.04])
    entrant, host = iso_npv(exposures, a_entrant, a_host, volume, rates, places)
    assert entrant[:, 0].tolist() == pytest.approx([2.0, 4.0, 6.0])
    assert entrant[1].tolist() == pytest.approx([4.0, 2.0, 0.0])
    assert host[2].tolist() == pytest.approx([1.0, 4.0, 7.0])
    high, low = zero_lines(exposures, a_entrant, a_host, volume, places)
    assert high.tolist() == pytest.approx([0.04, 0.04, 0.04])
    assert low.tolist() == pytest.approx([0.02, 0.0, -1 / 150])
    with pytest.raises(ValueError, match="outside"):
        iso_npv(exposures, a_entrant, a_host, volume, rates, np.array([0.05]))
    with pytest.raises(ValueError, match="rise"):
        zero_lines(exposures[::-1], a_entrant, a_host, volume)


def test_a_clause_is_judged_at_the_commission_without_it() -> None:
    without = Deal(ENTRANT, HOST, VOLUME, 0.03)
    gain = np.array([1.0, 2.0, 3.0])
    dearer = Deal(ENTRANT + gain - 0.02 * VOLUME, HOST - 0.5 + 0.02 * VOLUME, VOLUME, 0.05)
    table = clause_values(dearer, without).set_index("party")
    assert table.loc["entrant", "worth"] == pytest.approx(2.0)
    half = stats.t.ppf(0.95, 2) * 1.0 / np.sqrt(3)
    assert table.loc["entrant", "worth_low"] == pytest.approx(2.0 - half)
    assert table.loc["entrant", "change"] == pytest.approx(0.02)
    assert table.loc["host", "worth"] == pytest.approx(-0.5)
    assert table.loc["host", "change"] == pytest.approx(0.005)
    both = dearer.at(0.03 + 0.02)[0].mean(), dearer.at(0.03 + 0.005)[1].mean()
    assert both == pytest.approx((without.entrant.mean(), without.host.mean()))
    with pytest.raises(ValueError, match="same draws"):
        clause_values(flat(1, 1), without)
