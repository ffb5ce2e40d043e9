"""Cross-nested logit: closed forms, golden numbers, and draws that follow them.

"Case 3" is the market of the golden numbers: buying nothing (0), the assortments of three hosts (1, 2,
3), and a brand with an own site (4) and storefronts on the first and the third host (5, 6), each half
in the nest of its host and half in the brand's. The numbers were computed once, independently of this
code. The shocks of `sim.consumers.choice` must reproduce all of it by simulation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.integrate import quad

from sim import draws
from sim.consumers import chances, choice, nests
from sim.consumers.choice import NOTHING, Channels, ShockKeys
from sim.consumers.nests import DEGREE, Nesting
from sim.consumers.scratch import Scratch, make_scratch
from sim.kernel import kernel
from sim.numeric import NEVER

f4 = np.float32
Floats = npt.NDArray[np.float64]

EULER = 0.5772156649015329
SEED, BLOCK, PEOPLE = 8, 4096, 400_000
V3 = np.array([0.0, 1.2, 0.6, 0.4, -0.5, -0.2, -0.1])
SHARES3 = np.array([0.115284, 0.378178, 0.210061, 0.163380, 0.049297, 0.034007, 0.049793])
LOGSUM3 = 2.160356
SECOND3 = np.array([0.0681, 0.2235, 0.1241, 0.2744, 0.2082, 0.1017, 0.0])
MARGINAL3 = np.array([0.0715, 0.2346, 0.1303, 0.2647, 0.2004, 0.0985, 0.0])
PLAIN3 = np.array([0.1104, 0.3665, 0.2011, 0.1647, 0.0670, 0.0904, 0.0])
SURPLUS3 = 0.0096632
LAST = 6


# --- a small market for both the closed forms and the kernels ----------------------------------------


class Market(NamedTuple):
    """Channels 1.. by their name, host nest, brand nest (-1 = none) and weight on the host's nest."""

    name: tuple[str, ...]
    host: tuple[int, ...]
    seller: tuple[int, ...]
    weight: tuple[float, ...]
    similarity: tuple[float, ...]

    def without(self, channel: int) -> Market:
        """The market in which a channel does not exist."""
        keep = [j for j in range(len(self.name)) if j != channel - 1]
        parts = (tuple(part[j] for j in keep) for part in self[:4])
        return Market(*parts, self.similarity)  # type: ignore[arg-type]

    def with_similarity(self, *similarity: float) -> Market:
        return self._replace(similarity=similarity)


CASE3 = Market(
    name=("bazaar", "depot", "group", "site", "site@bazaar", "site@group"),
    host=(0, 1, 2, -1, 0, 2),
    seller=(-1, -1, -1, 3, 3, 3),
    weight=(1.0, 1.0, 1.0, 0.0, 0.5, 0.5),
    similarity=(0.6, 0.6, 0.6, 0.5),
)
TWO_HOSTS = Market(("left", "right"), (0, 1), (-1, -1), (1.0, 1.0), (0.6, 0.6))


def nesting(market: Market) -> Nesting:
    """Closed-form description; the outside option is alone in nest 0."""
    allocation = np.zeros((len(market.name) + 1, len(market.similarity) + 1))
    allocation[0, 0] = 1.0
    for j, (host, seller, weight) in enumerate(zip(*market[1:4], strict=True), start=1):
        for nest, share in ((host, weight), (seller, 1.0 - weight)):
            if nest >= 0:
                allocation[j, nest + 1] = share
    return Nesting(allocation, np.array([1.0, *market.similarity]))


def channels(market: Market) -> Channels:
    """Tables of the kernels; what only utilities read is zero."""
    a, m = len(market.name), len(market.similarity)
    weight = np.array(market.weight)
    with np.errstate(divide="ignore"):
        log_host, log_brand = (np.maximum(np.log(w), float(NEVER)) for w in (weight, 1.0 - weight))
    days, each = np.zeros((a, 7), f4), np.zeros(a, f4)
    return Channels(
        base=np.zeros((1, a, 7), f4), pull=days, price=days, quantity=days, delivery=np.zeros((a, 1), f4),
        known=np.zeros(a, np.uint64), host=np.array(market.host, np.int32),
        seller=np.array(market.seller, np.int32), foreign=each, large=each, host_taste=each, host_trust=each,
        brand_trust=each, reference_trust=f4(0.0), log_host=log_host.astype(f4),
        log_brand=log_brand.astype(f4), team=np.zeros(a, bool), worth=days, hassle=each,
        similarity=np.array(market.similarity, f4),
        polynomial=np.stack([nests.stable_polynomial(lam) for lam in market.similarity]),
        used=np.isin(np.arange(m), [*market.host, *market.seller]),
    )  # fmt: skip


def shock_keys(market: Market, seed: int = SEED) -> ShockKeys:
    """Keys by name, as in the model: an absent channel changes nobody else's."""
    places = [str(m) for m in range(len(market.similarity))]
    return ShockKeys(
        draws.stream_keys(seed, "shock", names=list(market.name)),
        draws.stream_keys(seed, "nest", names=places),
        draws.stream_key(seed, "nothing"),
    )


@njit
def hashes(first: int, n: int, out: npt.NDArray[np.uint32]) -> None:
    for k in range(n):
        out[k] = draws.person_hash(first + k)


def fill(scratch: Scratch, utility: Floats) -> None:
    """Utilities of a block, shape (alternatives, n); alternative 0 is buying nothing."""
    n = utility.shape[1]
    scratch.outside[:n] = utility[0]
    scratch.utility[:, :n] = utility[1:]


class Outcome(NamedTuple):
    """Alternative chosen (0 = nothing) and its utility, shape (people,)."""

    choice: npt.NDArray[np.int32]
    best: npt.NDArray[np.float32]

    @property
    def people(self) -> int:
        return len(self.choice)

    def shares(self, alternatives: int) -> Floats:
        return np.bincount(self.choice, minlength=alternatives) / self.people


def simulate(market: Market, utility: Floats, people: int = PEOPLE) -> Outcome:
    """Realised choices. `utility` has shape (alternatives,) or (alternatives, people)."""
    tables, keys = channels(market), shock_keys(market)
    scratch = make_scratch(BLOCK, len(market.name), len(market.similarity))
    wide = np.broadcast_to(utility.reshape(utility.shape[0], -1), (utility.shape[0], people))
    out = Outcome(np.empty(people, np.int32), np.empty(people, f4))
    for first in range(0, people, BLOCK):
        stop = min(first + BLOCK, people)
        fill(scratch, wide[:, first:stop])
        hashes(first, stop - first, scratch.person)
        choice.choose(tables, keys, stop - first, scratch)
        out.choice[first:stop] = scratch.choice[: stop - first]
        out.best[first:stop] = scratch.best[: stop - first]
    return Outcome(out.choice - NOTHING, out.best)


def expected(market: Market, utility: Floats) -> tuple[Floats, Floats]:
    """Chances, shape (channels, n), and logsums, shape (n,), of the kernels; utility (alternatives, n)."""
    tables, n = channels(market), utility.shape[1]
    scratch = make_scratch(n, len(market.name), len(market.similarity))
    fill(scratch, utility)
    chances.inclusive_values(tables, n, scratch)
    chance = np.empty((len(market.name), n))
    for j in range(len(market.name)):
        chances.channel_chance(tables, j, n, scratch)
        chance[j] = scratch.chance
    return chance, scratch.logsum.astype(np.float64)


@pytest.fixture(scope="module")
def case3() -> Outcome:
    return simulate(CASE3, V3)


def errors(shares: Floats, truth: Floats, people: int) -> Floats:
    """Deviation from the truth in standard errors."""
    return np.asarray(np.abs(shares - truth) / np.sqrt(truth * (1.0 - truth) / people))


def softmax(utility: Floats) -> Floats:
    weight = np.exp(utility - utility.max())
    return np.asarray(weight / weight.sum())


def marginal_diversion(utility: Floats, nesting: Nesting, channel: int) -> Floats:
    """Share of the sales that `channel` loses at a small price rise that each other channel gains."""
    slope = nests.derivatives(utility, nesting)[:, channel]
    diversion = -slope / slope[channel]
    diversion[channel] = 0.0
    return diversion


def second_choice_diversion(utility: Floats, nesting: Nesting, channel: int) -> Floats:
    """Where the buyers of `channel` go when it is removed, states frozen."""
    before = nests.probabilities(utility, nesting)
    without = utility.copy()
    without[channel] = -np.inf
    return np.asarray(
        (nests.probabilities(without, nesting) - before * (np.arange(len(before)) != channel))
        / before[channel]
    )


# --- closed forms: golden numbers --------------------------------------------------------------------


def test_case_3_shares_and_logsum() -> None:
    """Expected: golden numbers, to the digits given."""
    assert nests.probabilities(V3, nesting(CASE3)) == pytest.approx(SHARES3, abs=1e-6)
    assert nests.logsum(V3, nesting(CASE3)) == pytest.approx(LOGSUM3, abs=1e-6)


def test_case_3_diversion() -> None:
    """Expected: golden numbers; the plain logit would send everyone by shares."""
    assert second_choice_diversion(V3, nesting(CASE3), LAST) == pytest.approx(SECOND3, abs=1e-4)
    assert marginal_diversion(V3, nesting(CASE3), LAST) == pytest.approx(MARGINAL3, abs=1e-4)
    plain = nesting(CASE3.with_similarity(1, 1, 1, 1))
    assert marginal_diversion(V3, plain, LAST) == pytest.approx(PLAIN3, abs=1e-4)


def test_case_3_surplus_is_the_integral_of_demand() -> None:
    """Expected: golden number, and the integral of the demand for 6 over its price by quadrature."""

    def at(price: float) -> Floats:
        return V3 - 3.0 * price * (np.arange(7) == LAST)

    surplus = (nests.logsum(at(0.0), nesting(CASE3)) - nests.logsum(at(1.5), nesting(CASE3))) / 3.0
    demand = quad(lambda p: nests.probabilities(at(p), nesting(CASE3))[LAST], 0.0, 1.5, epsabs=1e-12)[0]
    assert surplus == pytest.approx(demand, abs=1e-10)
    assert surplus == pytest.approx(SURPLUS3, abs=1e-6)


# --- closed forms: properties ------------------------------------------------------------------------


class Case(NamedTuple):
    utility: Floats
    nesting: Nesting


@st.composite
def cases(draw: st.DrawFn, least: float = 0.2, spread: float = 4.0) -> Case:
    """Random memberships (nests may be empty), similarities and utilities."""
    size, width = draw(st.integers(2, 5)), draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 3), min_size=width, max_size=width).filter(any)
    weight = np.array(draw(st.lists(row, min_size=size, max_size=size)), float)
    lam = draw(st.lists(st.floats(least, 1.0), min_size=width, max_size=width))
    utility = draw(st.lists(st.floats(-spread, spread), min_size=size, max_size=size))
    return Case(np.array(utility), Nesting(weight / weight.sum(axis=1, keepdims=True), np.array(lam)))


def slopes(case: Case, step: float = 1e-5) -> tuple[Floats, Floats]:
    """Central differences of the probabilities, (channels, channels), and of the logsum, (channels,)."""
    unit = step * np.eye(len(case.utility))
    p = [[nests.probabilities(case.utility + s * e, case.nesting) for e in unit] for s in (1, -1)]
    total = [[nests.logsum(case.utility + s * e, case.nesting) for e in unit] for s in (1, -1)]
    return (np.array(p[0]) - p[1]).T / (2 * step), (np.array(total[0]) - total[1]) / (2 * step)


@settings(deadline=None, max_examples=60)
@given(cases())
def test_probabilities_and_derivatives(case: Case) -> None:
    """Expected: they add to one; slopes by central differences; dL/dV = P (Williams, Daly, Zachary)."""
    p, slope = nests.probabilities(case.utility, case.nesting), nests.derivatives(case.utility, case.nesting)
    numeric_slope, logsum_slope = slopes(case)
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert (p >= 0.0).all()
    assert slope == pytest.approx(numeric_slope, abs=1e-7)
    assert logsum_slope == pytest.approx(p, abs=1e-7)
    assert slope == pytest.approx(slope.T, abs=1e-12)
    assert slope.sum(axis=0) == pytest.approx(np.zeros(len(p)), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(cases(), st.floats(-700, 700))
def test_only_differences_in_utility_matter(case: Case, shift: float) -> None:
    """Expected: a shift of all utilities moves the logsum by as much and no probability."""
    moved, p = case.utility + shift, nests.probabilities(case.utility, case.nesting)
    assert nests.probabilities(moved, case.nesting) == pytest.approx(p, abs=1e-10)
    raised = nests.logsum(case.utility, case.nesting) + shift
    assert nests.logsum(moved, case.nesting) == pytest.approx(raised, abs=1e-10)


@settings(deadline=None, max_examples=40)
@given(cases(least=0.4, spread=2.0))
def test_diversion_adds_to_one(case: Case) -> None:
    """Expected: who leaves goes somewhere, nobody goes to where she came from."""
    p = nests.probabilities(case.utility, case.nesting)
    assume(p[0] > 1e-6)
    for diversion in (second_choice_diversion, marginal_diversion):
        share = diversion(case.utility, case.nesting, 0)
        assert share[0] == pytest.approx(0.0, abs=1e-9)
        assert share.sum() == pytest.approx(1.0, abs=1e-6)
        assert (share > -1e-6).all()


@settings(deadline=None, max_examples=40)
@given(cases())
def test_without_similarity_it_is_the_plain_logit(case: Case) -> None:
    """Expected: with lam = 1, softmax whatever the nests; logsum ln sum e^V; diversion s_k / (1 - s_j)."""
    plain = Nesting(case.nesting.allocation, np.ones(case.nesting.similarity.shape))
    s = softmax(case.utility)
    assert nests.probabilities(case.utility, plain) == pytest.approx(s, abs=1e-12)
    assert nests.logsum(case.utility, plain) == pytest.approx(np.log(np.exp(case.utility).sum()), abs=1e-12)
    by_share = np.where(np.arange(len(s)) == 0, 0.0, s / (1.0 - s[0]))
    assert second_choice_diversion(case.utility, plain, 0) == pytest.approx(by_share, abs=1e-9)
    assert marginal_diversion(case.utility, plain, 0) == pytest.approx(by_share, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.floats(0.5, 5), st.floats(0.5, 1.5))
def test_elasticities_of_the_plain_logit(utility: list[float], alpha: float, price: float) -> None:
    """Expected: own -alpha p (1 - s), cross alpha p s."""
    plain = Nesting(np.ones((len(utility), 1)), np.ones(1))
    s, slope = softmax(np.array(utility)), nests.derivatives(np.array(utility), plain)
    elasticity = slope[:, 0] * -alpha * price / s
    assert elasticity[0] == pytest.approx(-alpha * price * (1.0 - s[0]), abs=1e-6)
    assert elasticity[1:] == pytest.approx(np.full(len(s) - 1, alpha * price * s[0]), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(cases(), st.data())
def test_members_of_one_nest_each_make_the_nested_logit(case: Case, data: st.DataObject) -> None:
    """Expected: P_j = e^(V_j / lam) / D_m x D_m^lam / sum_l D_l^lam with D_m = sum e^(V / lam)."""
    size, width = case.nesting.allocation.shape
    member = np.array(data.draw(st.lists(st.integers(0, width - 1), min_size=size, max_size=size)))
    lam = case.nesting.similarity
    weight = np.exp(case.utility / lam[member])
    total = np.bincount(member, weight, minlength=width)
    closed = weight / total[member] * (total**lam)[member] / np.sum((total**lam)[total > 0])
    single = Nesting((member[:, None] == np.arange(width)).astype(float), lam)
    assert nests.probabilities(case.utility, single) == pytest.approx(closed, abs=1e-12)


def test_a_missing_channel_has_no_chance_and_changes_nothing_else() -> None:
    """Expected: utility -inf is the market without the channel."""
    absent = np.where(np.arange(7) == LAST, -np.inf, V3)
    p = nests.probabilities(absent, nesting(CASE3))
    assert p[LAST] == 0.0
    fewer, rest = nesting(CASE3.without(LAST)), V3[:LAST]
    assert p[:LAST] == pytest.approx(nests.probabilities(rest, fewer), abs=1e-14)
    assert nests.logsum(absent, nesting(CASE3)) == pytest.approx(nests.logsum(rest, fewer), abs=1e-14)


# --- the shared factor -------------------------------------------------------------------------------


@kernel
def draw_factor(
    key: np.uint64,
    lam: np.float32,
    polynomial: npt.NDArray[np.float32],
    person: npt.NDArray[np.uint32],
    n: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Write ln S_m of the first `n` persons into `out`."""
    if lam == f4(1.0):
        for k in range(n):
            out[k] = f4(0.0)
        return
    nests.stable_factor(lam, polynomial, key, person, n, np.empty(n, np.uint32), np.empty(n, np.float32), out)


def factors(lam: float, n: int, key: np.uint64) -> npt.NDArray[np.float32]:
    person, out = np.empty(n, np.uint32), np.empty(n, f4)
    hashes(0, n, person)
    draw_factor(key, f4(lam), nests.stable_polynomial(lam), person, n, out)
    return out


@pytest.mark.parametrize("lam", [0.1, 0.15, 0.2, 0.35, 0.5, 0.6, 0.8, 0.9, 0.95])
def test_polynomial_of_the_stable_law(lam: float) -> None:
    """Expected: `log_stable` in double precision, on a grid dense at both ends; draws end at 2^-32."""
    ends = np.geomspace(2.0**-32, 1e-4, 500)
    v = np.concatenate([np.linspace(0, 1, 100_001)[1:-1], ends, 1.0 - ends])
    coefficients = nests.stable_polynomial(lam)
    assert coefficients.shape == (DEGREE + 1,)
    value = np.polyval(coefficients.astype(np.float64), 2.0 * v - 1.0) - np.log(v) / lam
    exact = nests.log_stable(lam, np.pi * (1.0 - v), np.ones(v.shape))
    assert np.abs(value - exact).max() < 1e-4


@pytest.mark.parametrize("lam", [0.1, 0.35, 0.6, 0.95])
def test_factor_follows_the_formula_person_by_person(lam: float) -> None:
    """Expected: `log_stable` in double at the angle and exponential of the two words of each draw."""
    key, n = draws.stream_key(SEED, "factor"), 100_000
    words = draws.words(key, 0, np.arange(n))
    u, w = (((word >> np.uint32(1)).astype(np.float64) + 0.5) / 2.0**31 for word in words)
    exact = nests.log_stable(lam, np.pi * u, -np.log1p(-w))
    assert np.abs(factors(lam, n, np.uint64(draws.at_week(key, 0))) - exact).max() < 1e-4


@pytest.mark.parametrize(("lam", "s"), [(0.6, 3.0), (0.6, 0.5), (0.3, 1.0), (0.9, 2.0)])
def test_laplace_transform_of_the_factor(lam: float, s: float) -> None:
    """Expected: E exp(-s S) = exp(-s^lam); .1447 for lam = .6, s = 3. Standard error below 5e-4."""
    factor = factors(lam, 1_000_000, draws.stream_key(SEED, "laplace")).astype(np.float64)
    assert np.exp(-s * np.exp(factor)).mean() == pytest.approx(np.exp(-(s**lam)), abs=1e-3)
    assert np.exp(-(3.0**0.6)) == pytest.approx(0.1447, abs=1e-4)


def test_without_similarity_there_is_no_factor() -> None:
    """Expected: S = 1 for lam = 1, whatever the draw."""
    assert (factors(1.0, 1000, draws.stream_key(SEED, "factor")) == 0.0).all()
    assert (nests.log_stable(1.0, np.array([0.1, 3.0]), np.array([0.2, 5.0])) == 0.0).all()
    assert (nests.stable_polynomial(1.0) == 0.0).all()


# --- draws -------------------------------------------------------------------------------------------


def test_drawn_shares_of_case_3(case3: Outcome) -> None:
    """Expected: the golden shares; seven shares, so 4 standard errors."""
    assert errors(case3.shares(7), SHARES3, case3.people).max() < 4.0


def test_drawn_shares_of_the_plain_logit() -> None:
    """Expected: softmax, even though storefronts are in two nests."""
    plain = simulate(CASE3.with_similarity(1, 1, 1, 1), V3, 200_000)
    assert errors(plain.shares(7), softmax(V3), plain.people).max() < 4.0


def test_drawn_second_choices_of_case_3(case3: Outcome) -> None:
    """Expected: the golden second-choice diversion among the buyers of 6 who lose it."""
    lost = np.where(np.arange(7) == LAST, float(NEVER), V3)
    second = simulate(CASE3, lost).choice[case3.choice == LAST]
    shares = np.bincount(second, minlength=7)[:LAST] / len(second)
    assert errors(shares, SECOND3[:LAST], len(second)).max() < 4.0


@pytest.mark.parametrize("channel", [1, 4, 5, 6])
def test_removing_a_channel_moves_only_its_buyers(case3: Outcome, channel: int) -> None:
    """Expected: exactly nobody else moves, whether it is closed or does not exist at all."""
    mine = case3.choice == channel
    closed = simulate(CASE3, np.where(np.arange(7) == channel, float(NEVER), V3))
    assert mine.any()
    assert np.array_equal(closed.choice[~mine], case3.choice[~mine])
    assert np.array_equal(closed.best[~mine], case3.best[~mine])
    assert (closed.choice[mine] != channel).all()
    assert (closed.best[mine] < case3.best[mine]).all()
    absent = simulate(CASE3.without(channel), np.delete(V3, channel))
    renumbered = np.delete(np.arange(7), channel)[absent.choice]
    assert np.array_equal(renumbered, closed.choice)
    assert np.array_equal(absent.best, closed.best)


def test_expected_maximum_is_logsum_plus_euler(case3: Outcome) -> None:
    """Expected: 2.160356 + .577216 = 2.7376 within 3 standard errors; each choice too, as in any GEV."""
    best = case3.best.astype(np.float64)
    assert abs(best.mean() - LOGSUM3 - EULER) < 3.0 * best.std() / np.sqrt(case3.people)
    for alternative in range(7):
        mine = best[case3.choice == alternative]
        assert abs(mine.mean() - LOGSUM3 - EULER) < 4.0 * mine.std() / np.sqrt(len(mine))


def test_maximum_is_gumbel_around_the_logsum(case3: Outcome) -> None:
    """Expected: P(max < x) = exp(-e^(L - x)), at nine quantiles within 4 standard errors."""
    level = np.arange(0.1, 0.95, 0.1)
    below = np.array([(case3.best < LOGSUM3 - np.log(-np.log(q))).mean() for q in level])
    assert errors(below, level, case3.people).max() < 4.0


def test_zero_noise_takes_the_best() -> None:
    """Expected: with utilities 1e4 apart everyone takes the largest, buying nothing included."""
    n = 20_000
    rank = np.argsort(np.random.default_rng(9).random((7, n)), axis=0)
    outcome = simulate(CASE3, 1e4 * rank, n)
    assert np.array_equal(outcome.choice, rank.argmax(axis=0))
    assert (np.bincount(outcome.choice, minlength=7) > 0).all()


# --- Hotelling ---------------------------------------------------------------------------------------

TRANSPORT, COST, LINE = 0.8, 0.5, 40_000


def left_share(left: float, right: float) -> float:
    """Share of the left shop among people spread evenly over the line between the shops."""
    x = (np.arange(LINE) + 0.5) / LINE
    utility = np.stack([-left - TRANSPORT * x, -right - TRANSPORT * (1.0 - x)])
    everyone = np.vstack([np.full(LINE, float(NEVER)), 1e4 * utility])
    return float((simulate(TWO_HOSTS, everyone, LINE).choice == 1).mean())


@pytest.mark.parametrize(("left", "right"), [(1.0, 1.0), (1.0, 1.3), (1.2, 0.9), (1.0, 1.9)])
def test_hotelling_demand(left: float, right: float) -> None:
    """Expected: x = 1/2 + (p2 - p1) / (2 t), within 0 and 1."""
    x = 0.5 + (right - left) / (2.0 * TRANSPORT)
    assert left_share(left, right) == pytest.approx(min(x, 1.0), abs=1e-3)


def test_hotelling_equilibrium() -> None:
    """Expected: against a rival at c + t, profit (p - c) x has its top at p = c + t: fitted parabola."""
    rival = COST + TRANSPORT
    price = rival + np.linspace(-0.4, 0.4, 17)
    profit = [(p - COST) * left_share(float(p), rival) for p in price]
    curvature, slope, _ = np.polyfit(price, profit, 2)
    assert curvature < 0.0
    assert -slope / (2.0 * curvature) == pytest.approx(COST + TRANSPORT, abs=1e-3)


# --- expected mode -----------------------------------------------------------------------------------


@pytest.mark.parametrize("similarity", [(0.6, 0.6, 0.6, 0.5), (1, 1, 1, 1), (0.1, 0.3, 0.9, 0.2)])
def test_expected_mode_is_the_closed_form(similarity: tuple[float, ...]) -> None:
    """Expected: `nests.probabilities` and `nests.logsum` person by person, to 2e-6."""
    market, n = CASE3.with_similarity(*similarity), 400
    utility = V3[:, None] + np.random.default_rng(3).normal(0.0, 1.0, (7, n))
    utility = utility.astype(f4).astype(np.float64)
    chance, logsum = expected(market, utility)
    closed = np.array([nests.probabilities(v, nesting(market)) for v in utility.T]).T
    assert chance == pytest.approx(closed[1:], abs=2e-6)
    assert logsum == pytest.approx([nests.logsum(v, nesting(market)) for v in utility.T], abs=2e-6)
    assert chance.sum(axis=0) + np.exp(utility[0] - logsum) == pytest.approx(np.ones(n), abs=4e-6)


@pytest.mark.parametrize("shift", [-300.0, 300.0])
def test_expected_mode_bears_large_utilities(shift: float) -> None:
    """Expected: only differences matter; at 300 utils single precision has steps of 3e-5."""
    chance, logsum = expected(CASE3, V3[:, None] + shift)
    assert chance[:, 0] == pytest.approx(SHARES3[1:], abs=1e-4)
    assert logsum[0] == pytest.approx(LOGSUM3 + shift, abs=1e-4)


def test_expected_mode_gives_closed_channels_no_chance() -> None:
    """Expected: 0 for closed channels, the smaller market for the rest, nothing when all are closed."""
    closed = np.where(np.isin(np.arange(7), [2, 4, 6]), float(NEVER), V3)[:, None]
    chance, logsum = expected(CASE3, closed)
    truth = np.where(closed[:, 0] == NEVER, -np.inf, V3)
    assert (chance[[1, 3, 5]] == 0.0).all()
    assert chance[:, 0] == pytest.approx(nests.probabilities(truth, nesting(CASE3))[1:], abs=2e-6)
    assert logsum[0] == pytest.approx(nests.logsum(truth, nesting(CASE3)), abs=2e-6)
    nothing = np.where(np.arange(7) == 0, 0.3, float(NEVER))[:, None]
    chance, logsum = expected(CASE3, nothing)
    assert (chance == 0.0).all()
    assert logsum[0] == pytest.approx(0.3, abs=1e-6)


def test_both_modes_have_the_same_means() -> None:
    """Expected: mean chance = share of choices, within 4 standard errors, for people who differ."""
    n = 100_000
    utility = V3[:, None] + np.random.default_rng(4).normal(0.0, 1.0, (7, n))
    chance = expected(CASE3, utility)[0].mean(axis=1)
    outcome = simulate(CASE3, utility, n)
    assert errors(outcome.shares(7)[1:], chance, n).max() < 4.0
