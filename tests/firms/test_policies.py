"""Policies: what a firm can see, and what each rule makes of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sim.firms.plugins
from sim.firms.observation import Observation, ObservedChannel, ObservedHost
from sim.firms.policies import RULES, decide
from sim.scenario import schema
from sim.scenario.schema import Act
from tests.firms.views import (
    HOST,
    OTHER,
    START,
    STORE,
    acts,
    channel,
    hysteresis,
    monday,
    observation,
    policy,
    store,
)

PLAIN = (bool, int, float, str, date, NoneType)
"""Exactly these types, so that no array scalar passes for a number."""

# --- what a firm can see -----------------------------------------------------------------------------


def strange_types(hint: Any) -> set[Any]:
    """Types inside an annotation that are no plain values, containers of them or plain dataclasses."""
    if is_dataclass(hint):
        return {t for inner in get_type_hints(hint).values() for t in strange_types(inner)}
    if get_origin(hint) is not None:
        container = set() if get_origin(hint) in (tuple, Mapping, type(int | None)) else {get_origin(hint)}
        return container.union(*(strange_types(a) for a in get_args(hint) if a is not ...))
    return set() if hint in PLAIN else {hint}


def strange_parts(value: Any) -> list[Any]:
    """Values inside an instance that are no plain numbers, strings, dates, tuples or mappings of them."""
    if is_dataclass(value):
        return [x for f in fields(value) for x in strange_parts(getattr(value, f.name))]
    if type(value) is tuple:
        return [x for inner in value for x in strange_parts(inner)]
    if type(value) in (dict, MappingProxyType):
        return [x for pair in value.items() for inner in pair for x in strange_parts(inner)]
    return [] if type(value) in PLAIN else [value]


def test_what_a_firm_sees_is_plain_by_its_types() -> None:
    """Expected: numbers, strings, dates, tuples, mappings, all the way down, and nothing can be assigned."""
    assert strange_types(Observation) == set()
    assert strange_types(tuple[np.ndarray, ...]) == {np.ndarray}
    assert strange_types(list[int]) == {list}
    assert all(kind.__dataclass_params__.frozen for kind in (Observation, ObservedChannel, ObservedHost))


def test_what_a_firm_sees_is_plain_by_its_values() -> None:
    """Expected: a sample has no strange part; an array, or a number out of one, would be found."""
    view = observation(channel([1.0, 2.0]))
    assert strange_parts(view) == []
    array = np.ones(2)
    assert strange_parts(replace(view, buyers=tuple(array))) == [1.0, 1.0]
    assert strange_parts(replace(view, buyers=array))[0] is array


def test_series_lie_side_by_side() -> None:
    """Expected: a series that lacks a week is refused by name, wherever it stands."""
    with pytest.raises(ValueError, match="advertising has 1 weeks, but buyers has 2"):
        observation(channel([1.0, 2.0]), advertising=(0.0,))
    with pytest.raises(ValueError, match=f"channels.{STORE}.sales has 3"):
        observation(channel([1.0, 2.0], sales=[1.0] * 3))
    with pytest.raises(ValueError, match=f"hosts.{HOST}.weekly_sales has 1"):
        observation(channel([1.0, 2.0]), [1.0])


def test_rules_know_neither_the_market_nor_consumers() -> None:
    """Expected: of `sim` only firms, scenario and calendar are imported, and no arrays."""
    room = Path(sim.firms.plugins.__file__).parent
    files = [room / "observation.py", room / "plugins.py", *room.glob("polic*.py")]
    assert len(files) >= 6
    for path in files:
        nodes = [
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        names = [n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in nodes]
        ours = [name for name in names if name is not None and name.split(".")[0] in ("sim", "numpy", "mesa")]
        assert [n for n in ours if not n.startswith(("sim.firms", "sim.scenario"))] == []


# --- deciding ----------------------------------------------------------------------------------------

REVIEWED = {"on": monday(3), "sales": 1.0}
ONE_OF_EACH = [
    policy("calendar", acts={"leave": {"on": monday(3), "do": "exit"}}),
    hysteresis(exit_below=50.0),
    policy("review", review=REVIEWED),
    policy("plugin", plugin="leave"),
]


@pytest.mark.parametrize("rule", ONE_OF_EACH, ids=lambda p: p.rule)
def test_deciding_is_a_pure_function(rule: schema.Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: an act, the same one twice, and nothing that went in has changed."""
    monkeypatch.setattr(sim.firms.plugins, "find", lambda *_: lambda s, _: [Act(on=s.today, do="exit")])
    view, shop = observation(channel([90.0, 40.0, 30.0])), store()
    before = deepcopy((rule, shop, view))
    first = decide(rule, shop, view)
    assert len(first) == 1
    assert first[0].storefront == STORE
    assert decide(rule, shop, view) == first
    assert (rule, shop, view) == before


def test_every_rule_of_the_schema_is_known() -> None:
    """Expected: all but the oracle, which decides nothing here because it needs the market."""
    written = get_args(get_type_hints(schema.Policy)["rule"])
    assert set(RULES) | {"oracle"} == set(written)
    assert acts(policy("oracle", oracle={}), observation(channel([1.0]))) == []


def test_a_policy_decides_about_its_own() -> None:
    """Expected: another brand's view, a storefront that is not there, a missing section are refused."""
    view = observation(channel([1.0]))
    with pytest.raises(ValueError, match="'nearby'"):
        decide(policy("calendar", brand="nearby"), store(), view)
    with pytest.raises(LookupError, match="no storefront 'kiosk'"):
        decide(policy("calendar", storefront="kiosk"), store(), view)
    for rule in ("threshold", "review"):
        with pytest.raises(ValueError, match=f"no section {rule}"):
            decide(policy(rule), store(), view)


# --- calendar ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 69), max_size=8))
def test_each_dated_move_comes_once_in_its_week(days: list[int]) -> None:
    """Expected: over ten Mondays every move, by date, in the week whose days hold it."""
    dates = [START + timedelta(days=d) for d in days]
    rule = policy("calendar", acts={f"a{k}": {"on": day, "do": "change"} for k, day in enumerate(dates)})
    by_week = [[day for _, day in acts(rule, observation(channel([0.0] * week)))] for week in range(10)]
    assert [day for week in by_week for day in week] == sorted(dates)
    assert all((day - START).days // 7 == week for week, found in enumerate(by_week) for day in found)


def test_a_dated_move_may_name_another_storefront() -> None:
    """Expected: its own name if it has one, else that of the policy; everything else as written."""
    rule = policy("calendar", acts={
        "sunday": {"on": monday(1) + timedelta(days=6), "do": "exit", "storefront": OTHER},
        "monday": {"on": monday(1), "do": "change", "price": 0.9},
    })  # fmt: skip
    found = decide(rule, store(), observation(channel([1.0])))
    assert found == [
        Act(on=monday(1), do="change", price=0.9, storefront=STORE),
        Act(on=monday(1) + timedelta(days=6), do="exit", storefront=OTHER),
    ]


# --- plug-ins ----------------------------------------------------------------------------------------

Plug = Callable[[Callable[[Observation, Mapping[str, float]], Any]], list[Act]]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Decides by a callable as if it were registered as "mine"."""

    def run(rule: Callable[[Observation, Mapping[str, float]], Any]) -> list[Act]:
        registry = {("sim.policies", "mine"): rule}
        monkeypatch.setattr(sim.firms.plugins, "find", lambda *key: registry[key])
        return decide(
            policy("plugin", plugin="mine", settings={"floor": 5.0}),
            store(),
            observation(channel([1.0, 2.0])),
        )

    return run


def test_a_rule_of_ones_own(plug: Plug) -> None:
    """Expected: it sees view and settings; its acts come by date with the storefront filled in."""

    def leave(view: Observation, settings: Mapping[str, float]) -> Iterable[Act]:
        if view.channels[STORE].contribution[-1] < settings["floor"]:
            yield Act(on=view.today + timedelta(days=3), do="exit")
            yield Act(on=view.today, do="enter", storefront=OTHER)

    assert plug(leave) == [
        Act(on=monday(2), do="enter", storefront=OTHER),
        Act(on=monday(2) + timedelta(days=3), do="exit", storefront=STORE),
    ]


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, TypeError, "returned None, expected acts"),
        (3, TypeError, "returned 3, expected acts"),
        (["exit"], TypeError, "'exit' among its acts, expected an Act"),
        ([Act(on=monday(2) - timedelta(days=1), do="exit")], ValueError, "acts on 2019-09-15, before today"),
        (
            [Act(on=monday(2), do="exit", storefront="rival")],
            LookupError,
            "'rival', no storefront of 'faraway'",
        ),
        ([Act(on=monday(2), do="switch", switch_to="rival")], LookupError, "it has: shop, second"),
    ],
)
def test_what_a_plug_in_returns_is_checked(
    plug: Plug, returned: Any, error: type[Exception], message: str
) -> None:
    """Expected: refused with the name of the plug-in."""
    with pytest.raises(error, match=message) as caught:
        plug(lambda *_: returned)
    assert "policy plug-in 'mine'" in str(caught.value)


def meddle_prices(view: Observation, _: Mapping[str, float]) -> list[Act]:
    view.channels[STORE].prices["imported"] = 0.5  # type: ignore[index]
    return []


def meddle_channels(view: Observation, _: Mapping[str, float]) -> list[Act]:
    del view.channels[OTHER]  # type: ignore[attr-defined]
    return []


def meddle_hosts(view: Observation, _: Mapping[str, float]) -> list[Act]:
    view.hosts["other"] = view.hosts[HOST]  # type: ignore[index]
    return []


def meddle_settings(_: Observation, settings: Mapping[str, float]) -> list[Act]:
    settings["floor"] = 0.0  # type: ignore[index]
    return []


@pytest.mark.parametrize("rule", [meddle_prices, meddle_channels, meddle_hosts, meddle_settings])
def test_a_plug_in_can_change_nothing(plug: Plug, rule: Callable[..., Any]) -> None:
    """Expected: mappings are read-only, and the error says whose it is and when."""
    with pytest.raises(TypeError, match="does not support item") as caught:
        plug(rule)
    assert caught.value.__notes__ == ["raised by policy plug-in 'mine' on 2019-09-16"]


def test_a_plug_in_must_be_named() -> None:
    """Expected: the rule without a name is refused."""
    with pytest.raises(ValueError, match="names no plug-in"):
        acts(policy("plugin"), observation(channel([1.0])))
