"""Random numbers by name: known answers, order does not matter, and the mixer passes statistics.

The statistical checks are functions of a `Mixer`, so that the same checks are run on mixers that are
bad on purpose: a check that a bad mixer passes would say nothing about the good one. Seeds are fixed,
so each p-value is one number, and a good mixer must have it in [1e-4, 1 - 1e-4]: too even is as
wrong as too uneven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy import stats

from sim import draws

Words = npt.NDArray[np.uint64]
Halves = npt.NDArray[np.uint32]
Ids = npt.NDArray[np.int64]
Mixer = Callable[[np.uint64, int, Ids], Words]
PValues = Iterator[float]

KEY = draws.stream_key(2019, "shock", "imported", "depot")
PEOPLE = np.arange(1 << 16, dtype=np.int64)
WEEKS = np.arange(-200, 1848)
SMALLEST_P = 1e-4
GOLDEN, STEP = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
MASK = (1 << 64) - 1
KNOWN_KEYS = (0xA96A7A1996DB46BA, 0x8811D671C6B9CE33)
KNOWN_BITS = 0x3BE2FD72C6ED4271


# --- mixers ---------------------------------------------------------------------------------------


def multiply_only(key: np.uint64, week: int, consumers: Ids) -> Words:
    """A Weyl sequence: the address is multiplied but never mixed."""
    start = (int(key) + week * STEP) & MASK
    return np.uint64(start) + (consumers.astype(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN)


def one_round(key: np.uint64, week: int, consumers: Ids) -> Words:
    """One shift and one multiplication: bits spread upwards only."""
    x = multiply_only(key, week, consumers)
    return np.asarray((x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9))


def both(key: np.uint64, week: int, consumers: Ids) -> Words:
    """The mixer of the model: both words of a draw, the first one above."""
    first, second = draws.words(key, week, consumers)
    return np.asarray(first.astype(np.uint64) << np.uint64(32) | second)


@njit
def _mixed(x: Words) -> Words:
    out = np.empty(x.shape[0], np.uint64)
    for k in range(x.shape[0]):
        out[k] = draws.mix(x[k])
    return out


def diagonal(key: np.uint64, week: int, consumers: Ids) -> Words:
    """Well mixed, but of week + consumer: the neighbour's draw of this week is mine of the next."""
    start = (int(key) + week * GOLDEN) & MASK
    return np.asarray(_mixed(np.uint64(start) + consumers.astype(np.uint64) * np.uint64(GOLDEN)))


def additive(key: np.uint64, week: int, consumers: Ids) -> Words:
    """Well mixed by week and by consumer, but then only added: four corners cancel."""
    start = int(_mixed(np.array([(int(key) + week * STEP) & MASK], np.uint64))[0])
    return np.asarray(_mixed(consumers.astype(np.uint64) * np.uint64(GOLDEN)) ^ np.uint64(start))


# --- checks ---------------------------------------------------------------------------------------


def halves(bits: Words) -> tuple[Halves, Halves]:
    return (bits >> np.uint64(32)).astype(np.uint32), bits.astype(np.uint32)


def p_even(half: Halves, cells: int = 256) -> float:
    """Chi-square of equal counts in cells of equal width."""
    counts = np.bincount((half.astype(np.uint64) * np.uint64(cells)) >> np.uint64(32), minlength=cells)
    return float(stats.chisquare(counts).pvalue)


def p_uniform(half: Halves) -> float:
    """Kolmogorov-Smirnov."""
    return float(stats.kstest((half + 0.5) / 2.0**32, "uniform", method="asymp").pvalue)


def p_pairs(first: Halves, second: Halves, cells: int = 32) -> float:
    """Serial test: chi-square of pairs on a grid of equal squares."""
    shift = np.uint32(32 - int(np.log2(cells)))
    code = (first >> shift).astype(np.int64) * cells + (second >> shift)
    return float(stats.chisquare(np.bincount(code, minlength=cells * cells)).pvalue)


def p_correlation(first: Halves, second: Halves) -> float:
    """Two-sided p of Pearson's correlation."""
    return float(stats.pearsonr(first.astype(np.float64), second.astype(np.float64)).pvalue)


def p_balanced(bits: Words) -> float:
    """Chi-square on 64 degrees of freedom of how often each bit is set."""
    n = bits.shape[0]
    ones = np.unpackbits(bits.view(np.uint8)).reshape(n, 64).sum(axis=0)
    return float(stats.chi2.sf((((ones - n / 2) ** 2) / (n / 4)).sum(), 64))


def p_related(first: Words, second: Words) -> PValues:
    """All ways in which two draws of the same people could hang together."""
    yield p_balanced(first ^ second)
    for a, b in zip(halves(first), halves(second), strict=True):
        yield p_pairs(a, b)
        yield p_correlation(a, b)


def by_week(mixer: Mixer, consumer: int) -> Words:
    one = np.array([consumer], np.int64)
    return np.concatenate([mixer(KEY, int(week), one) for week in WEEKS])


def check_uniform(mixer: Mixer) -> PValues:
    """One week of many people, and many weeks of one person, by both halves."""
    for bits in (mixer(KEY, 100, PEOPLE), by_week(mixer, 17)):
        yield p_balanced(bits)
        for half in halves(bits):
            yield p_even(half)
            yield p_uniform(half)


def check_neighbours(mixer: Mixer) -> PValues:
    """(consumer, consumer + d) in the same week."""
    bits = mixer(KEY, 100, PEOPLE)
    for distance in (1, 2, 1024):
        yield from p_related(bits[:-distance], bits[distance:])


def check_weeks(mixer: Mixer) -> PValues:
    """(week, week + d) of the same people, before the start too, and along one person's life."""
    for week, later in pairwise((-3, -2, -1, 0, 1, 3, 55)):
        yield from p_related(mixer(KEY, week, PEOPLE), mixer(KEY, later, PEOPLE))
    life = by_week(mixer, 17)
    yield from (p_pairs(a[:-1], a[1:], cells=8) for a in halves(life))


def check_diagonals(mixer: Mixer) -> PValues:
    """(consumer + 1, week) against (consumer, week + 1), and the other diagonal."""
    now, later = mixer(KEY, 5, PEOPLE), mixer(KEY, 6, PEOPLE)
    yield from p_related(now[1:], later[:-1])
    yield from p_related(now[:-1], later[1:])


def check_halves(mixer: Mixer) -> PValues:
    """The two words of one draw."""
    upper, lower = halves(mixer(KEY, 100, PEOPLE))
    yield p_pairs(upper, lower)
    yield p_correlation(upper, lower)
    yield p_balanced((upper ^ lower).astype(np.uint64) * np.uint64(1 + (1 << 32)) ^ mixer(KEY, 101, PEOPLE))


def check_corners(mixer: Mixer) -> PValues:
    """Two people in two weeks: the exclusive or of the four draws is again uniform."""
    now, later = mixer(KEY, 5, PEOPLE), mixer(KEY, 6, PEOPLE)
    corner = now[:-1] ^ now[1:] ^ later[:-1] ^ later[1:]
    yield p_balanced(corner)
    yield from (p_even(half) for half in halves(corner))


def check_avalanche(mixer: Mixer) -> PValues:
    """Flipping one bit of the consumer or the week flips each output bit with probability 1/2."""
    for bit in range(31):
        people = PEOPLE[: 1 << 13]
        people = people[people >> bit & 1 == 0]  # each pair once
        yield p_balanced(mixer(KEY, 0, people) ^ mixer(KEY, 0, people | 1 << bit))
    people = PEOPLE[: 1 << 12]
    for bit in range(12):
        yield p_balanced(mixer(KEY, 0, people) ^ mixer(KEY, 1 << bit, people))


def worst(values: PValues) -> float:
    """Smallest two-sided p-value: too even counts as much as too uneven."""
    return min(min(p, 1.0 - p) for p in values)


CHECKS = [
    check_uniform, check_neighbours, check_weeks, check_diagonals, check_halves, check_corners,
    check_avalanche,
]  # fmt: skip
BAD = [
    *((multiply_only, check) for check in CHECKS),
    (one_round, check_neighbours),
    (one_round, check_avalanche),
    (diagonal, check_diagonals),
    (additive, check_corners),
    (additive, check_weeks),
]


@pytest.mark.parametrize("check", CHECKS)
def test_mixer_passes(check: Callable[[Mixer], PValues]) -> None:
    """Expected: the null distribution of each statistic."""
    assert worst(check(both)) > SMALLEST_P


@pytest.mark.parametrize(("mixer", "check"), BAD)
def test_checks_find_bad_mixers(mixer: Mixer, check: Callable[[Mixer], PValues]) -> None:
    """Expected: by construction of the mixer, see its docstring."""
    assert worst(check(mixer)) < SMALLEST_P / 100


SIBLINGS = [
    (draws.stream_key(1, "shock", "imported", "kaola"), draws.stream_key(1, "shock", "imported", "kaolb")),
    (draws.stream_key(1, "need", "daily", "0"), draws.stream_key(1, "need", "daily", "1")),
    (draws.stream_key(1, "need", "daily", "0"), draws.stream_key(2, "need", "daily", "0")),
    (draws.stream_key(-1, "need", "daily", "0"), draws.stream_key(1, "need", "daily", "0")),
]


@pytest.mark.parametrize(("first", "second"), SIBLINGS)
def test_streams_that_differ_in_a_letter_or_in_the_seed_are_independent(
    first: np.uint64, second: np.uint64
) -> None:
    """Expected: the null distribution of each statistic."""
    a, b = both(first, 7, PEOPLE), both(second, 7, PEOPLE)
    assert worst(p_related(a, b)) > SMALLEST_P


# --- known answers --------------------------------------------------------------------------------


WORD = (1 << 32) - 1


def fold(x: int, by: int) -> int:
    return x ^ (x >> by)


def address(consumer: int) -> int:
    """The address of a consumer in Python's integers."""
    x = (consumer + 1) * 0x9E3779B9 & WORD
    return fold(fold(fold(x, 16) * 0x7FEB352D & WORD, 15) * 0x846CA68B & WORD, 16)


def in_python(key: int, week: int, consumer: int) -> int:
    """The same address in Python's integers."""
    x = (key + week * STEP) & MASK
    x = (fold(x, 30) * 0xBF58476D1CE4E5B9) & MASK
    x = fold((fold(x, 27) * 0x94D049BB133111EB) & MASK, 31)
    person, low, high = address(consumer), x & WORD, x >> 32
    first = fold(person ^ low, 16) * 0x7FEB352D & WORD
    second = fold(person ^ high, 15) * 0x21F0AAAD & WORD
    first = fold(fold(first ^ high, 15) * 0x846CA68B & WORD, 16)
    return first << 32 | fold(fold(second ^ low, 15) * 0x735A2D97 & WORD, 15)


def test_mix_is_splitmix64() -> None:
    """Expected: the widely published first outputs of SplitMix64 with seed 1234567."""
    published = [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ]  # fmt: skip
    states = np.array([(1234567 + k * GOLDEN) & MASK for k in range(1, 6)], np.uint64)
    assert _mixed(states).tolist() == published


def test_mix_is_a_bijection() -> None:
    """Expected: the inverse of each step brings the word back (inverse multipliers modulo 2^64)."""

    def unshift(x: int, by: int) -> int:
        y = x
        for _ in range(64 // by):
            y = x ^ (y >> by)
        return y

    words = [0, 1, MASK, 1 << 63, *range(0, MASK, MASK // 97)]
    for word, mixed in zip(words, _mixed(np.array(words, np.uint64)).tolist(), strict=True):
        x = unshift(mixed, 31) * pow(0x94D049BB133111EB, -1, 1 << 64) & MASK
        x = unshift(x, 27) * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & MASK
        assert unshift(x, 30) == word


def unfold(x: int, by: int) -> int:
    """The word that `fold` makes this one of."""
    y = x
    for _ in range(32 // by):
        y = x ^ (y >> by)
    return y


@settings(deadline=None, max_examples=200)
@given(st.integers(0, MASK), st.integers(0, WORD - 1))
def test_words_of_a_week_are_bijections_of_the_address(key: int, consumer: int) -> None:
    """Expected: the inverse of each step brings the consumer back (inverse multipliers modulo 2^32)."""

    def undo(x: int, steps: tuple[tuple[int, int, int], ...], last: int) -> int:
        x = unfold(x, last)
        for factor, by, half in steps:
            x = unfold(x * pow(factor, -1, 1 << 32) & WORD, by) ^ half
        return x

    word = in_python(key, 0, consumer)
    x = fold(fold(fold(key, 30) * 0xBF58476D1CE4E5B9 & MASK, 27) * 0x94D049BB133111EB & MASK, 31)
    low, high = x & WORD, x >> 32
    by_first = undo(word >> 32, ((0x846CA68B, 15, high), (0x7FEB352D, 16, low)), 16)
    by_second = undo(word & WORD, ((0x735A2D97, 15, low), (0x21F0AAAD, 15, high)), 15)
    person = undo(by_first, ((0x846CA68B, 15, 0), (0x7FEB352D, 16, 0)), 16)
    assert by_first == by_second == address(consumer)
    assert (person * pow(0x9E3779B9, -1, 1 << 32) - 1) & WORD == consumer


def test_stream_keys_are_digests_of_seed_and_names() -> None:
    """Expected: BLAKE2b of the parts joined by a separator, and two numbers written down once."""
    text = "42\x1fshock\x1fimported\x1fkaola"
    digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
    assert int(draws.stream_key(42, "shock", "imported", "kaola")) == digest
    assert int(draws.stream_key(0, "trait", "income")) == KNOWN_KEYS[0]
    assert int(draws.stream_key(-7, "价格")) == KNOWN_KEYS[1]


def test_bits_have_known_answers() -> None:
    """Expected: the definition in Python's integers; one word written down once."""
    key = draws.stream_key(1, "known")
    for week, consumer in [(0, 0), (1, 0), (0, 1), (-1, 5), (-3000, 2**31 - 1), (2600, 49_999_999)]:
        bits = both(key, week, np.array([consumer], np.int64))
        assert int(bits[0]) == in_python(int(key), week, consumer)
    assert int(both(key, 3, np.array([17], np.int64))[0]) == KNOWN_BITS


def test_stream_keys_of_several_names() -> None:
    """Expected: one by one; no names give no keys."""
    several = draws.stream_keys(3, "taste", names=["a", "b"])
    assert several.tolist() == [int(draws.stream_key(3, "taste", name)) for name in "ab"]
    assert several.dtype == np.uint64
    assert draws.stream_keys(3, "taste", names=[]).shape == (0,)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(), st.lists(st.text("ab0", max_size=3), max_size=3)), max_size=8))
def test_different_names_give_different_keys(addresses: list[tuple[int, list[str]]]) -> None:
    """Expected: the separator keeps ("ab", "c") and ("a", "bc") apart; collisions have chance 2^-64."""
    different = {(seed, *names) for seed, names in addresses}
    assert len({int(draws.stream_key(seed, *names)) for seed, names in addresses}) == len(different)


# --- addresses, not sequences ---------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=50),
    st.integers(-5000, 5000),
    st.randoms(use_true_random=False),
)
def test_any_order_and_subset_gives_the_same_draws(ids: list[int], week: int, random: object) -> None:
    """Expected: a draw is a function of its address."""
    together = dict(zip(ids, both(KEY, week, np.array(ids)).tolist(), strict=True))
    shuffled = list(ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    part = shuffled[: len(ids) // 2 + 1]
    both(KEY, week + 1, np.array(ids))
    assert both(KEY, week, np.array(part)).tolist() == [together[k] for k in part]


def test_no_two_addresses_share_a_draw() -> None:
    """Expected: two of the 2^20 words agree with chance 3e-8."""
    words = np.concatenate([both(KEY, week, PEOPLE) for week in range(-8, 8)])
    assert np.unique(words).size == words.size


def test_uniforms_and_normals_have_their_laws() -> None:
    """Expected: Kolmogorov-Smirnov against the uniform and the normal law; both use the first word."""
    u, z = draws.uniforms(KEY, 11, PEOPLE), draws.normals(KEY, 11, PEOPLE)
    assert u.dtype == z.dtype == np.float32
    assert stats.kstest(u, "uniform").pvalue > SMALLEST_P
    assert stats.kstest(z, "norm").pvalue > SMALLEST_P
    assert np.abs(stats.norm.cdf(z.astype(np.float64)) - u).max() < 1e-6
