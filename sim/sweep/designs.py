"""Designs: at which points of the factors a model is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from types import ModuleType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import qmc

from sim.extras import optional
from sim.sweep.factors import Factor, Value, positions

Floats = npt.NDArray[np.float64]
Kind = Literal["grid", "list", "lhs", "sobol", "saltelli", "morris", "one_at_a_time"]
Row = Mapping[str, Value]
STEPS = 5
"""Values of a range in a one-at-a-time design unless told."""
COUNTED = 10
"""Most values of a whole-number factor that `marginals` counts one by one."""


@dataclass(frozen=True)
class Design:
    """Points of the factors in the order in which they are to be run.

    Attributes:
        points: one row a point: a column a factor with its values, then `block` (text) and `index` (whole
            number), which together name a point. Designs without structure have one block, named after
            their kind.
    """

    points: pd.DataFrame


@dataclass(frozen=True)
class _Asked:
    points: int | None
    trajectories: int | None
    steps: int | None
    seed: int
    second_order: bool
    rows: Sequence[Row] | None


def design(
    kind: Kind, factors: Sequence[Factor], *, points: int | None = None, trajectories: int | None = None,
    steps: int | None = None, seed: int = 0, second_order: bool = False, rows: Sequence[Row] | None = None,
) -> Design:  # fmt: skip
    """Place the points of an experiment.

    Kinds, what each needs, and its blocks:

    - grid (`steps`, unless all factors have levels): every combination; the last factor varies fastest.
    - list (`rows`): the points given, by name; a factor that a row leaves out is at its base.
    - lhs (`points`, `seed`): Latin hypercube (McKay, Beckman and Conover 1979, Technometrics 21(2)), columns
      exchanged to lower the centred discrepancy. The time grows with the points: see the note.
    - sobol (`points`, a power of two, `seed`): scrambled sequence of Sobol'. The first n of 2n points are
      those of n points, so that the design can be extended.
    - saltelli (`points` = N, a power of two, `seed`): N (d + 2) points for Sobol' indices, or N (2d + 2) with
      `second_order` (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018). Blocks "A", "B", "AB:<factor>" (A
      with that factor from B) and "BA:<factor>"; index 0 to N - 1, and all points of an index before those of
      the next, so that doubling N only appends.
    - morris (`trajectories`, `steps` = levels of the grid, even, `seed`): trajectories that move one factor
      at a time (Morris 1991, doi:10.1080/00401706.1991.10484804); the block is the number of the trajectory
      as text, the index the step in it. A factor with levels is read off the middles of as many equal parts
      of the unit interval as the grid has levels.
    - one_at_a_time (`steps`, 5 unless told): block "base" with one point, all factors at their base, then a
      block a factor, named after it, with its values from low to high.

    Note:
        The exchanges of lhs take about 2 s for 1,000 points of 15 factors and 30 s for 10,000.

    Args:
        kind: how points are placed.
        factors: what varies, d of them.
        points: number of points, or N.
        trajectories: number of trajectories.
        steps: values of a range, including both ends.
        seed: seed of what is random.
        second_order: whether a saltelli design is to tell the interactions of pairs.
        rows: the points of a list, values by name of factor.

    Returns:
        The design.

    Raises:
        ValueError: if something asked for is missing, does not belong to the kind or is out of range.
        ModuleNotFoundError: if the kind needs an optional package that is not installed.
    """
    asked = _Asked(points, trajectories, steps, seed, second_order, rows)
    _check(kind, factors, asked)
    return Design(_BUILDERS[kind](factors, asked))


def lhs_with_sets(
    unknowns: Sequence[Factor], parameters: Sequence[Factor], sets: pd.DataFrame, points: int
) -> Design:
    """Place a Latin hypercube over unknowns, parameter sets taking turns at its points.

    Each set meets as many points as any other, up to one.

    Args:
        unknowns: the factors of the hypercube.
        parameters: the factors that the sets give.
        sets: parameter sets, a row a set, a column a factor.
        points: points of the hypercube.
    """
    cube = design("lhs", tuple(unknowns), points=points, seed=1).points
    names = [factor.name for factor in parameters]
    turns = sets[names].iloc[np.arange(points) % len(sets)].reset_index(drop=True)
    own = [factor.name for factor in unknowns]
    return Design(pd.concat([cube[own], turns, cube[["block", "index"]]], axis=1))


def size(
    kind: Kind, factors: Sequence[Factor], *, points: int | None = None, trajectories: int | None = None,
    steps: int | None = None, second_order: bool = False, rows: Sequence[Row] | None = None,
) -> int:  # fmt: skip
    """Number of points of a design, without placing them; the arguments of `design`.

    Raises:
        ValueError: if something asked for is missing or does not belong to the kind.
    """
    asked = _Asked(points, trajectories, steps, 0, second_order, rows)
    _check(kind, factors, asked)
    if kind in ("grid", "one_at_a_time"):
        values = [len(factor.steps(steps or STEPS)) for factor in factors]
        return prod(values) if kind == "grid" else 1 + sum(values)
    if kind == "list":
        return len(rows or ())
    each = {"saltelli": (2 * len(factors) if second_order else len(factors)) + 2, "morris": len(factors) + 1}
    return (points or trajectories or 0) * each.get(kind, 1)


def marginals(design: Design, factors: Sequence[Factor]) -> pd.DataFrame:
    """How often each value or part of the range of a factor occurs: to be looked at before running.

    Args:
        design: the design.
        factors: its factors.

    Returns:
        One row a level of a factor with levels, a value of one with few whole numbers, or a fifth of a range
        (of its logarithm if the scale is log): factor, part (text), count (points).
    """
    rows: list[dict[str, object]] = []
    for factor in factors:
        column = design.points[factor.name]
        counts = _by_value(factor, column) if _values(factor) else _by_fifth(factor, column)
        rows += [dict(factor=factor.name, part=part, count=count) for part, count in counts.items()]
    return pd.DataFrame(rows, columns=["factor", "part", "count"])


def kind_of(points: pd.DataFrame) -> str:
    """The kind of design that points belong to, told by their blocks; "unknown" if they belong to none."""
    blocks = set(points["block"])
    if len(blocks) == 1 and blocks <= set(get_args(Kind)):
        return str(blocks.pop())
    if "base" in blocks:
        return "one_at_a_time"
    if blocks and all(block.isdecimal() for block in blocks):
        return "morris"
    if any(block in ("A", "B") or block.startswith(("AB:", "BA:")) for block in blocks):
        return "saltelli"
    return "unknown"


def salib(part: str) -> ModuleType:
    """A part of SALib, which Morris designs, elementary effects and second-order indices need.

    Raises:
        ModuleNotFoundError: if it is not installed.
    """
    return optional(f"SALib.{part}", "analysis")


def _grid(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    axes = [factor.steps(asked.steps or 0) for factor in factors]
    names = [factor.name for factor in factors]
    return _one_block("grid", pd.DataFrame(dict(zip(names, column, strict=True))
                                           for column in product(*axes)))  # fmt: skip


def _list(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    rows = [_filled(factors, row, f"row {k}") for k, row in enumerate(asked.rows or ())]
    return _one_block("list", pd.DataFrame(rows))


def _lhs(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    rng = np.random.default_rng(asked.seed)
    sampler = qmc.LatinHypercube(len(factors), optimization="random-cd", rng=rng)
    return _one_block("lhs", _at(factors, sampler.random(asked.points or 0)))


def _sobol(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    return _one_block("sobol", _at(factors, _sequence(len(factors), asked)))


def _saltelli(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    d = len(factors)
    A, B = np.split(_sequence(2 * d, asked), 2, axis=1)
    blocks = {"A": A, "B": B} | {f"AB:{f.name}": _swapped(A, B, j) for j, f in enumerate(factors)}
    if asked.second_order:
        blocks |= {f"BA:{f.name}": _swapped(B, A, j) for j, f in enumerate(factors)}
    units = np.stack(list(blocks.values()), axis=1)  # (N, blocks, d): an index after the other
    index = np.repeat(np.arange(len(A)), len(blocks))
    return _at(factors, units.reshape(-1, d)).assign(block=list(blocks) * len(A), index=index)


def _morris(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    d, trajectories, levels = len(factors), asked.trajectories or 0, asked.steps or 0
    problem = {"num_vars": d, "names": [f.name for f in factors], "bounds": [[0.0, 1.0]] * d}
    rng = np.random.default_rng(asked.seed)
    units = salib("sample.morris").sample(problem, trajectories, num_levels=levels, seed=rng)
    places = np.rint(units * (levels - 1))  # sums of fractions may fall just short of a place of the grid
    columns = [
        (places[:, j] + 0.5) / levels if f.levels else places[:, j] / (levels - 1)
        for j, f in enumerate(factors)
    ]
    block = np.repeat(np.arange(trajectories), d + 1).astype(str)
    index = np.tile(np.arange(d + 1), trajectories)
    return _at(factors, np.column_stack(columns)).assign(block=block, index=index)


def _one_at_a_time(factors: Sequence[Factor], asked: _Asked) -> pd.DataFrame:
    base = _filled(factors, {}, "the base case")
    rows = [{**base, "block": "base", "index": 0}]
    for factor in factors:
        values = factor.steps(asked.steps or STEPS)
        rows += [
            {**base, factor.name: value, "block": factor.name, "index": k} for k, value in enumerate(values)
        ]
    return pd.DataFrame(rows)


_BUILDERS: Mapping[str, Callable[[Sequence[Factor], _Asked], pd.DataFrame]] = {
    "grid": _grid, "list": _list, "lhs": _lhs, "sobol": _sobol, "saltelli": _saltelli, "morris": _morris,
    "one_at_a_time": _one_at_a_time,
}  # fmt: skip
_NEEDS: Mapping[str, set[str]] = {
    "grid": {"steps"}, "list": {"rows"}, "lhs": {"points"}, "sobol": {"points"}, "saltelli": {"points"},
    "morris": {"trajectories", "steps"}, "one_at_a_time": set(),
}  # fmt: skip
_TAKES: Mapping[str, set[str]] = {
    **_NEEDS, "saltelli": {"points", "second_order"}, "one_at_a_time": {"steps"},
}  # fmt: skip


def _check(kind: str, factors: Sequence[Factor], asked: _Asked) -> None:
    if kind not in _BUILDERS:
        raise ValueError(f"kind of design: expected one of {', '.join(_BUILDERS)}, found {kind}")
    given = {name for name, value in vars(asked).items() if name != "seed" and value not in (None, False)}
    if extra := sorted(given - _TAKES[kind]):
        raise ValueError(f"a {kind} design takes {_and(sorted(_TAKES[kind]))}, found {_and(extra)} as well")
    needed = set() if kind == "grid" and all(factor.levels for factor in factors) else _NEEDS[kind]
    if missing := sorted(needed - given):
        raise ValueError(f"a {kind} design needs {_and(missing)}")
    _check_names(kind, [factor.name for factor in factors])
    _check_numbers(kind, asked)
    if kind == "morris" and (single := [f.name for f in factors if len(f.levels) == 1]):
        raise ValueError(f"a morris design moves every factor, found one level only of {_and(single)}")


def _check_names(kind: str, names: list[str]) -> None:
    if not names:
        raise ValueError("a design needs at least one factor, found none")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"names of factors are to differ, found more than once: {_and(twice)}")
    taken = {"block", "index"} | ({"base"} if kind == "one_at_a_time" else set())
    if clash := sorted(taken & set(names)):
        raise ValueError(f"a factor cannot be named {_and(clash)}: the table of points uses the name itself")


def _check_numbers(kind: str, asked: _Asked) -> None:
    numbers = {"points": asked.points, "trajectories": asked.trajectories, "steps": asked.steps}
    for name, value in numbers.items():
        if value is not None and value < 2:
            raise ValueError(f"{name}: expected at least 2, found {value}")
    if kind in ("sobol", "saltelli"):
        _check_power_of_two(asked.points or 0)
    if kind == "morris" and (asked.steps or 0) % 2:
        raise ValueError(f"steps: the grid of a morris design has an even number, found {asked.steps}")


def _check_power_of_two(points: int) -> None:
    if points & (points - 1):
        above = 1 << points.bit_length()
        raise ValueError(
            f"points: expected a power of two, found {points}; the nearest are {above // 2} and {above}"
        )


def _filled(factors: Sequence[Factor], row: Row, where: str) -> dict[str, Value]:
    names = [factor.name for factor in factors]
    if unknown := sorted(set(row) - set(names)):
        raise ValueError(f"{where}: no factor is named {_and(unknown)}; there are {_and(names)}")
    if absent := [f.name for f in factors if f.name not in row and f.base is None]:
        raise ValueError(f"{where}: no value of {_and(absent)}, and no base to take instead")
    values = {f.name: row.get(f.name, f.base) for f in factors}
    return {f.name: _allowed(f, values[f.name], where) for f in factors}


def _allowed(factor: Factor, value: Value | None, where: str) -> Value:
    if value is not None and (value in factor.levels if factor.levels else _within(factor, value)):
        return value
    if factor.levels:
        expected = f"one of {_and(map(str, factor.levels))}"
    else:
        expected = f"a{' whole' if factor.whole else ''} number from {factor.low:g} to {factor.high:g}"
    raise ValueError(f"{where}: {factor.name} is {value}, expected {expected}")


def _within(factor: Factor, value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer):
        return False
    inside = (factor.low or 0.0) <= value <= (factor.high or 0.0)
    return inside and not (factor.whole and value % 1)


def _one_block(kind: str, values: pd.DataFrame) -> pd.DataFrame:
    return values.assign(block=kind, index=np.arange(len(values)))


def _at(factors: Sequence[Factor], units: Floats) -> pd.DataFrame:
    return pd.DataFrame({factor.name: factor.at(units[:, j]) for j, factor in enumerate(factors)})


def _sequence(dimensions: int, asked: _Asked) -> Floats:
    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(asked.seed))
    return np.asarray(sequence.random(asked.points or 0), float)


def _swapped(one: Floats, other: Floats, column: int) -> Floats:
    mixed = one.copy()
    mixed[:, column] = other[:, column]
    return mixed


def _values(factor: Factor) -> list[Value]:
    """Values that can be counted one by one, none if there are too many."""
    if factor.levels or not factor.whole:
        return list(factor.levels)
    low, high = int(np.ceil(factor.low or 0.0)), int(np.floor(factor.high or 0.0))
    return list(range(low, high + 1)) if high - low < COUNTED else []


def _by_value(factor: Factor, column: pd.Series) -> dict[str, int]:
    return {str(value): int((column == value).sum()) for value in _values(factor)}


def _by_fifth(factor: Factor, column: pd.Series) -> dict[str, int]:
    place = np.round(positions(factor, column.tolist()) * 5, 9)  # a value on an edge belongs above it
    fifth = np.clip(place.astype(int), 0, 4)
    ends = factor.steps(6)
    return {f"{ends[k]:g} to {ends[k + 1]:g}": int((fifth == k).sum()) for k in range(5)}


def _and(names: Iterable[str]) -> str:
    return ", ".join(names)
