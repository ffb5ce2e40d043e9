"""The baseline of a brand's awareness stands still."""

from __future__ import annotations

from math import exp

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.consumers.steady import Steady, brand_hazard, joint_shares, solve
from sim.scenario.schema import Awareness

Floats = npt.NDArray[np.float64]
chances = st.floats(0.005, 0.3)


def hit_chance(share: float, forgetting: float) -> float:
    """h at which `share` is steady: what is lost, f (1 - h) F, is what is gained, h (1 - F)."""
    return forgetting * share / (1.0 - share + forgetting * share)


def next_week(
    shares: Floats, hit: float, forgetting: float, discovery: float, site_forgetting: float
) -> Floats:
    """One week of (brand unknown/known) x (site unknown/known), written out by hand."""
    out = np.zeros((2, 2))
    for brand in range(2):
        knows_brand = 1.0 - forgetting * (1.0 - hit) if brand else hit
        found = discovery if brand else 0.0
        for site in range(2):
            knows_site = 1.0 - site_forgetting * (1.0 - found) if site else found
            to_brand, to_site = (np.array([1.0 - k, k]) for k in (knows_brand, knows_site))
            out += shares[brand, site] * np.outer(to_brand, to_site)
    return out


def known_site(shares: Floats) -> float:
    return float(shares[:, 1].sum())


def test_golden_hazard() -> None:
    """Expected: h = f F / (1 - F + f F) = .0105 / .6605, -ln(1 - h) - q F = .0134."""
    assert brand_hazard(0.35, 0.03, 0.0075) == pytest.approx(0.0134, abs=5e-6)
    hit = 1.0 - exp(-(brand_hazard(0.35, 0.03, 0.0075) + 0.0075 * 0.35))
    assert hit == pytest.approx(0.0105 / 0.6605, rel=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.0, 0.95), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_hazard_keeps_the_share(share: float, forgetting: float, part: float) -> None:
    """Expected: F' = F - f (1 - h) F + h (1 - F) = F, whatever part of the hits is word of mouth."""
    total = brand_hazard(share, forgetting, 0.0)
    word_of_mouth = 0.0 if share < 1e-6 else part * total / share
    hazard = brand_hazard(share, forgetting, word_of_mouth * (1.0 - 1e-9))
    hit = 1.0 - exp(-(hazard + word_of_mouth * share))
    after = share - forgetting * (1.0 - hit) * share + hit * (1.0 - share)
    assert after == pytest.approx(share, abs=1e-8)
    assert hazard >= 0.0


def test_everybody_knows_a_brand_that_cannot_be_missed() -> None:
    """Expected: at F = 1 nobody may be missed in a week; e^-50 is less than one in all people."""
    assert exp(-brand_hazard(1.0, 0.03, 0.0075)) * 8e9 < 1e-9


def test_word_of_mouth_may_not_exceed_forgetting() -> None:
    """Expected: with q F > -ln(1 - h) awareness grows without advertising; nothing can hold it."""
    with pytest.raises(ValueError, match="word of mouth is stronger than forgetting"):
        brand_hazard(0.35, 0.03, 0.05)
    with pytest.raises(ValueError, match="word of mouth is stronger than forgetting"):
        solve(Awareness(initial=0.35, forgetting=0.0))


@settings(deadline=None, max_examples=50)
@given(chances, chances, chances, chances)
def test_joint_shares_stay(hit: float, forgetting: float, discovery: float, site_forgetting: float) -> None:
    """Expected: one more week changes nothing; brand share h / (h + f (1 - h)); shares add to one."""
    rates = (hit, forgetting, discovery, site_forgetting)
    shares = joint_shares(*rates)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    assert (shares >= -1e-15).all()
    assert next_week(shares, *rates) == pytest.approx(shares, abs=1e-12)
    assert shares[1].sum() == pytest.approx(hit / (hit + forgetting * (1.0 - hit)), abs=1e-12)


def test_joint_shares_are_where_time_leads() -> None:
    """Expected: 3,000 weeks from nobody knowing anything."""
    rates = (0.016, 0.03, 0.0175, 0.05)
    shares = np.array([[1.0, 0.0], [0.0, 0.0]])
    for _ in range(3000):
        shares = next_week(shares, *rates)
    assert joint_shares(*rates) == pytest.approx(shares, abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.05, 0.9), chances, chances, st.floats(0.05, 0.95), st.floats(0.0, 1.0))
def test_solution_reproduces_both_shares(
    share: float, forgetting: float, site_forgetting: float, reach: float, part: float
) -> None:
    """Expected: the shares asked for; conditional chances by Bayes; a week later they are the same."""
    hit = hit_chance(share, forgetting)
    most = known_site(joint_shares(hit, forgetting, 1.0, site_forgetting))
    spec = Awareness(
        initial=share, site_known=reach * most, forgetting=forgetting, channel_forgetting=site_forgetting,
        word_of_mouth=part * brand_hazard(share, forgetting, 0.0) / share * (1.0 - 1e-9),
    )  # fmt: skip
    steady = solve(spec)
    mean = steady.site_if_known * share + steady.site_if_unknown * (1.0 - share)
    assert mean == pytest.approx(spec.site_known, abs=1e-9)
    assert 0.0 <= steady.site_if_unknown <= steady.site_if_known <= 1.0
    site = np.array([steady.site_if_unknown, steady.site_if_known])
    shares = np.array([1.0 - share, share])[:, None] * np.stack([1.0 - site, site], axis=1)
    after = next_week(shares, hit, forgetting, steady.discovery, site_forgetting)
    assert after == pytest.approx(shares, abs=1e-9)


def test_more_reach_needs_more_discovery() -> None:
    """Expected: monotone; no reach needs none."""
    found = [solve(Awareness(initial=0.35, site_known=known)).discovery for known in (0.0, 0.05, 0.1, 0.2)]
    assert found[0] == 0.0
    assert (np.diff(found) > 0.0).all()


def test_a_site_cannot_be_known_by_more_than_the_brand_supports() -> None:
    """Expected: with f_k = .05, at most about the brand's share and a little; not 80 % with 35 %."""
    with pytest.raises(ValueError, match="own site cannot be steady"):
        solve(Awareness(initial=0.35, site_known=0.8))


def test_unsteady_awareness_is_taken_as_written() -> None:
    """Expected: hazards as given, knowledge of the site independent of that of the brand."""
    spec = Awareness(initial=0.35, site_known=0.1, steady=False, hazard=0.02, site_discovery=0.03)
    assert solve(spec) == Steady(0.02, 0.03, 0.1, 0.1)
