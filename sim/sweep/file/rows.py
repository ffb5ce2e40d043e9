"""Points that somebody has written down, in the experiment file or in a table beside it, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from sim.scenario.errors import Origin, Problem, ScenarioError, closest, listed, problem, sentence, unknown
from sim.scenario.reading.layers import refusal
from sim.scenario.reading.scalars import scalar
from sim.sweep.factors import Factor, Value
from sim.sweep.file.needs import shown

Row = Mapping[str, Value]
SHOWN = 20
"""Most faults of one table that are told."""


def row_faults(rows: Sequence[Row], factors: Sequence[Factor]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with rows: number of the row, name of the factor (empty = the whole row), message."""
    known = {factor.name: factor for factor in factors}
    every = (found for number, row in enumerate(rows) for found in _row(number, row, known))
    yield from islice(every, SHOWN)


def _row(number: int, row: Row, known: Mapping[str, Factor]) -> Iterator[tuple[int, str, str]]:
    for name, value in row.items():
        if name not in known:
            yield number, name, unknown("factor", name, list(known))
        elif message := refused(known[name], value):
            yield number, name, message
    if row.keys() <= known.keys():
        for name, factor in known.items():
            if name not in row and (message := _left_out(factor)):
                yield number, "", message


def _left_out(factor: Factor) -> str:
    """Say why a row may not leave out a factor; empty if it may."""
    if factor.base is None:
        return sentence(f"leaves out '{factor.name}', which has no single value in the scenario", "its value")
    if refused(factor, factor.base):
        where = f"is none of {_allowed(factor)}" if factor.levels else f"is not {_allowed(factor)}"
        return f"leaves out '{factor.name}', whose value in the scenario, {shown(factor.base)}, {where}"
    return ""


def refused(factor: Factor, value: Value | None) -> str:
    """Say why a factor cannot have a value; empty if it can."""
    if factor.levels:
        same = (
            one for one in factor.levels if one == value and isinstance(one, bool) == isinstance(value, bool)
        )
        if any(True for _ in same):
            return ""
        near = closest(value, map(str, factor.levels)) if isinstance(value, str) else None
        return sentence(_found(value), _allowed(factor), near)
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if numeric and _inside(factor, float(value)):  # type: ignore[arg-type]
        return ""
    return sentence(_found(value), _allowed(factor))


def _inside(factor: Factor, value: float) -> bool:
    low, high = factor.low or 0.0, factor.high or 0.0
    return low <= value <= high and not (factor.whole and value % 1)


def _found(value: Value | None) -> str:
    if value is None:
        return "found nothing"
    return f"found text '{value}'" if isinstance(value, str) else f"found {shown(value)}"


def _allowed(factor: Factor) -> str:
    if factor.levels:
        return listed(map(shown, factor.levels))
    kind = "a whole number" if factor.whole else "a number"
    return f"{kind} from {shown(factor.low)} to {shown(factor.high)}"


# --- tables --------------------------------------------------------------------------------------


def read_table(file: Path, factors: Sequence[Factor], asked: Origin, path: str) -> list[dict[str, Value]]:
    """Rows of a CSV file: a line with the names of factors, then a line a point.

    Args:
        file: the file.
        factors: what varies.
        asked: where the file is named.
        path: dotted path of the key that names it.

    Raises:
        ScenarioError: with everything that is wrong with it.
    """
    lines = _lines(file, asked, path)
    if not lines:
        raise ScenarioError([_at(file, 1, 1, "", sentence("an empty file", "a line with names of factors"))])
    (_, head), *body = lines
    problems = list(_head(file, head, factors))
    if not body:
        problems.append(_at(file, 1, 1, "", sentence("no rows", "a line a point below the names")))
    if problems:
        raise ScenarioError(problems)
    rows = [_values(cells, head, factors) for _, cells in body]
    problems += islice((one for line in body if (one := _length(file, *line, len(head)))), SHOWN)
    for number, name, message in [] if problems else row_faults(rows, factors):
        line, cells = body[number]
        problems.append(_at(file, line, _column(cells, head.index(name)) if name else 1, name, message))
    if problems:
        raise ScenarioError(problems)
    return rows


def _lines(file: Path, asked: Origin, path: str) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except OSError as error:
        raise refusal(asked, _unreadable(file, error), path) from None
    except UnicodeDecodeError as error:
        raise refusal(asked, f"'{file.as_posix()}' is not UTF-8 text (byte {error.start})", path) from None
    except csv.Error as error:
        raise ScenarioError(
            [_at(file, reader.line_num, 1, "", f"not a table with commas: {error}")]
        ) from None


def _unreadable(file: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot read '{file.as_posix()}': {error.strerror}"
    beside = [other.name for other in file.parent.glob("*.csv")] if file.parent.is_dir() else []
    return sentence(f"no such file '{file.as_posix()}'", suggestion=closest(file.name, beside))


def _head(file: Path, head: Sequence[str], factors: Sequence[Factor]) -> Iterator[Problem]:
    """Every column is a factor, each once."""
    known = [factor.name for factor in factors]
    for place, name in enumerate(head):
        column = _column(head, place)
        if name in head[:place]:
            yield _at(file, 1, column, name, f"column '{name}' for the second time")
        elif name not in known and len(head) == 1 and ";" in name:
            yield _at(file, 1, 1, "", sentence("semicolons between the columns", "commas"))
        elif name not in known:
            yield _at(file, 1, column, name, unknown("factor", name, known))


def _length(file: Path, line: int, cells: Sequence[str], columns: int) -> Problem | None:
    if len(cells) == columns:
        return None
    many = "value" if len(cells) == 1 else "values"
    return _at(file, line, 1, "", sentence(f"found {len(cells)} {many}", f"{columns}, one a column"))


def _values(cells: Sequence[str], head: Sequence[str], factors: Sequence[Factor]) -> dict[str, Value]:
    levels = {factor.name: {str(level): level for level in factor.levels} for factor in factors}
    return {
        name: levels[name].get(text, scalar(text))  # type: ignore[misc]  # an empty one is refused later
        for name, text in zip(head, cells, strict=False)
    }


def _column(cells: Sequence[str], place: int) -> int:
    """Where a cell begins, counted from 1, as far as nothing was in quotes or blank."""
    return 1 + sum(len(cell) + 1 for cell in cells[:place])


def _at(file: Path, line: int, column: int, path: str, message: str) -> Problem:
    return problem(Origin(file.as_posix(), line, column), path, message)
