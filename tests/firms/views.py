"""What a brand might see, and policies on it, for the tests of policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sim.firms.observation import Observation, ObservedChannel, ObservedHost
from sim.firms.policies import decide
from sim.scenario import schema

START = date(2019, 9, 2)
"""A Monday."""
BRAND, STORE, SITE, OTHER, HOST = "faraway", "shop", "site", "second", "bazaar"
LOW, HIGH = -50.0, 100.0


def monday(week: int) -> date:
    return START + timedelta(weeks=week)


def channel(
    contribution: Sequence[float], opened: Sequence[bool] | None = None, *,
    is_open: bool = True, name: str = STORE, host: str | None = HOST, sales: Sequence[float] | None = None,
    opens: date | None = None, closes: date | None = None,
) -> ObservedChannel:  # fmt: skip
    weeks = len(contribution)
    return ObservedChannel(
        name=name, host=host, opens=opens, closes=closes, is_open=is_open, prices={"imported": 1.1},
        sales=tuple([10.0] * weeks if sales is None else sales), orders=(1.0,) * weeks,
        contribution=tuple(map(float, contribution)),
        open_weeks=tuple([True] * weeks if opened is None else opened),
    )  # fmt: skip


def observation(
    store: ObservedChannel, host_sales: Sequence[float] | None = None, **parts: Any
) -> Observation:
    """What the brand sees after the weeks of one storefront; the host sells the same every week."""
    weeks = len(store.contribution)
    host = ObservedHost(HOST, 1e8, tuple([1e9] * weeks if host_sales is None else host_sales))
    idle = channel([0.0] * weeks, [False] * weeks, is_open=False, name=OTHER)
    whole: dict[str, Any] = dict(
        week=weeks, today=monday(weeks), brand=BRAND, channels={STORE: store, OTHER: idle},
        buyers=(20.0,) * weeks, new_customers=(5.0,) * weeks, advertising=(0.0,) * weeks,
        hosts={HOST: host}, discount_rate=0.025,
    )  # fmt: skip
    return Observation(**(whole | parts))


def store(
    host: str | None = HOST, annual_fee: float = 0.0, deposit: float = 0.0, **costs: float
) -> schema.Storefront:
    return schema.Storefront(
        title="a shop", owner=BRAND, host=host, goods={"imported": 100}, delivery_days=3,
        costs=schema.Costs(**costs), contract=schema.Contract(annual_fee=annual_fee, deposit=deposit),
    )  # fmt: skip


def policy(rule: str, **parts: Any) -> schema.Policy:
    return schema.Policy.model_validate({"brand": BRAND, "rule": rule, "storefront": STORE} | parts)


def hysteresis(**parts: Any) -> schema.Policy:
    """Thresholds by hand; the signal is the newest week unless told otherwise."""
    limits = {"enter_above": HIGH, "exit_below": LOW, "smoothing": 1.0, "patience": 1}
    return policy("threshold", threshold=limits | parts)


def acts(
    rule: schema.Policy, view: Observation, shop: schema.Storefront | None = None
) -> list[tuple[str, date]]:
    return [(act.do, act.on) for act in decide(rule, shop or store(), view)]
