"""What can be moved on the page: terms and plans of a storefront, and what is not known about it.

A lever is read off a scenario: where its number stands, its unit, how far it goes. Values are shown in units
that people use (per cent, millions); `written` turns them back into what a scenario file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor, log10
from typing import Literal

from sim.scenario import LoadedScenario, Scenario
from sim.scenario.schema import Storefront
from sim.scenario.schema.fields import find
from sim.scenario.values import on_date

Value = float | date | str
Kind = Literal["number", "steps", "date", "choice"]
STEPS = (50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0)
"""Numbers of products to choose from."""
TITLES: Mapping[str, str] = {
    "exposure": "Visits to the host that show it",
    "appeal": "Appeal, beside that of the own site",
    "known_brand_boost": "More notice if the brand is known",
    "host_weight": "Share in the host's nest",
    "host_trust_weight": "Trust that comes from the host",
    "costs.goods": "Cost of goods",
    "costs.shipping": "Shipping",
    "costs.returns": "Returns",
    "costs.payment_fee": "Payment fee",
    "costs.fixed": "Running cost",
    "costs.setup": "Cost of opening",
    "costs.exit": "Cost of closing",
    "contract.discounts_paid_by_host": "Promotions paid by the host",
    "contract.site_link": "Buyers who learn of the own site",
}
"""Words for numbers that scenarios are often unsure of; others keep the words of the schema."""
DECIDED = ("contract.commission", "team_discount")
"""Ends of paths that are levers by themselves, whether or not a range is given."""
LONGEST = 400
"""Most days that a storefront can be kept open on the page, unless its file keeps it open longer."""
ADVERTISING = "advertising"
TOLD = "advertising.effect"


@dataclass(frozen=True)
class Lever:
    """One thing that can be moved.

    Attributes:
        key: name of the lever, unique in its scenario.
        path: dotted path of what it sets; of a storefront's dates, that of `open`.
        title: in words.
        unit: of the values as shown.
        kind: a number on a scale, one of several numbers, a day, or one of several names.
        value: as the scenario has it, in the unit shown.
        low, high, step: scale of a number.
        choices: names to choose from, by the words shown.
        per: number shown for 1 written.
        unknown: whether nobody can choose it, only be wrong about it.
        source: what the scenario says about where the number comes from.
    """

    key: str
    path: str
    title: str
    unit: str
    kind: Kind
    value: Value
    low: float = 0.0
    high: float = 1.0
    step: float = 0.01
    choices: Mapping[str, str] | None = None
    per: float = 1.0
    unknown: bool = False
    source: str = ""

    def written(self, shown: float) -> float:
        """A number as a scenario file has it: 3 % is 0.03."""
        return float(f"{shown / self.per:.12g}")


def hosted(scenario: Scenario) -> list[str]:
    """Storefronts on somebody's platform whose first and last day stand in the scenario."""
    return [
        name for name, store in scenario.storefronts.items()
        if store.host is not None and store.open.from_ is not None
    ]  # fmt: skip


def levers(loaded: LoadedScenario, store: str) -> list[Lever]:
    """Levers of a storefront: what can be decided first, then what is not known.

    Raises:
        KeyError: if there is no such storefront.
    """
    spec, scenario = loaded.scenario.storefronts[store], loaded.scenario
    decided = [_host(scenario, store, spec), *_days(scenario, store, spec), *_terms(loaded, store, spec)]
    return [*decided, *_unknowns(loaded, store)]


def _host(scenario: Scenario, store: str, spec: Storefront) -> Lever:
    """Platforms that sell what the storefront sells."""
    fit = {
        platform.title: name for name, platform in scenario.platforms.items()
        if set(spec.goods) <= set(platform.assortments)
    }  # fmt: skip
    return Lever("host", f"storefronts.{store}.host", "Host", "", "choice", str(spec.host), choices=fit)


def _days(scenario: Scenario, store: str, spec: Storefront) -> Iterator[Lever]:
    path, first = f"storefronts.{store}.open", spec.open.from_
    assert first is not None
    last = spec.open.to or scenario.time.end
    days, most = (last - first).days + 1, (scenario.time.end - first).days + 1
    yield Lever("opens", path, "Opens on", "", "date", first)
    yield Lever("days", path, "Stays open for", "days", "number", float(days), 1.0,
                float(max(days, min(most, LONGEST))), 1.0)  # fmt: skip


def _terms(loaded: LoadedScenario, store: str, spec: Storefront) -> Iterator[Lever]:
    """Commission, prices, assortment, advertising."""
    scenario, path = loaded.scenario, f"storefronts.{store}"
    found = loaded.quantities.get(f"{path}.contract.commission")
    yield Lever(
        "commission", f"{path}.contract.commission", "Commission to the host", "% of sales", "number",
        100 * spec.contract.commission, 0.0, 20.0, 0.1, per=100.0, source=(found and found.source) or "",
    )  # fmt: skip
    for category, goods in spec.goods.items():
        words = f" ({_category(scenario, category)})" if len(spec.goods) > 1 else ""
        yield from _prices(scenario, store, spec, category, words)
        steps = {f"{number:,.0f}": str(number) for number in sorted({*STEPS, goods})}
        yield Lever(f"goods.{category}", f"{path}.goods.{category}", f"Goods on offer{words}", "products",
                    "steps", goods, choices=steps)  # fmt: skip
    yield _advertising(scenario, spec)


def _prices(
    scenario: Scenario, store: str, spec: Storefront, category: str, words: str
) -> Iterator[Lever]:  # fmt: skip
    path, price = f"storefronts.{store}.price.{category}", spec.price.get(category)
    index, cut = (1.0, 0.0) if price is None else (price.index, price.team_discount)
    yield Lever(f"price.{category}", f"{path}.index", f"List price{words}", "% of the usual price", "number",
                100 * index, 50.0, 150.0, 1.0, per=100.0)  # fmt: skip
    if scenario.platforms[str(spec.host)].teams is not None:
        yield Lever(f"team.{category}", f"{path}.team_discount", f"Price cut for teams{words}",
                    "% of the price", "number", 100 * cut, 0.0, 50.0, 1.0, per=100.0)  # fmt: skip


def _advertising(scenario: Scenario, spec: Storefront) -> Lever:
    """Spending while the storefront is open, on top of nothing: the brand's plan is replaced in that time."""
    plan, first = scenario.brands[spec.owner].advertising, spec.open.from_
    assert first is not None
    now = on_date(plan.spend, first, 0.0) / 1e6
    return Lever(
        ADVERTISING, f"brands.{spec.owner}.advertising.spend", "Advertising while open",
        f"m {scenario.currency.name} a week", "number", now, 0.0, max(50.0, 2 * now), 0.5, per=1e-6,
    )  # fmt: skip


def _category(scenario: Scenario, name: str) -> str:
    return scenario.categories[name].title or name


# --- what is not known ---------------------------------------------------------------------------


def _unknowns(loaded: LoadedScenario, store: str) -> Iterator[Lever]:
    """Numbers of the storefront for which the scenario gives a range, and what advertising achieves."""
    prefix = f"storefronts.{store}."
    for path, quantity in loaded.quantities.items():
        within = path.removeprefix(prefix)
        if not path.startswith(prefix) or quantity.range is None or path.endswith(DECIDED):
            continue
        if isinstance(quantity.value, int | float):
            yield _unknown(loaded.scenario, path, within, float(quantity.value), quantity.range,
                           quantity.source or "")  # fmt: skip
    brand = loaded.scenario.storefronts[store].owner
    path, effect = f"brands.{brand}.{TOLD}", loaded.scenario.brands[brand].advertising.effect
    found = loaded.quantities.get(path)
    yield Lever(
        TOLD, path, "Effect of advertising", "% a week told, by log stock", "number", 100 * effect,
        0.0, max(2.0, 200 * effect), 0.01, per=100.0, unknown=True,
        source=(found and found.source) or "assumption: no figure is published; at 0 advertising only costs",
    )  # fmt: skip


def _unknown(
    scenario: Scenario, path: str, within: str, value: float, ends: tuple[float, float], source: str
) -> Lever:  # fmt: skip
    """A number with a range; the scale holds the range and the value."""
    slot = find(path.split("."))
    unit = (slot and slot.unit) or ""
    per, shown = _shown(unit, scenario.currency.name, max(map(abs, ends)))
    low, high = (per * end for end in ends)
    title = TITLES.get(within) or ((slot and slot.description) or within).capitalize()
    return Lever(
        within, path, title, shown, "number", per * value, min(low, per * value), max(high, per * value),
        nice_step(high - low), per=per, unknown=True, source=source,
    )  # fmt: skip


def _shown(unit: str, money: str, size: float) -> tuple[float, str]:
    """Number shown for 1 written, and the unit shown."""
    if unit == "share":
        return 100.0, "%"
    if unit.startswith("currency"):
        rest = unit.removeprefix("currency").replace("/", " a ")
        return (1e-6, f"m {money}{rest}") if size >= 1e5 else (1.0, f"{money}{rest}")
    return 1.0, "units of utility" if unit in ("util", "utility") else unit or "times"


def nice_step(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten that goes into a span 50 to 150 times."""
    if span <= 0:
        return 1.0
    power = 10.0 ** floor(log10(span / 50))
    return next(step * power for step in (1, 2, 5, 10) if span / (step * power) <= 150)


def last_day(first: date, days: float) -> date:
    """Last day of a storefront that opens on a day and stays so long."""
    return first + timedelta(days=int(days) - 1)
