"""What the table of patterns reads from single consumers: who buys again, who is won, who comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.consumers.population import NEVER_ORDERED

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Weeks = npt.NDArray[np.int16]
YEAR = 52
"""Weeks whose buyers are those of a year, as platforms count them."""


def kept(then: Weeks, later: Weeks, week: int, people: Floats) -> dict[str, float]:
    """Buyers of a year, and those of them who bought again in the next one.

    Args:
        then: week of each consumer's last order at the end of the year, shape (N,).
        later: the same at the end of the next year.
        week: last week of the first year.
        people: people a consumer stands for, shape (N,).
    """
    # Never is a week long before any other, so it lies before the year too.
    bought = then.astype(np.int64) > week - YEAR
    return {"bought": float(people @ bought), "bought again": float(people @ (bought & (later > week)))}


def orders_of(codes: npt.NDArray[np.int16], wanted: npt.NDArray[np.bool_], days: int) -> Ints:
    """Orders by consumer from some channels.

    Args:
        codes: choices by slot and consumer as `sim.consumers.demand.Diary` keeps them: channel and day in one
            number, below zero where nothing was bought.
        wanted: by channel, whether it counts.
        days: days of a week.

    Returns:
        Shape (N,).
    """
    channel = np.where(codes >= 0, codes // days, 0)
    return np.asarray((wanted[channel] & (codes >= 0)).sum(axis=0), np.int64)


@dataclass(frozen=True)
class BrandDiary:
    """What consumers order from a brand, from the week on in which its pop-up opens (in another market).

    Attributes:
        customer: who had ever bought from it before, shape (N,).
        orders: orders from any of its channels, shape (weeks, N).
        hosted: those of them from the pop-up, shape (weeks, N).
        people: people a consumer stands for, shape (N,).
    """

    customer: npt.NDArray[np.bool_]
    orders: Ints
    hosted: Ints
    people: Floats

    @staticmethod
    def of(last_order: Weeks, orders: Ints, hosted: Ints, people: Floats) -> BrandDiary:
        """A diary by the week of each consumer's last order before it."""
        return BrandDiary(last_order != NEVER_ORDERED, orders, hosted, people)


def lifted(without: BrandDiary, with_: BrandDiary, open_: int) -> dict[str, float]:
    """Orders from the brand while the pop-up is open, of people who had bought from it and of others.

    Args:
        without: the brand where there is no pop-up.
        with_: the same people where there is one.
        open_: weeks in which it is open.

    Raises:
        ValueError: if the customers are not the same people in both.
    """
    if not np.array_equal(without.customer, with_.customer):
        raise ValueError("the two markets do not have the same customers: they are not on the same draws")
    groups = {"customers": with_.customer, "prospects": ~with_.customer}
    return {
        f"{name} {way}": float((diary.people * diary.orders[:open_].sum(axis=0)) @ who)
        for name, who in groups.items()
        for way, diary in (("without", without), ("with", with_))
    }


def returned(diary: BrandDiary, open_: int) -> dict[str, float]:
    """People who first bought from the brand at the pop-up, and those of them who bought from it again.

    Again means in a later week, from any of its channels; "returned later" counts only what was bought after
    the pop-up had closed, at normal prices.

    Args:
        diary: the brand.
        open_: weeks in which the pop-up is open.
    """
    bought = diary.orders > 0
    first = bought.argmax(axis=0)
    there = diary.hosted[first, np.arange(len(first))] > 0
    won = ~diary.customer & bought.any(axis=0) & there
    return {
        "won": float(diary.people @ won),
        "returned": float(diary.people @ (won & (bought.sum(axis=0) > 1))),
        "returned later": float(diary.people @ (won & bought[open_:].any(axis=0))),
    }
