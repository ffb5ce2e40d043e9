"""Rules for continuing a state under a scenario: what both must share, and what holds where they differ.

- The past stays: what people know, own and are used to, sales and payments, budgets spent, deposits held,
  advertising that still works, prices and shares that have moved.
- Plans follow the new scenario wherever it differs from the old one: days on which a storefront is open,
  terms, exposure, prices, spending on advertising, answers to a rival.
- What the scenario says about the start (awareness or access, loyal customers, beliefs, active merchants)
  holds only for firms that the state does not know. They start as in a fresh market.

| part of the state | taken from the state | unless |
|---|---|---|
| storefront: sales, orders, contribution, open or not, commission paid, deposit | always | |
| storefront: first and last day, waits for a policy | from the state | `open` differs |
| storefront: commission; exposure | from the state | `contract.commission`; `exposure` differs |
| storefront: factor on goods; on price | from the state | `goods`; the indices of `price` differ |
| storefront: categories that have left | from the state | it has others |
| platform: price factor of a category | from the state | its `price` differs, or no reaction moves prices |
| platform: costs noted at the start (`sim.firms.price_competition`) | always | |
| platform: belief in teams | from the state | there were no teams |
| platform, brand: advertising that still works | always | |
| platform, brand: spending that a policy has set | from the state | `spend` differs |
| subsidy: money spent | from the state | its platform or rounds that had begun differ: all start afresh |
| reaction: answers that are over | always | |
| reaction: answers that run or are to come | from the state | anything but the title differs |
| merchants: active share, sales since they last looked | always | |

Policies keep nothing, because they read the whole history (`sim.firms.observation`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.calendar import Calendar
from sim.scenario.checks.start import shared, words
from sim.scenario.schema import Advertising, Scenario, Storefront, Subsidy

Saved = dict[str, Any]
"""The state of one firm as plain values."""
SETS_PRICES = ("bertrand", "plugin")
"""Rules of reactions that may set prices anew. They need the costs noted in week 0."""


@dataclass(frozen=True)
class Continuation:
    """Where a state is continued: the scenario, and the first week that will be simulated."""

    scenario: Scenario
    week: int

    @property
    def monday(self) -> date:
        """First day to simulate."""
        return Calendar(self.scenario.time.start, self.scenario.time.end).monday(self.week)


Adapt = Callable[[Saved, Saved, Any, Any, Continuation], Saved]
"""State as saved, state in a fresh market, the firm in the old and in the new scenario, the continuation."""


# --- what must agree ---------------------------------------------------------------------------


def differences(old: Scenario, continuation: Continuation, standing: Sequence[str]) -> Iterator[str]:
    """Yield why a scenario cannot continue a state, one line each, ``path: old -> new``.

    Args:
        old: scenario of the state.
        continuation: the new scenario, and the week of the state.
        standing: storefronts that are open in the state, or whose closing is not booked yet.
    """
    new = continuation.scenario
    yield from _different(dict(_common(old, new)), dict(_common(new, old)))
    yield from _moved_or_gone(old, new, standing)
    if continuation.week > 0:
        yield from _unknown_costs(old, new)


def _moved_or_gone(old: Scenario, new: Scenario, standing: Sequence[str]) -> Iterator[str]:
    """Yield storefronts that change owner or host, or that disappear before their closing is booked."""
    for name, store in old.storefronts.items():
        now, path = new.storefronts.get(name), f"storefronts.{name}"
        if now is not None:
            places = {f"{path}.owner": (store.owner, now.owner), f"{path}.host": (store.host, now.host)}
            yield from (f"{p}: {a} -> {b}; give the new one a name of its own"
                        for p, (a, b) in places.items() if a != b)  # fmt: skip
        elif name in standing:
            yield f"{path}: open -> missing; close it by `open.to`, so that its exit is booked"


def _unknown_costs(old: Scenario, new: Scenario) -> Iterator[str]:
    """Yield reactions that would set prices on costs that were not noted in week 0."""
    noting = any(reaction.rule in SETS_PRICES for reaction in old.reactions.values())
    watching = {reaction.platform for reaction in old.reactions.values()} if noting else set()
    noted = {category for name in watching for category in old.platforms[name].assortments}
    for name, reaction in new.reactions.items():
        sold = set(new.platforms[reaction.platform].assortments)
        if reaction.rule in SETS_PRICES and not (reaction.platform in old.platforms and sold <= noted):
            yield (
                f"reactions.{name}.rule: {reaction.rule}, but the state knows no costs of "
                f"{reaction.platform}; give its scenario the reaction too, with a trigger of 1"
            )


def _common(scenario: Scenario, other: Scenario) -> Iterator[tuple[str, Any]]:
    """Yield path and value of all that must be the same: weeks, people, tiers, contacts, categories."""
    yield "time.warm_up_weeks", scenario.time.warm_up_weeks
    yield from shared(scenario, other)
    for name, category in scenario.categories.items():
        if name in other.categories:
            yield f"categories.{name}.slots_per_week", category.slots_per_week


def _different(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    for path, value in there.items():
        if value != here[path]:
            yield f"{path}: {words(value)} -> {words(here[path])}"


# --- what follows which --------------------------------------------------------------------------


def adapt_state(firm: str, saved: Saved, fresh: Saved, old: Scenario, continuation: Continuation) -> Saved:
    """Return the state of a firm for a scenario that may differ from the one of the state.

    Args:
        firm: its name by `sim.firms.supply.Supply.stateful_firms`, kind and key.
        saved: its saved state.
        fresh: its state in a fresh market of the new scenario.
        old: scenario of the state.
        continuation: the new scenario, and the week of the state.
    """
    kind, key = firm.split(" ", 1)
    if kind not in ADAPT:
        return saved
    section, adapt = ADAPT[kind]
    before, now = getattr(old, section)[key], getattr(continuation.scenario, section)[key]
    return adapt(saved, fresh, before, now, continuation)


def newcomer_state(firm: str, fresh: Saved, weeks: int) -> Saved:
    """Return the state of a firm that the saved state does not know.

    It is the fresh state, with empty weeks for the past: the weekly series of all firms must be of one
    length (`sim.firms.observation`).

    Args:
        firm: its name, kind and key.
        fresh: its state in a fresh market of the new scenario.
        weeks: number of weeks of the past.
    """
    kind = firm.split(" ", 1)[0]
    return fresh | {name: [empty] * weeks for name, empty in SERIES.get(kind, {}).items()}


SERIES: Mapping[str, Mapping[str, float | bool]] = {
    "storefront": {"sales": 0.0, "orders": 0.0, "contribution": 0.0, "open_weeks": False},
    "brand": {"buyers": 0.0, "ever": 0.0, "spending": 0.0},
}
"""Weekly series by kind of firm, with the value for weeks before the firm exists."""

PLAN: Mapping[str, Callable[[Storefront], object]] = {
    "first": lambda store: store.open,
    "last": lambda store: store.open,
    "closed": lambda store: store.open,
    "commission": lambda store: store.contract.commission,
    "exposure": lambda store: store.exposure,
    "goods": lambda store: store.goods,
    "gone": lambda store: list(store.goods),
    "price": lambda store: {category: price.index for category, price in store.price.items()},
}
"""The part of the scenario that each part of a storefront's plan follows."""


def _storefront(
    saved: Saved, fresh: Saved, old: Storefront, new: Storefront, continuation: Continuation
) -> Saved:
    plan = {
        part: saved["plan"][part] if planned(old) == planned(new) else fresh["plan"][part]
        for part, planned in PLAN.items()
    }
    return saved | {"plan": saved["plan"] | plan}


def _platform(saved: Saved, fresh: Saved, old: Any, new: Any, continuation: Continuation) -> Saved:
    before, now = old.assortments, new.assortments
    moves = any(
        reaction.rule in SETS_PRICES and continuation.scenario.platforms[reaction.platform] is new
        for reaction in continuation.scenario.reactions.values()
    )
    same = [c for c in now if moves and c in before and before[c].price == now[c].price]
    return saved | {
        "prices": fresh["prices"] | {c: saved["prices"][c] for c in same},
        "belief": fresh["belief"] if old.teams is None else saved["belief"],
        "advertising": _advertising(saved, fresh, old.access.advertising, new.access.advertising),
    }


def _brand(saved: Saved, fresh: Saved, old: Any, new: Any, continuation: Continuation) -> Saved:
    return saved | {"advertising": _advertising(saved, fresh, old.advertising, new.advertising)}


def _advertising(saved: Saved, fresh: Saved, old: Advertising, new: Advertising) -> Saved:
    source = saved if old.spend == new.spend else fresh
    return {**saved["advertising"], "spending": source["advertising"]["spending"]}


def _subsidy(saved: Saved, fresh: Saved, old: Subsidy, new: Subsidy, continuation: Continuation) -> Saved:
    begun = [{k: r for k, r in spec.rounds.items() if r.from_ < continuation.monday} for spec in (old, new)]
    return saved if old.platform == new.platform and begun[0] == begun[1] else fresh


def _reaction(saved: Saved, fresh: Saved, old: Any, new: Any, continuation: Continuation) -> Saved:
    if old.model_dump(exclude={"title"}) == new.model_dump(exclude={"title"}):
        return saved
    return {"responses": [row for row in saved["responses"] if row[-1] < continuation.week]}


ADAPT: Mapping[str, tuple[str, Adapt]] = {
    "storefront": ("storefronts", _storefront),
    "platform": ("platforms", _platform),
    "brand": ("brands", _brand),
    "subsidy": ("subsidies", _subsidy),
    "reaction": ("reactions", _reaction),
}
"""Section of the scenario and function that adapts the state, by kind of firm; other kinds are kept whole."""
