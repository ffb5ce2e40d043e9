"""Elementary functions in single precision, written so that the compiler vectorises them.

The library functions of a processor differ in the last bit from machine to machine and are not
vectorised by Numba. These polynomials use only additions and multiplications in a fixed order, so a
run gives the same bits everywhere. Errors are stated here and tested in ``tests/test_numeric.py``;
they lie far below Monte Carlo error.

Sources: logarithm and exponential, Cephes ``logf``/``expf`` (Moshier 1989); normal quantile,
Giles (2010), "Approximating the erfinv function", GPU Computing Gems 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

f4 = np.float32
NEVER = f4(-1e30)
"""Utility of what is not available: finite, so that differences stay defined."""

_ONE, _HALF, _ZERO, _TWO = f4(1.0), f4(0.5), f4(0.0), f4(2.0)
_LN2 = f4(0.6931471805599453)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(23)
_BIAS = np.int32(127)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    f4(c)
    for c in (
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    )
)  # fmt: skip
_E0, _E1, _E2, _E3, _E4, _E5 = (
    f4(c) for c in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5)
)
_LOG2E, _LN2_HIGH, _LN2_LOW = f4(1.44269504088896341), f4(0.693359375), f4(-2.12194440e-4)
_EXP_LOW, _EXP_HIGH = f4(-87.0), f4(88.0)
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = (
    f4(c)
    for c in (
        2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
        -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
    )
)  # fmt: skip
_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8 = (
    f4(c)
    for c in (
        -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
        -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
    )
)  # fmt: skip
_SQRT2 = f4(1.4142135623730951)
_W_CENTRE, _W_TAIL, _FIVE = f4(2.5), f4(3.0), f4(5.0)
_SCALE31 = f4(2.0**-31)
_LARGEST = np.int32(0x7FFFFFFF)


@intrinsic
def _as_int(typing_context: Any, x: Any) -> Any:
    """Bits of a float32 as an int32."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
def _as_float(typing_context: Any, x: Any) -> Any:
    """The float32 with the bits of an int32."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def larger(typing_context: Any, a: Any, b: Any) -> Any:
    """The larger of two float32, none of which is nan.

    Use it instead of `max` where a loop writes the result over one of the two. Compilers turn that into
    stores under a mask, which cost ten times as much on processors without AVX-512.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        single = ir.FloatType()
        kind = ir.FunctionType(single, [single, single])
        maximum = builder.module.declare_intrinsic("llvm.maxnum", [single], kind)
        return builder.call(maximum, args, fastmath=("nnan",))

    return types.float32(types.float32, types.float32), generate


@njit(inline="always")
def _log_series(r: f4, exponent: f4) -> f4:
    """ln((1 + r) 2^exponent) for sqrt(1/2) <= 1 + r < sqrt(2)."""
    z = r * r
    y = (((((((_L0 * r + _L1) * r + _L2) * r + _L3) * r + _L4) * r + _L5) * r + _L6) * r + _L7) * r + _L8
    return r + (y * r * z - _HALF * z) + exponent * _LN2


@njit(inline="always")
def _exponent(bits: np.int32) -> np.int32:
    """Exponent that leaves the mantissa in [sqrt(1/2), sqrt(2)). Kept in 32 bits: numba widens by itself."""
    return np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA)


@njit(inline="always")
def _mantissa(bits: np.int32, exponent: np.int32) -> f4:
    """The number without its exponent."""
    return _as_float(np.int32(bits - np.int32(exponent << _MANTISSA)))


@njit(inline="always")
def log(x: f4) -> f4:
    """Natural logarithm of a positive normal float32; relative error below 3e-7."""
    bits = _as_int(x)
    exponent = _exponent(bits)
    return _log_series(_mantissa(bits, exponent) - _ONE, f4(exponent))


@njit(inline="always")
def exp(x: f4) -> f4:
    """Exponential, 0 below -87 and clamped above 88; relative error below 3e-7."""
    y = min(max(x, _EXP_LOW), _EXP_HIGH)
    shifted = y * _LOG2E
    whole = np.int32(shifted + _HALF) if shifted >= _ZERO else np.int32(shifted - _HALF)
    n = f4(whole)
    r = (y - n * _LN2_HIGH) - n * _LN2_LOW
    p = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    power = (p * r * r + r + _ONE) * _as_float(np.int32(np.int32(whole + _BIAS) << _MANTISSA))
    return power if x > _EXP_LOW else _ZERO


@njit(inline="always")
def _whole(bits: np.uint32) -> np.int32:
    """Upper 31 bits. Signed, as AVX2 has no conversion from unsigned integers to floats."""
    return np.int32(bits >> np.uint32(1))


@njit(inline="always")
def uniform(bits: np.uint32) -> f4:
    """Uniform on (0, 1], relative resolution kept near 0 (the last 128 of 2^32 words give 1)."""
    return (f4(_whole(bits)) + _HALF) * _SCALE31


@njit(inline="always")
def upper_uniform(bits: np.uint32) -> f4:
    """One minus `uniform(bits)`, relative resolution kept near 0."""
    return (f4(np.int32(_LARGEST - _whole(bits))) + _HALF) * _SCALE31


@njit(inline="always")
def exponential(bits: np.uint32) -> f4:
    """Standard exponential -ln(1 - u); exact to relative 3e-7 also for tiny values (rare events)."""
    v = uniform(bits)
    upper = upper_uniform(bits)
    x = _as_int(upper)
    exponent = _exponent(x)
    r = -v if exponent == np.int32(0) else _mantissa(x, exponent) - _ONE
    return -_log_series(r, f4(exponent))


@njit(inline="always")
def normal(bits: np.uint32) -> f4:
    """Standard normal by inversion (Giles 2010); absolute error below 2e-6 to 5.4 s.d., 4e-4 to 6."""
    v, upper = uniform(bits), upper_uniform(bits)
    x = v - upper
    w = -log(f4(4.0) * v * upper)
    c = w - _W_CENTRE
    centre = (((((((_C0 * c + _C1) * c + _C2) * c + _C3) * c + _C4) * c + _C5) * c + _C6) * c + _C7) * c + _C8
    t = np.sqrt(max(w, _FIVE)) - _W_TAIL
    tail = (((((((_T0 * t + _T1) * t + _T2) * t + _T3) * t + _T4) * t + _T5) * t + _T6) * t + _T7) * t + _T8
    return _SQRT2 * x * (centre if w < _FIVE else tail)
