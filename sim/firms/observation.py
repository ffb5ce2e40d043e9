"""What a firm can see: its own sales and customers, its prices, and what platforms publish.

Plain values only: numbers, strings, dates, tuples and mappings. Nothing here leads back to the market
or to a consumer, so no rule of decision can look at what a firm does not know. Counterfactual
quantities are missing on purpose: incremental sales, sales that would have come to the own site anyway,
awareness of people who did not buy, tastes. The analyst reads them in the results; a policy never does.

Weekly series start with the first simulated week, oldest first, and are all of one length. Money is in
the currency of the scenario, customers in people, rates a year where the name says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)
"""Length of a week."""


@dataclass(frozen=True)
class ObservedChannel:
    """One own site or storefront of the brand.

    Attributes:
        name: key in the scenario.
        host: platform, none for an own site.
        opens: first day by the current plan; none with `closes` none and not open: closed.
        closes: last day by the current plan, included.
        is_open: open on the Monday of the coming week, by the current plan.
        sales: what consumers paid, yuan a week.
        orders: orders a week.
        contribution: yuan a week after commission, goods, shipping, returns, payment fee, tax, running
            cost, the week's part of an annual fee and the charge for capital; before set-up, deposit and
            exit.
        open_weeks: open on some day of the week.
        prices: current list price by category, relative to the reference.
    """

    name: str
    host: str | None
    opens: date | None
    closes: date | None
    is_open: bool
    sales: tuple[float, ...]
    orders: tuple[float, ...]
    contribution: tuple[float, ...]
    open_weeks: tuple[bool, ...]
    prices: Mapping[str, float]

    def last_open(self, weeks: int) -> list[int]:
        """Positions of the last open weeks in the series, oldest first; at most `weeks` of them."""
        return [week for week, is_open in enumerate(self.open_weeks) if is_open][-weeks:]


@dataclass(frozen=True)
class ObservedHost:
    """What a platform publishes: buyers of the last year (people) and sales (yuan a week)."""

    name: str
    yearly_buyers: float
    weekly_sales: tuple[float, ...]


@dataclass(frozen=True)
class Observation:
    """What one brand sees on the Monday on which it decides.

    Attributes:
        week: the coming week, counted from the start of the scenario.
        today: its Monday.
        brand: the brand's key.
        channels: its own sites and storefronts by name, closed ones too.
        buyers: people who bought from the brand, a week.
        new_customers: those among them who never had before, a week.
        advertising: the brand's advertising, yuan a week.
        hosts: platforms by name.
        discount_rate: per year.

    Raises:
        ValueError: if weekly series differ in length; the message names one that does.
    """

    week: int
    today: date
    brand: str
    channels: Mapping[str, ObservedChannel]
    buyers: tuple[float, ...]
    new_customers: tuple[float, ...]
    advertising: tuple[float, ...]
    hosts: Mapping[str, ObservedHost]
    discount_rate: float

    def __post_init__(self) -> None:
        """Refuse series that do not lie side by side."""
        for name, length in self._lengths().items():
            if length != len(self.buyers):
                raise ValueError(f"{name} has {length} weeks, but buyers has {len(self.buyers)}")

    def _lengths(self) -> dict[str, int]:
        """Length of every weekly series by name."""
        found = {"new_customers": len(self.new_customers), "advertising": len(self.advertising)}
        for channel in self.channels.values():
            for series in ("sales", "orders", "contribution", "open_weeks"):
                found[f"channels.{channel.name}.{series}"] = len(getattr(channel, series))
        return found | {f"hosts.{h.name}.weekly_sales": len(h.weekly_sales) for h in self.hosts.values()}

    def holds(self, day: date) -> bool:
        """Whether a day lies in the coming week."""
        return self.today <= day < self.today + WEEK
