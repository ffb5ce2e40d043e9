"""Scenarios of the fitted market say what the record says, and the same shop stands in all markets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.scenario import load
from sim.scenario.show import full
from sim.sweep.market_work import MarketWork
from sim.validation.history.forecast import to_the_end
from sim.validation.history.published import outcomes, published
from tests.markets import SCENARIOS
from tests.validation.history.toy import whole

CENTRAL = Path("results/validation/history_central.csv")
WORDS = {"title", "question", "case"}
SHOPS = ("popup_on_pinduoduo_2019.yaml", "popup_fitted.yaml", "validation/popup.yaml")


def leaves(tree: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping) and tree:
        for key, child in tree.items():
            yield from leaves(child, f"{above}.{key}" if above else str(key))
    else:
        yield above, tree


def numbers(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a scenario says, by place, without its words."""
    return dict(leaves({key: child for key, child in tree.items() if key not in WORDS}))


def test_the_fitted_market_is_the_central_set() -> None:
    """The point of the record laid over the history, run to the end; the file is rounded to four digits."""
    fit, point = whole(), pd.read_csv(CENTRAL)
    assert len(point) == 1
    ahead = to_the_end(fit, published(), point, 100, 1)
    assert isinstance(ahead.work, MarketWork)
    (scenario,) = ahead.work.scenarios(next(ahead.parameters()))
    wanted, found = numbers(full(scenario)), numbers(full(load(SCENARIOS / "china_fitted.yaml").scenario))
    loose = fit_settings(fit.work)
    assert {path for path in wanted.keys() ^ found.keys() if path not in loose} == set()
    for path in wanted.keys() - loose:
        close = pytest.approx(wanted[path], rel=1e-3) if isinstance(wanted[path], float) else wanted[path]
        assert found[path] == close, path


def fit_settings(work: Any) -> set[str]:
    """Places that the experiment of the fit sets for speed, and its number of consumers."""
    return {"time.warm_up_weeks", "population.interested_sample", "population.consumers"}


@pytest.mark.parametrize("name", SHOPS[1:])
def test_the_same_shop_stands_in_all_markets(name: str) -> None:
    one, other = (full(load(SCENARIOS / file).scenario)["storefronts"] for file in (SHOPS[0], name))
    assert one["amazon_on_pinduoduo"] == other["amazon_on_pinduoduo"]
    assert len(dict(leaves(one["amazon_on_pinduoduo"]))) > 20


@pytest.mark.parametrize(
    ("shop", "stay"),
    [("popup_fitted.yaml", "stay_out_fitted.yaml"), ("validation/popup.yaml", "validation/stay_out.yaml")],
)
def test_the_baseline_differs_by_the_shop_alone(shop: str, stay: str) -> None:
    one, other = (numbers(full(load(SCENARIOS / file).scenario)) for file in (shop, stay))
    apart = {path for path in one.keys() | other.keys() if one.get(path, ...) != other.get(path, ...)}
    assert apart
    assert {path for path in apart if not path.startswith("storefronts.amazon_on_pinduoduo")} <= {"against"}


def test_the_experiment_of_the_history_lists_the_fitted_rows() -> None:
    facts, work = published(), whole().work
    assert isinstance(work, MarketWork)
    assert dict(work.outcomes) == outcomes(facts[facts.role == "fitted"])
