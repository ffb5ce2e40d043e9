"""What factors of a file mean in its scenarios: base values, ranges, units, options, what hides what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.scenario import ScenarioError
from sim.sweep.experiment import Experiment
from sim.sweep.factors import Factor
from sim.sweep.market_work import MarketWork
from tests.sweep.files import experiment, write_scenarios

HEAD = """\
schema: 1
scenario: toy.yaml
against: stay.yaml
outcomes: {sales: {outcome: hosted GMV, party: faraway, period: window}}
design: {kind: lhs, points: 2}
"""
STORE = "storefronts.faraway_on_bazaar"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_scenarios(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(text: str, head: str = HEAD) -> Experiment:
    return experiment(text, head=head)


def factor(said: str, group: str = "uncertainties", more: str = "", head: str = HEAD) -> Factor:
    """The only factor of an experiment."""
    (found,) = asked(f"{group}: {{x: {said}}}\n{more}", head).factors
    return found


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (f"{{path: {STORE}.exposure}}", {"low": 0.01, "high": 0.25, "base": 0.06, "unit": "share"}),
        (f"{{path: {STORE}.exposure, high: 0.1}}", {"low": 0.01, "high": 0.1, "base": 0.06}),
        (f"{{path: {STORE}.exposure, low: 0.05, scale: log}}", {"low": 0.05, "high": 0.25, "scale": "log"}),
        ("{path: tiers.T5.income}", {"low": 25000, "high": 35000, "base": 30000, "unit": "yuan/year"}),
        (
            f"{{path: {STORE}.contract.commission, title: C}}",
            {"low": 0, "high": 0.1, "title": "C", "words": "C"},
        ),
        ("{path: network.contacts, low: 2, high: 9}", {"whole": True, "unit": "people", "low": 2, "high": 9}),
        (
            "{path: network.contacts, change: add, low: -2, high: 2}",
            {"whole": True, "base": 0, "unit": "people"},
        ),
        (
            "{path: network.contacts, change: multiply, low: 1, high: 2}",
            {"whole": False, "base": 1, "unit": "times"},
        ),
        (f"{{path: {STORE}.exposure, change: multiply, low: 1, high: 2}}", {"base": 1.0, "unit": "times"}),
        (f"{{path: {STORE}.exposure, change: add, low: 0, high: 0.1}}", {"base": 0.0, "unit": "share"}),
        (
            f"{{path: {STORE}.exposure, levels: [0.06, 0.1]}}",
            {"levels": (0.06, 0.1), "base": 0.06, "low": None},
        ),
        (f"{{path: {STORE}.delivery_days, levels: [3, 5]}}", {"base": None, "unit": "days"}),
        (f"{{path: {STORE}.delivery_days.T1, levels: [6, 5]}}", {"base": 6}),
        (
            f"{{path: [{STORE}.exposure, {STORE}.contract.commission]}}",
            {"base": None, "low": 0.01, "high": 0.25},
        ),
        ("{path: [platforms.bazaar.trust, platforms.depot.trust], levels: [0.5, 1]}", {"base": 0.75}),
        ("{path: platforms.bazaar.seller, levels: [1]}", None),
        (
            "{path: categories.imported.seller_loyalty, levels: [true, false]}",
            {"base": True, "numeric": False},
        ),
        (f"{{path: {STORE}.host, levels: [bazaar]}}", {"base": "bazaar", "unit": ""}),
        (f"{{path: {STORE}.open.to, levels: [2019-12-01, 2019-11-24]}}", {"base": "2019-12-01"}),
        ("{options: {a: {}, b: {set: {population.interested: 0.2}}}}", {"levels": ("a", "b"), "base": "a"}),
    ],
)
def test_factors(said: str, wanted: dict[str, Any] | None) -> None:
    if wanted is None:
        with pytest.raises(ScenarioError, match="unknown key 'seller'"):
            factor(said)
        return
    found = factor(said)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert found.role == "uncertainty"
    assert factor(said, "levers").role == "lever"


def test_what_is_set_is_the_base() -> None:
    more = f"set: {{{STORE}.exposure: 0.2, storefronts: {{faraway_site: {{delivery_days: 4}}}}}}\n"
    head = HEAD.replace("against: stay.yaml\n", "")
    assert factor(f"{{path: {STORE}.exposure}}", more=more, head=head).base == 0.2
    assert (
        factor("{path: storefronts.faraway_site.delivery_days, low: 1, high: 9}", more=more, head=head).base
        == 4
    )


def test_a_base_in_which_scenario_and_baseline_differ_is_none(folder: Path) -> None:
    (folder / "stay.yaml").write_text(
        "extends: toy.yaml\nplatforms: {bazaar: {trust: 0.5}}\n", encoding="utf-8"
    )
    said = "{path: platforms.bazaar.trust, low: 0.1, high: 1}"
    assert factor(said).base is None
    assert factor(said, head=HEAD.replace("against: stay.yaml\n", "")).base == 0.75
    with pytest.raises(ScenarioError, match=r"no value of x, and no base"):
        factor(said, head=HEAD.replace("kind: lhs, points: 2", "kind: one_at_a_time"))


def test_a_range_from_a_scenario_that_an_option_names(folder: Path) -> None:
    (folder / "ranged.yaml").write_text(
        "extends: toy.yaml\nplatforms: {depot: {trust: {value: 0.7, range: [0.5, 0.9]}}}\n", encoding="utf-8"
    )
    found = asked(
        "uncertainties: {trust: {path: platforms.depot.trust}}\n"
        "levers: {market: {options: {a: {scenario: toy.yaml}, b: {scenario: ranged.yaml}}}}\n"
    )
    assert (found.factors[0].low, found.factors[0].high) == (0.5, 0.9)
    work = found.work
    assert isinstance(work, MarketWork)
    assert (work.chooser, list(work.worlds)) == ("market", ["a", "b"])
    scenario, base = work.scenarios({"market": "b", "trust": 0.6})
    assert (scenario.platforms["depot"].trust, base.platforms["depot"].trust) == (0.6, 0.6)
    assert work.scenarios({"market": "b"})[0].platforms["depot"].trust == 0.7


def test_assignments_go_to_the_side_that_has_the_place() -> None:
    work = asked(
        f"uncertainties:\n  exposure: {{path: {STORE}.exposure}}\n"
        "  known: {path: brands.faraway.awareness.initial, low: 0.1, high: 0.9}\n"
    ).work
    assert isinstance(work, MarketWork)
    scenario, base = work.scenarios({"exposure": 0.1, "known": 0.5})
    assert scenario.storefronts["faraway_on_bazaar"].exposure == 0.1
    assert "faraway_on_bazaar" not in base.storefronts
    assert scenario.brands["faraway"].awareness.initial == base.brands["faraway"].awareness.initial == 0.5


# --- what hides what -----------------------------------------------------------------------------

TRUST = "{path: platforms.bazaar.trust, low: 0.5, high: 1}"
TWICE = "{path: platforms.bazaar.trust, change: multiply, low: 0.5, high: 1}"
DAYS = "platforms.bazaar.assortments.daily.delivery_days"
FEW_DAYS = f"{{path: {DAYS}, levels: [1, 2]}}"


@pytest.mark.parametrize(
    ("first", "second", "hidden"),
    [
        (TRUST, TRUST, True),
        (TWICE, TRUST, False),
        (TRUST, TWICE, False),
        (TWICE, TWICE, False),
        (TRUST, "{options: {a: {}, b: {set: {platforms.bazaar.trust: 1}}}}", True),
        (TRUST, "{options: {a: {}, b: {set: {platforms.bazaar: {trust: 1}}}}}", True),
        (TRUST, "{options: {a: {}, b: {set: {platforms.bazaar: {similarity: 0.5}}}}}", False),
        ("{options: {a: {}, b: {set: {platforms.bazaar.trust: 1}}}}", TWICE, False),
        (f"{{path: {STORE}.exposure}}", f"{{options: {{a: {{}}, b: {{set: {{{STORE}: null}}}}}}}}", False),
        (FEW_DAYS, f"{{options: {{a: {{}}, b: {{set: {{{DAYS}: {{T1: 1, T5: 2}}}}}}}}}}", True),
        (FEW_DAYS, f"{{path: {DAYS}.T1, levels: [1, 2]}}", True),
        (TRUST, "{path: platforms.depot.trust, low: 0.5, high: 1}", False),
    ],
)  # fmt: skip
def test_no_factor_is_without_effect(first: str, second: str, hidden: bool) -> None:
    text = f"uncertainties: {{x: {first}}}\nlevers: {{y: {second}}}\n"
    if not hidden:
        assert len(asked(text).factors) == 2
        return
    with pytest.raises(ScenarioError) as caught:
        asked(text)
    (found,) = caught.value.problems
    assert found.path.startswith("levers.y.")
    assert "which uncertainties.x sets as well, expected one factor for a place" in found.message


def test_options_of_one_factor_may_set_the_same_place() -> None:
    options = "{a: {set: {platforms.bazaar.trust: 1}}, b: {set: {platforms.bazaar.trust: 0.5}}}"
    assert asked(f"levers: {{y: {{options: {options}}}}}\n").factors[0].levels == ("a", "b")


NEW = """\
levers:
  y:
    options:
      without: {}
      with:
        set:
          storefronts.new:
            {title: x, owner: faraway, host: depot, open: {from: 2019-01-07}, goods: {imported: 5},
             delivery_days: 3, appeal_from: faraway_site, exposure: 0.5}
          storefronts.new.contract.commission: 0.1
"""


@pytest.mark.parametrize(
    ("said", "key", "value"),
    [
        ("path: storefronts.new.appeal, low: 0.1, high: 0.5", "appeal", 0.2),
        ("path: storefronts.new.exposure, change: multiply, low: 0.1, high: 0.5", "exposure", 0.1),
        ("path: storefronts.new.exposure, change: add, low: 0.1, high: 0.5", "exposure", 0.7),
    ],
)
def test_a_factor_may_change_what_an_option_adds_wherever_it_stands(
    said: str, key: str, value: float
) -> None:
    x = f"uncertainties: {{x: {{{said}}}}}\n"
    for text in (NEW + x, x + NEW):
        work = asked(text).work
        assert isinstance(work, MarketWork)
        scenario, base = work.scenarios({"y": "with", "x": 0.2})
        assert getattr(scenario.storefronts["new"], key) == pytest.approx(value)
        assert scenario.storefronts["new"].contract.commission == 0.1
        assert "new" in base.storefronts
        assert "new" not in work.scenarios({"y": "without", "x": 0.2})[0].storefronts


def test_what_an_option_removes_is_not_changed() -> None:
    work = asked(
        f"uncertainties: {{x: {{path: {STORE}.exposure}}}}\n"
        f"levers: {{y: {{options: {{a: {{}}, b: {{set: {{{STORE}: null}}}}}}}}}}\n"
    ).work
    assert isinstance(work, MarketWork)
    scenario, base = work.scenarios({"x": 0.1, "y": "b"})
    assert scenario.model_dump(exclude={"title"}) == base.model_dump(exclude={"title"})
