"""The elementary functions keep the errors that they state, against double precision.

Expected values come from NumPy and SciPy in double precision at exactly the float32 (or 32-bit
integer) that the function was given, so that what is measured is the error of the function alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from numba import njit
from scipy.special import ndtri

from sim import numeric

f4 = np.float32
F4 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint32]

RELATIVE = 3e-7
"""Relative error stated for log, exp and exponential."""
NORMAL_ERRORS = [(5.4, 2e-6), (5.6, 2e-5), (6.0, 4e-4), (6.24, 2e-3)]
"""Absolute error of normal inside so many standard deviations; Giles fitted it to 1 - x^2 > 2^-24."""
MAX_FINITE, MIN_NORMAL = 0x7F7FFFFF, 0x00800000


@njit
def log_of(x: F4, out: F4) -> None:
    for k in range(x.shape[0]):
        out[k] = numeric.log(x[k])


@njit
def exp_of(x: F4, out: F4) -> None:
    for k in range(x.shape[0]):
        out[k] = numeric.exp(x[k])


@njit
def uniform_of(bits: Words, out: F4) -> None:
    for k in range(bits.shape[0]):
        out[k] = numeric.uniform(bits[k])


@njit
def upper_of(bits: Words, out: F4) -> None:
    for k in range(bits.shape[0]):
        out[k] = numeric.upper_uniform(bits[k])


@njit
def exponential_of(bits: Words, out: F4) -> None:
    for k in range(bits.shape[0]):
        out[k] = numeric.exponential(bits[k])


@njit
def gumbel_of(bits: Words, out: F4) -> None:
    for k in range(bits.shape[0]):
        out[k] = -numeric.log(numeric.exponential(bits[k]))


@njit
def normal_of(bits: Words, out: F4) -> None:
    for k in range(bits.shape[0]):
        out[k] = numeric.normal(bits[k])


def apply(function: Callable[..., None], x: F4 | Words) -> Floats:
    """Values of one of the loops above, in double precision."""
    out = np.empty(x.shape[0], f4)
    function(x, out)
    return out.astype(np.float64)


@cache
def every_scale() -> F4:
    """Positive normal float32 of all exponents: a stride through all bit patterns, and those around one."""
    stride = np.arange(MIN_NORMAL, MAX_FINITE, 1021, dtype=np.int64)
    one = 0x3F800000 + np.arange(-50_000, 50_001)
    root = 0x3F3504F3 + np.arange(-1000, 1001)
    ends = np.array([MIN_NORMAL, MAX_FINITE])
    return np.concatenate([stride, one, root, ends]).astype(np.uint32).view(f4)


@cache
def every_word() -> Words:
    """32-bit words: both ends completely, both sides of each power of two, and a stride between."""
    low = np.arange(1 << 16)
    powers = (1 << np.arange(1, 32))[:, None] + np.arange(-40, 41)
    stride = np.arange(0, 1 << 32, 4093)
    words = np.concatenate([low, (1 << 32) - 1 - low, powers.ravel(), (1 << 32) - powers.ravel(), stride])
    return np.unique(words[(words >= 0) & (words < 1 << 32)]).astype(np.uint32)


def middle(bits: Words) -> tuple[Floats, Floats]:
    """The middle of the cell of each word and one minus it, both without rounding; a cell has two words."""
    cell = (bits >> np.uint32(1)).astype(np.int64)
    return (cell + 0.5) / 2.0**31, ((1 << 31) - 1 - cell + 0.5) / 2.0**31


def exact_exponential(bits: Words) -> Floats:
    """-ln(1 - u), by log1p below one half and by the logarithm of 1 - u above."""
    u, upper = middle(bits)
    return np.where(u < 0.5, -np.log1p(-np.minimum(u, 0.5)), -np.log(upper))


def exact_normal(bits: Words) -> Floats:
    u, upper = middle(bits)
    return np.where(u < 0.5, ndtri(u), -ndtri(upper))


def relative_error(value: Floats, exact: Floats) -> float:
    return float(np.max(np.abs(value - exact) / np.abs(exact)))


def test_log_on_all_normal_numbers() -> None:
    """Expected: numpy.log in double; the point 1, where the logarithm is 0, must be exact."""
    x = every_scale()
    x = x[x != 1]
    assert relative_error(apply(log_of, x), np.log(x.astype(np.float64))) < RELATIVE
    assert apply(log_of, np.ones(1, f4))[0] == 0.0


def test_exp_on_its_range() -> None:
    """Expected: numpy.exp in double, from -87 to 88, and densely around 0 where differences are small."""
    wide = np.linspace(-87.0, 88.0, 2_000_001).astype(f4)[1:]
    near = np.concatenate([-np.logspace(-30, 0, 10_000), np.logspace(-30, 0, 10_000)]).astype(f4)
    x = np.concatenate([wide, near])
    assert relative_error(apply(exp_of, x), np.exp(x.astype(np.float64))) < RELATIVE


def test_exp_outside_its_range() -> None:
    """Expected: the docstring; 0 from -87 down, the value at 88 from 88 up."""
    low = np.array([-87.0, -87.00001, -88.0, -1e3, -1e30, -np.inf, numeric.NEVER], f4)
    assert (apply(exp_of, low) == 0.0).all()
    assert apply(exp_of, np.array([-86.9999], f4))[0] > 0.0
    high = apply(exp_of, np.array([88.0, 88.1, 1e3, 1e30, np.inf], f4))
    assert (high == high[0]).all()
    assert np.isfinite(high).all()


def test_exp_undoes_log() -> None:
    """Expected: the identity, within the two errors: an error of ln x of 3e-7 |ln x| is one of x."""
    x = np.logspace(-37, 37, 100_001).astype(f4)
    back = apply(exp_of, apply(log_of, x).astype(f4))
    allowed = RELATIVE * (1.0 + np.abs(np.log(x.astype(np.float64)))) + 1e-7
    assert (np.abs(back / x - 1.0) < allowed).all()


def test_uniforms_keep_resolution_at_their_small_end() -> None:
    """Expected: the middle of the cell and one minus it, each rounded once or twice to 24 bits."""
    bits = every_word()
    u, upper = middle(bits)
    assert relative_error(apply(uniform_of, bits), u) < 1.3e-7
    assert relative_error(apply(upper_of, bits), upper) < 1.3e-7
    assert (apply(uniform_of, bits) > 0.0).all()
    assert (apply(upper_of, bits) > 0.0).all()


def test_exponential_keeps_its_relative_error_for_rare_events() -> None:
    """Expected: -ln(1 - u) in double; the smallest value is 2^-32, the largest 32 ln 2."""
    bits = every_word()
    value = apply(exponential_of, bits)
    assert relative_error(value, exact_exponential(bits)) < RELATIVE
    assert value.min() == pytest.approx(2.0**-32, rel=1e-6)
    assert value.max() == pytest.approx(32.0 * np.log(2.0), rel=1e-6)


def test_gumbel() -> None:
    """As the kernel composes it; a relative error of E is an absolute one of ln E."""
    bits = every_word()
    value, exact = apply(gumbel_of, bits), -np.log(exact_exponential(bits))
    assert (np.abs(value - exact) < RELATIVE * (1.0 + np.abs(exact))).all()


@pytest.mark.parametrize(("limit", "error"), NORMAL_ERRORS)
def test_normal(limit: float, error: float) -> None:
    """Expected: scipy.special.ndtri in double; all words lie within 6.24 standard deviations."""
    bits = every_word()
    value, exact = apply(normal_of, bits), exact_normal(bits)
    inside = np.abs(exact) <= limit
    assert np.abs(value - exact)[inside].max() < error


@njit
def _larger(a: F4, b: F4) -> None:
    for k in range(a.shape[0]):
        a[k] = numeric.larger(a[k], b[k])


def test_larger_is_the_maximum() -> None:
    """Expected: numpy.maximum, infinities and what is not available included."""
    a = np.array([1, -1, 0, numeric.NEVER, -np.inf, np.inf, 3, 2.5, 1e-38], f4)
    b = np.array([-1, 1, 0, 0, numeric.NEVER, 0, 3, -2.5, 1e-37], f4)
    expected = np.maximum(a, b)
    _larger(a, b)
    assert np.array_equal(a, expected)


def test_larger_is_not_stored_under_a_mask() -> None:
    """Expected: the reason why it exists; machine code of x86 names such stores."""
    _larger(np.zeros(16, f4), np.zeros(16, f4))
    assert all("maskmov" not in code for code in _larger.inspect_asm().values())


def test_normal_is_odd() -> None:
    """Expected: symmetry; the word and its complement give opposite numbers."""
    bits = every_word()
    assert np.array_equal(apply(normal_of, ~bits), -apply(normal_of, bits))


@pytest.mark.parametrize("function", [exponential_of, uniform_of])
def test_draws_rise_with_the_word(function: Callable[..., None]) -> None:
    """Expected: inversion is monotone, but for the rounding of neighbours."""
    value = apply(function, np.arange(0, 1 << 32, 65_521, dtype=np.int64).astype(np.uint32))
    assert (np.diff(value) > 0.0).all()
