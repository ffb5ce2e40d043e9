"""Checks of days: the horizon, windows, promotions, dated numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sim.scenario.errors import sentence
from sim.scenario.findings import Finding, Findings
from sim.scenario.schema import Scenario, Storefront

MONDAY, SUNDAY = 0, 6


def horizon(s: Scenario) -> Findings:
    """Weeks run from Monday to Sunday."""
    if s.time.start.weekday() != MONDAY:
        yield Finding("time.start", f"{s.time.start} is a {s.time.start:%A}, expected a Monday")
    if s.time.end.weekday() != SUNDAY:
        yield Finding("time.end", f"{s.time.end} is a {s.time.end:%A}, expected a Sunday")
    if s.time.end <= s.time.start:
        yield Finding("time.end", f"{s.time.end} ends before the start, expected a day after {s.time.start}")


def backwards(path: str, start: date, end: date) -> Findings:
    """A window must not end before it starts."""
    if end < start:
        yield Finding(f"{path}.to", f"{end} is before {start}, expected a day on or after it")


def window_order(s: Scenario) -> Findings:
    """Storefront windows, promotions and events run forwards."""
    for path, start, end in windows(s):
        yield from backwards(path, start, end)


def windows(s: Scenario) -> Iterator[tuple[str, date, date]]:
    """Yield all windows with their paths."""
    for name, store in s.storefronts.items():
        if store.open:
            yield f"storefronts.{name}.open", store.open.from_, store.open.to
        yield from promotions(name, store)
    for event, days in ((name, event.days) for name, event in s.events.items()):
        yield from ((f"events.{event}.days.{key}", w.from_, w.to) for key, w in days.items())


def promotions(name: str, store: Storefront) -> Iterator[tuple[str, date, date]]:
    """Yield the promotions of a storefront with their paths."""
    for category, price in store.price.items():
        for key, promotion in price.promotions.items():
            path = f"storefronts.{name}.price.{category}.promotions.{key}"
            yield path, promotion.from_, promotion.to


def inside_horizon(s: Scenario) -> Findings:
    """A storefront opens and closes within the horizon."""
    for name, store in s.storefronts.items():
        if store.open and s.time.start < s.time.end:
            path = f"storefronts.{name}.open"
            yield from inside(path, store.open.from_, store.open.to, s.time.start, s.time.end, "the horizon")


def inside(path: str, start: date, end: date, first: date, last: date, whole: str) -> Findings:
    """A window lies in another one; a window that runs backwards is told elsewhere."""
    expected = f"days inside {whole} {first} to {last}"
    if end < start:
        return
    if end < first or start > last:
        yield Finding(path, sentence(f"{start} to {end} lies wholly outside {whole}", expected))
    elif start < first or end > last:
        side = "from" if start < first else "to"
        day = start if start < first else end
        yield Finding(f"{path}.{side}", sentence(f"{day} is outside {whole}", expected))


def promotions_inside_window(s: Scenario) -> Findings:
    """A storefront can promote only while it is open."""
    for name, store in s.storefronts.items():
        if store.open and store.open.from_ <= store.open.to:
            for path, start, end in promotions(name, store):
                whole = f"the window of '{name}'"
                yield from inside(path, start, end, store.open.from_, store.open.to, whole)


def dated_filled(s: Scenario) -> Findings:
    """A dated number has at least one date."""
    dated = {"population.online_shoppers": s.population.online_shoppers}
    dated |= {f"brands.{name}.advertising.spend": brand.advertising.spend for name, brand in s.brands.items()}
    for path, value in dated.items():
        if value == {}:
            yield Finding(path, "no dates, expected a number or values at dates")
