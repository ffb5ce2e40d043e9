"""Checks of days: the horizon, windows, promotions, dated values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sim.scenario.errors import Finding, Findings, sentence
from sim.scenario.schema import Scenario, Storefront

MONDAY, SUNDAY = 0, 6


class Span(NamedTuple):
    """Days from first to last, both included; an end that is not given is the end of time."""

    first: date
    last: date

    @property
    def empty(self) -> bool:
        """Whether it ends before it starts."""
        return self.last < self.first

    def __str__(self) -> str:
        """Write the span in words."""
        first = "" if self.first == date.min else str(self.first)
        last = "" if self.last == date.max else str(self.last)
        return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}"


def opening(store: Storefront) -> Span:
    """Return the days on which a storefront may sell: its dates, any day if a policy opens it."""
    return Span(store.open.from_ or date.min, store.open.to or date.max)


def horizon(s: Scenario) -> Findings:
    """Weeks run from Monday to Sunday."""
    if s.time.start.weekday() != MONDAY:
        yield Finding("time.start", f"{s.time.start} is a {s.time.start:%A}, expected a Monday")
    if s.time.end <= s.time.start:
        yield Finding("time.end", f"{s.time.end} ends before the start, expected a day after {s.time.start}")
    elif s.time.end.weekday() != SUNDAY:
        yield Finding("time.end", f"{s.time.end} is a {s.time.end:%A}, expected a Sunday")


def first_week(s: Scenario) -> Findings:
    """A scenario that starts from a state of another begins with a week, after the start of both."""
    if s.start_from is None:
        return
    path, day = "start_from.on", s.start_from.on
    if day.weekday() != MONDAY:
        yield Finding(path, f"{day} is a {day:%A}, expected a Monday")
    elif s.time.start < s.time.end and not s.time.start < day <= s.time.end:
        expected = f"a Monday after {s.time.start} and before {s.time.end}"
        yield Finding(path, sentence(f"{day} leaves no week before it or none after it", expected))


def window_order(s: Scenario) -> Findings:
    """Storefront windows, promotions, events and rounds of subsidies run forwards."""
    for path, span in windows(s):
        if span.empty:
            message = f"{span.last} is before {span.first}, expected a day on or after it"
            yield Finding(f"{path}.to", message)


def windows(s: Scenario) -> Iterator[tuple[str, Span]]:
    """Yield all windows with their paths."""
    for name, store in s.storefronts.items():
        yield f"storefronts.{name}.open", opening(store)
        yield from promotions(name, store)
    for name, event in s.events.items():
        yield from ((f"events.{name}.days.{key}", Span(w.from_, w.to)) for key, w in event.days.items())
    for name, subsidy in s.subsidies.items():
        rounds = subsidy.rounds.items()
        yield from ((f"subsidies.{name}.rounds.{key}", Span(w.from_, w.to)) for key, w in rounds)


def promotions(name: str, store: Storefront) -> Iterator[tuple[str, Span]]:
    """Yield the promotions of a storefront with their paths."""
    for category, price in store.price.items():
        for key, promotion in price.promotions.items():
            path = f"storefronts.{name}.price.{category}.promotions.{key}"
            yield path, Span(promotion.from_, promotion.to)


def inside_horizon(s: Scenario) -> Findings:
    """A storefront that opens or closes does so within the horizon."""
    whole = Span(s.time.start, s.time.end)
    for name, store in s.storefronts.items():
        yield from inside(f"storefronts.{name}.open", opening(store), whole, "the horizon")


def promotions_inside_window(s: Scenario) -> Findings:
    """A storefront can promote only while it is open."""
    for name, store in s.storefronts.items():
        for path, span in promotions(name, store):
            yield from inside(path, span, opening(store), f"the window of '{name}'")


def inside(path: str, span: Span, whole: Span, name: str) -> Findings:
    """A window lies in another one; windows that run backwards are told elsewhere."""
    expected = f"days inside {name}, {whole}"
    if span.empty or whole.empty:
        return
    if span.last < whole.first or span.first > whole.last:
        yield Finding(path, sentence(f"{span} lies wholly outside {name}", expected))
        return
    if date.min < span.first < whole.first:
        yield Finding(f"{path}.from", sentence(f"{span.first} is outside {name}", expected))
    if date.max > span.last > whole.last:
        yield Finding(f"{path}.to", sentence(f"{span.last} is outside {name}", expected))


def dated_filled(s: Scenario) -> Findings:
    """A dated value has at least one date."""
    dated: dict[str, object] = {"population.online_shoppers": s.population.online_shoppers}
    dated |= {f"brands.{name}.advertising.spend": brand.advertising.spend for name, brand in s.brands.items()}
    for name, platform in s.platforms.items():
        dated[f"platforms.{name}.owner"] = platform.owner
        dated[f"platforms.{name}.exclusivity"] = platform.exclusivity
        dated[f"platforms.{name}.access.advertising.spend"] = platform.access.advertising.spend
    for path, value in dated.items():
        if value == {}:
            yield Finding(path, "no dates, expected one value or values at dates")
