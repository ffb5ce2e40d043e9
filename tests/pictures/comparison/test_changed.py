"""Pictures of storefronts that the baseline has too: one is kept open longer, an own site is closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from sim.experiments.compare import Settings, compare
from sim.outcomes.comparison import Comparison
from sim.outcomes.rows import summarise
from sim.pictures import gallery
from sim.pictures.comparison.accounts import Reader, entrant_parts
from sim.pictures.comparison.entry import entry
from sim.pictures.comparison.numbers import sources, weekly_sales
from sim.pictures.comparison.words import during
from sim.report.tables import answer
from sim.scenario import load
from tests.markets import CLOSED, SCENARIOS
from tests.pictures.checks import check, title, words
from tests.pictures.comparison.test_comparison import BUSY, SHORT

LONGER, EXIT = "extension_by_review_2020", "exit_by_threshold_2019"
REVIEW = [
    f"policies.review_before_christmas.review.{text}"
    for text in ("extend_to=2020-01-19", "sales=0", "cost_per_customer=1000000", "repeat=0")
]
LOSING = ["storefronts.amazon_marketplace.costs.fixed=900000000"]
HOSTED = [picture for _, picture in gallery.PICTURES]


def made(name: str, sets: list[str]) -> Comparison:
    """The scenario against the baseline that its file names."""
    one = load(SCENARIOS / f"{name}.yaml", sets=[*SHORT, *sets])
    assert one.against is not None
    kept = [text for text in sets if not text.startswith("policies")]
    base = load(one.against, sets=[*SHORT, *kept])
    settings = Settings(replications=2, consumers=2_000)
    return compare((one.against.stem, base.scenario), {name: one.scenario}, settings)


@pytest.fixture(scope="module")
def longer() -> Comparison:
    """A review keeps the pop-up open from January on."""
    return made(LONGER, [*CLOSED, *(f"storefronts.amazon_on_pinduoduo.{text}" for text in BUSY), *REVIEW])


@pytest.fixture(scope="module")
def left() -> Comparison:
    """A threshold closes the marketplace, an own site."""
    return made(EXIT, LOSING)


@pytest.mark.parametrize("picture", HOSTED)
def test_a_storefront_that_stays_longer_has_pictures(
    longer: Comparison, picture: Callable[[Comparison, str], Figure]
) -> None:
    figure = picture(longer, LONGER)
    check(figure)
    assert "open in the scenario only, 6 Jan to 19 Jan 2020" in words(figure)


@pytest.mark.parametrize("picture", HOSTED)
def test_an_own_site_that_closes_has_pictures_without_a_host(
    left: Comparison, picture: Callable[[Comparison, str], Figure]
) -> None:
    figure = picture(left, EXIT)
    check(figure)
    said = words(figure)
    assert "open in the baseline only, from" in said
    assert "rival" not in said.lower()
    assert "own merchants" not in said


def test_weeks_are_those_that_a_policy_made_different(longer: Comparison, left: Comparison) -> None:
    kept, closed = entry(longer, LONGER), entry(left, EXIT)
    assert (kept.weeks.kind, kept.weeks.runs, kept.first, kept.last) == ("longer", 2, 10, 11)
    assert (kept.hosts, kept.new, kept.fixed) == (("pinduoduo",), False, False)
    assert (closed.weeks.kind, closed.hosts, closed.rivals) == ("shorter", (), ())
    assert closed.last == closed.horizon - 1


@pytest.mark.parametrize(("fixture", "name"), [("longer", LONGER), ("left", EXIT)])
def test_changes_of_sales_are_those_of_the_table(
    fixture: str, name: str, request: pytest.FixtureRequest
) -> None:
    comparison: Comparison = request.getfixturevalue(fixture)
    about = entry(comparison, name)
    found = during(weekly_sales(comparison, name, about.stores), about)
    table = summarise(comparison.outcomes.drop(columns=["simulated_buyers", "effective_buyers"]))
    rows = table[(table.outcome == "channel GMV") & (table.tier == "all") & (table.period == "window")]
    expected = rows[rows.party == about.stores[0]].difference.iloc[0]
    assert found.mean == pytest.approx(expected, rel=1e-9)
    assert (found.mean > 0) == (name == LONGER)


@pytest.mark.parametrize(("fixture", "name"), [("longer", LONGER), ("left", EXIT)])
def test_books_name_what_they_add_up(fixture: str, name: str, request: pytest.FixtureRequest) -> None:
    """Every row is found: what no table names, and discounting, stay below a twentieth of the value."""
    comparison: Comparison = request.getfixturevalue(fixture)
    parts = {part.label: part for part in entrant_parts(Reader(comparison, name, entry(comparison, name)))}
    value = parts["Value to Amazon (NPV)"].found.mean
    assert abs(parts["Discounting and other"].found.mean) < 0.05 * abs(value)
    assert "Subsidies and other income" not in parts
    taken = (
        "Merchants' fees at the storefront" if name == EXIT else "Sales at the storefront, without import tax"
    )
    assert taken in parts


def test_what_was_lost_is_said_to_have_gone_somewhere(left: Comparison) -> None:
    shares = sources(left, EXIT)
    assert shares[shares.origin == ""]["mean"].sum() == pytest.approx(1.0)
    assert set(shares.group) <= {"platforms", "not bought online", "entrant's own site"}
    assert "went to platforms" in title(gallery.source_of_volume(left, EXIT))
    assert "what it lost went to: platforms" in answer(left, EXIT)


def test_a_policy_that_never_acts_is_said_to_change_nothing(longer: Comparison) -> None:
    flows = longer.flows.assign(destination=longer.flows.origin)
    same = longer.weekly.assign(with_scenario=longer.weekly.baseline, difference=0.0)
    idle = Comparison(longer.base, longer.scenarios, longer.outcomes, same, flows, longer.people)
    figure = gallery.summary(idle, LONGER)
    check(figure)
    assert "nothing differs" in title(figure)
    assert "every purchase at Amazon pop-up on Pinduoduo is the same in both scenarios" in words(figure)
