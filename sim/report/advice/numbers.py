"""Words and numbers of an answer's page: names, money in millions, shares, rates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from sim.decisions.schema import QuestionFile
from sim.pictures.style import per_cent, plain
from sim.report.document import Picture

Tables = Mapping[str, pd.DataFrame]
Row = dict[str, Any]
STAY_OUT = "stay_out"
PEOPLE = ("Nash", "Dixit")
"""People after whom rates and rules are named."""


@dataclass(frozen=True)
class Words:
    """What sentences need beside the tables.

    Attributes:
        spec: the question file.
        entrant: the brand in words.
        hosts: platforms in words.
        currency: name of the money.
        decided: day of the decision, to which values are discounted.
        ends: last day that is simulated before the run-off.
        run_off: weeks after it that count for values.
    """

    spec: QuestionFile
    entrant: str
    hosts: Mapping[str, str]
    currency: str
    decided: date
    ends: date
    run_off: int

    def title(self, option: str) -> str:
        """An option in words."""
        return self.spec.stay_out if option == STAY_OUT else self.spec.options[option].title

    def inside(self, title: str) -> str:
        """A title inside a sentence: with a small first letter, unless it begins with a name."""
        names = (name.split()[0] for name in (self.entrant, *self.hosts.values(), *PEOPLE))
        return title if title.startswith(tuple(names)) else lower(title)


def rows_of(table: pd.DataFrame) -> list[Row]:
    """Rows as mappings."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def m(value: float, sign: bool = False) -> str:
    """Money in millions."""
    return "" if value != value else plain(value / 1e6, sign=sign)


def between(low: float, high: float) -> str:
    """An interval of money in millions."""
    return "" if low != low else f"{m(low)} to {m(high)}"


def rate(value: float) -> str:
    """A commission in per cent with one digit."""
    said = f"{100 * value:.1f}"
    return "none" if value != value else f"{minus('0.0' if said == '-0.0' else said)} %"


def rates(low: float, high: float) -> str:
    """An interval of commissions, or nothing."""
    return "" if low != low else f"{rate(low)} to {rate(high)}"


def figure(value: float) -> str:
    """A number of three digits in its own unit, never in scientific notation."""
    return minus(np.format_float_positional(value, 3, unique=False, fractional=False, trim="-"))


def minus(said: str) -> str:
    """Words in which negative numbers have a true minus sign; hyphens in words and dates stay."""
    return re.sub(r"(?<![\w.,-])-(?=[\d.])", "−", said)


def digits(said: str) -> str:
    """Words in which numbers with many digits are rounded to three."""
    return minus(re.sub(r"-?\d+\.\d{3,}(?:e[+-]?\d+)?", lambda found: figure(float(found[0])), said))


def lower(title: str) -> str:
    """A title inside a sentence."""
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title


def picture(pictures: Mapping[str, str], name: str, alt: str) -> Iterator[Picture]:
    """A picture if it was drawn."""
    if name in pictures:
        yield Picture(name, alt, pictures[name])


def one(table: pd.DataFrame, **keys: object) -> Row:
    """The first row with some values."""
    chosen = table
    for key, value in keys.items():
        chosen = chosen[chosen[key] == value]
    return rows_of(chosen.head(1))[0]


def top(table: pd.DataFrame, column: str) -> Row:
    """The row with the highest value in a column."""
    return max(rows_of(table), key=lambda row: float(row[column]))


def share(value: float) -> str:
    """A share, or nothing."""
    return "" if value != value else minus(per_cent(0.0 if -0.005 <= value < 0.0 else value))


def text(value: object) -> str:
    """Words, or nothing."""
    return value if isinstance(value, str) else ""
