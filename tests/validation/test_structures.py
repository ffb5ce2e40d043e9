"""Structural alternatives change what they say, everywhere, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.start import same_start
from sim.experiments.calibration import SolveSettings, simulated
from sim.experiments.targets import TargetFile, read_targets
from sim.scenario import LoadedScenario, Scenario, load
from sim.scenario.changes import ScenarioTree
from sim.scenario.show import full
from sim.trade import Offer
from sim.validation.structures import Builder, Structure, changes, read_structures
from tests.markets import AUTUMN, CLOSED, POPUP_OPENS, SCENARIOS, market

FILE = SCENARIOS / "validation" / "alternatives.yaml"
TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
STRUCTURES = read_structures(FILE)
POPUP = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml")
STAY = load(SCENARIOS / "stay_out.yaml")
SOLD = {"everyday": 0.19, "fashion": 0.19, "electronics": 0.10, "imported": 0.10}
"""Team discounts on Pinduoduo."""


def leaves(tree: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict) and tree:
        for key, child in tree.items():
            yield from leaves(child, f"{above}.{key}" if above else key)
    else:
        yield above, tree


def differing(one: Scenario, other: Scenario) -> set[str]:
    mine, yours = dict(leaves(full(one))), dict(leaves(full(other)))
    return {path for path in mine.keys() | yours.keys() if mine.get(path, ...) != yours.get(path, ...)}


def under(name: str, tmp_path: Path, *some: LoadedScenario) -> list[Scenario]:
    return Builder(tmp_path).made(STRUCTURES[name], some)


# --- what each changes -----------------------------------------------------------------------------------


def test_plain_logit_has_no_nests(tmp_path: Path) -> None:
    for before, after in zip((STAY, POPUP), under("plain_logit", tmp_path, STAY, POPUP), strict=True):
        firms = [*after.platforms.items(), *after.brands.items()]
        assert {firm.similarity for _, firm in firms} == {1.0}
        places = {f"platforms.{name}.similarity" for name in after.platforms} | {"brands.amazon.similarity"}
        assert differing(before.scenario, after) == places


@pytest.mark.parametrize(("name", "bonus"), [("awareness_bonus", 4.0), ("awareness_weak_bonus", 2.0)])
def test_awareness_becomes_a_bonus(name: str, bonus: float, tmp_path: Path) -> None:
    (after,) = under(name, tmp_path, POPUP)
    assert (after.behaviour.awareness_as, after.behaviour.awareness_bonus) == ("bonus", bonus)
    assert {path.partition(".")[0] for path in differing(POPUP.scenario, after)} == {"behaviour"}


def test_all_that_is_bought_on_top_is_stored(tmp_path: Path) -> None:
    (after,) = under("all_stored", tmp_path, POPUP)
    assert {category.storable_share for category in after.categories.values()} == {1.0}
    assert differing(POPUP.scenario, after) == {f"categories.{c}.storable_share" for c in after.categories}


def test_no_merchant_moves(tmp_path: Path) -> None:
    """On platforms and on the brand's own marketplace; those that never react are left alone."""
    (after,) = under("merchants_frozen", tmp_path, STAY)
    found = differing(STAY.scenario, after)
    assert {path.rpartition(".")[2] for path in found} == {"adjustment"}
    assert len([path for path in found if path.startswith("platforms.")]) == 13
    assert len([path for path in found if path.startswith("storefronts.amazon_marketplace.")]) == 3
    assert not any("others" in path for path in found)


def test_without_teams_people_pay_what_teams_paid(tmp_path: Path) -> None:
    """Day by day, promotions and subsidies included; orders are of the same size."""
    sets = [*AUTUMN, *CLOSED]
    before = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=sets)
    (after,) = under("no_teams", tmp_path, before)
    with_teams, without = (offers(scenario) for scenario in (before.scenario, after))
    assert with_teams.keys() == without.keys()
    teams = 0
    for key, old in with_teams.items():
        new = without[key]
        paid = old.price if old.team_price is None else old.team_price
        np.testing.assert_allclose(new.price, paid, rtol=1e-12)
        np.testing.assert_allclose(new.list_price / new.price, old.list_price / old.price, rtol=1e-12)
        assert new.team_price is None
        teams += old.team_price is not None
    assert teams == len(SOLD) + 1  # and the pop-up
    assert {p.teams for p in after.platforms.values()} == {None}
    for category, discount in SOLD.items():
        prices = [s.platforms["pinduoduo"].assortments[category].price for s in (before.scenario, after)]
        assert prices[1] == pytest.approx(prices[0] * (1.0 - discount))


def offers(scenario: Scenario) -> dict[tuple[str, str], Offer]:
    """Offers in the second week of the pop-up, a festival and a subsidy round among them."""
    m = market(scenario, consumers=300)
    while m.week < POPUP_OPENS + 1:
        m.step()
    return {(offer.channel, category): offer for category, some in m.offers.items() for offer in some}


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_second_time_changes_nothing(name: str, tmp_path: Path) -> None:
    (after,) = under(name, tmp_path, POPUP)
    again = ScenarioTree("popup", POPUP.tree, full(after))
    assert changes(STRUCTURES[name], again) == ()


def test_what_changes_nothing_makes_no_scenario(tmp_path: Path) -> None:
    """No teams and no merchants in the toy market."""
    toy = load(TOY)
    assert [name for name in STRUCTURES if not under(name, tmp_path, toy)] == ["merchants_frozen", "no_teams"]


def test_a_later_scenario_keeps_its_own_names(tmp_path: Path) -> None:
    """One file for any market: here one with other platforms, categories and tiers."""
    (after,) = under("plain_logit", tmp_path, load(TOY))
    assert differing(load(TOY).scenario, after) == {
        "platforms.bazaar.similarity", "platforms.depot.similarity", "brands.faraway.similarity",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: {title: t, set: {platforms.*.similarty: 1}}", "'platforms.*.similarty' is no place"),
        ("a: {title: t, cut: {behaviour.*.x: y}}", "is no place"),
        ("a: {set: {}}", "title"),
    ],
)
def test_a_file_that_names_no_place_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "structures.yaml"
    file.write_text(f"alternatives:\n  {text}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=says.replace("*", r"\*")):
        read_structures(file)


# --- start and solution ----------------------------------------------------------------------------------


def test_who_starts_from_another_scenario_takes_it_along(tmp_path: Path) -> None:
    """Both start from one file, in which the structure is changed as well."""
    (tmp_path / "toy.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("one", "two"):
        text = "schema: 1\nextends: toy.yaml\nstart_from: {scenario: toy.yaml, on: 2018-06-04}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder := tmp_path / "made").mkdir()
    made = under("plain_logit", folder, load(tmp_path / "one.yaml"), load(tmp_path / "two.yaml"))
    assert same_start(made)
    start = load(made[0].start_from.scenario).scenario
    (alone,) = under("plain_logit", folder, load(tmp_path / "toy.yaml"))
    assert start == alone
    assert made[0].start_from.on.isoformat() == "2018-06-04"
    further = "schema: 1\nextends: toy.yaml\nstart_from: {scenario: one.yaml, on: 2018-07-02}\n"
    (tmp_path / "further.yaml").write_text(further, encoding="utf-8")
    with pytest.raises(ValueError, match="starts from another scenario itself"):
        under("plain_logit", folder, load(tmp_path / "further.yaml"))


SOLVING = SolveSettings(consumers=2_000, iterations=25, tolerance=0.003, threads=1)


def own_targets(folder: Path) -> tuple[LoadedScenario, Path]:
    """The toy market on a short horizon, and its own sales as targets."""
    text = TOY.read_text(encoding="utf-8").replace("end: 2019-12-29", "end: 2018-03-25, warm_up_weeks: 4")
    text = text.replace("{from: 2019-01-07, to: 2019-12-01}", "{from: 2018-02-05, to: 2018-03-04}")
    text = text.replace(
        "spring: {from: 2019-03-01, to: 2019-03-10", "spring: {from: 2018-03-01, to: 2018-03-04"
    )
    (folder / "market.yaml").write_text(text, encoding="utf-8")
    loaded = load(folder / "market.yaml")
    empty = target_file({"x": row("bazaar", {"daily": 1.0}, {"T1": 1.0, "T5": 1.0})}, {"T1": 0.5, "T5": 0.5})
    sales = simulated(loaded.scenario, empty, SOLVING)
    spend = {name: tier.spend_per_shopper for name, tier in loaded.scenario.tiers.items()}
    rows = {}
    for channel, category in (("bazaar", "daily"), ("depot", "daily"), ("bazaar", "imported")):
        own = sales.loc[channel, category]
        rows[f"{channel}_{category}"] = row(
            channel, {category: float(own.sum())}, {t: float(own[t]) / spend[t] for t in spend}
        )
    tiers = {t: sum(r["tiers"][t] * spend[t] for r in rows.values()) for t in spend}
    file = target_file(rows, tiers)
    (folder / "targets.yaml").write_text(file.model_dump_json(by_alias=True), encoding="utf-8")
    return loaded, folder / "targets.yaml"


def row(channel: str, gmv: dict[str, float], tiers: dict[str, float]) -> dict[str, Any]:
    mix = dict.fromkeys(gmv, 1.0)
    return dict(channel=channel, gmv=sum(gmv.values()), source="the model", tiers=tiers, categories=mix)


def target_file(rows: dict[str, Any], tiers: dict[str, float]) -> TargetFile:
    window = {"from": "2018-01-01", "to": "2018-01-28"}
    return TargetFile.model_validate(
        dict(scenario="market.yaml", window=window, tier_shares=tiers, sales=rows)
    )


def test_solved_again_the_market_sells_as_before(tmp_path: Path) -> None:
    """Targets are the market's own sales; as a bonus awareness moves them, new intercepts bring them back."""
    loaded, targets = own_targets(tmp_path)
    bonus = Structure(title="", set={"behaviour.awareness_as": "bonus", "behaviour.awareness_bonus": 1.0})
    (folder := tmp_path / "made").mkdir()
    (moved,) = Builder(folder).made(bonus, [loaded])
    (solved,) = Builder(folder, targets, SOLVING).made(bonus, [loaded])
    file = read_targets(targets)
    expected = {name: target.gmv for name, target in file.sales.items()}

    def away(scenario: Scenario) -> float:
        sales = simulated(scenario, file, SOLVING).groupby(["channel", "category"]).sum()
        found = {name: sales[t.channel, next(iter(t.categories))] for name, t in file.sales.items()}
        return max(abs(np.log(found[name] / expected[name])) for name in expected)

    assert away(loaded.scenario) < 1e-6
    assert away(moved) > 0.15
    assert away(solved) < 0.01
    assert solved.storefronts == moved.storefronts
    assert solved.behaviour == moved.behaviour
