"""Levers stand where the scenario has them, and what they show is written back as the scenario says it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.page.levers import ADVERTISING, DECIDED, Lever, hosted, last_day, levers, nice_step
from sim.scenario import LoadedScenario, load
from sim.scenario.show import full

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
SPREAD = (50, 155)
"""Fewest and most steps that a scale of a range may have."""
POPUP, STORE = SCENARIOS / "popup_on_pinduoduo_2019.yaml", "amazon_on_pinduoduo"


def compared() -> list[Path]:
    """Scenarios that name a baseline and have a storefront whose levers can be moved."""
    files = [*SCENARIOS.glob("*.yaml"), SCENARIOS / "elsewhere" / "popup.yaml"]
    named = [file for file in files if "\nagainst:" in file.read_text()]
    return sorted(file for file in named if hosted(load(file).scenario))


@pytest.fixture(scope="module", params=compared(), ids=lambda file: file.stem)
def loaded(request: pytest.FixtureRequest) -> LoadedScenario:
    """One of them."""
    return load(request.param)


@pytest.fixture
def found(loaded: LoadedScenario) -> list[Lever]:
    """Its levers."""
    return levers(loaded, hosted(loaded.scenario)[0])


def at(loaded: LoadedScenario, path: str) -> object:
    """What a scenario has at a dotted path."""
    place: object = full(loaded.scenario)
    for key in path.split("."):
        assert isinstance(place, dict), path
        place = place.get(key)
    return place


def changed(*sets: str) -> dict[str, Lever]:
    """Levers of the pop-up on Pinduoduo after some assignments, by key."""
    return {lever.key: lever for lever in levers(load(POPUP, sets=sets), STORE)}


# --- in every scenario -----------------------------------------------------------------------------


def test_keys_and_titles_are_unique(found: list[Lever]) -> None:
    for words in ("key", "title"):
        said = [getattr(lever, words) for lever in found]
        assert len(set(said)) == len(said)
        assert all(said)


def test_values_lie_on_their_scales(found: list[Lever]) -> None:
    for lever in found:
        if lever.kind == "number":
            assert isinstance(lever.value, float)
            assert lever.low <= lever.value <= lever.high, lever
            assert 0 < lever.step <= lever.high - lever.low, lever


def test_values_are_among_the_choices(found: list[Lever]) -> None:
    choices = [lever for lever in found if lever.kind in ("choice", "steps")]
    assert len(choices) >= 2
    for lever in choices:
        assert lever.choices is not None
        assert str(lever.value) in lever.choices.values()


def test_no_number_without_unit(found: list[Lever]) -> None:
    assert [lever.key for lever in found if lever.kind in ("number", "steps") and not lever.unit] == []


def test_the_value_shown_is_what_the_scenario_says(loaded: LoadedScenario, found: list[Lever]) -> None:
    """Exactly, to the last bit: a lever that stands still changes nothing."""
    for lever in found:
        if lever.kind == "number" and lever.key not in ("days", ADVERTISING):
            assert lever.written(float(str(lever.value))) == at(loaded, lever.path), lever


def test_days_are_those_of_the_scenario(loaded: LoadedScenario, found: list[Lever]) -> None:
    by_key = {lever.key: lever for lever in found}
    opens, days = by_key["opens"].value, by_key["days"].value
    store = loaded.scenario.storefronts[hosted(loaded.scenario)[0]]
    assert opens == store.open.from_
    assert isinstance(opens, date)
    assert last_day(opens, float(str(days))) == (store.open.to or loaded.scenario.time.end)


def test_a_range_of_the_file_is_the_scale(loaded: LoadedScenario, found: list[Lever]) -> None:
    prefix = f"storefronts.{hosted(loaded.scenario)[0]}."
    given_ = {
        path: quantity.range for path, quantity in loaded.quantities.items()
        if path.startswith(prefix) and quantity.range is not None and not path.endswith(DECIDED)
    }  # fmt: skip
    shown = {lever.path: lever for lever in found if lever.unknown and lever.path.startswith(prefix)}
    assert set(shown) == set(given_)
    for path, (low, high) in given_.items():
        lever = shown[path]
        assert lever.written(lever.low) <= low <= high <= lever.written(lever.high)
        assert SPREAD[0] <= round((lever.high - lever.low) / lever.step) <= SPREAD[1], lever


# --- units -----------------------------------------------------------------------------------------


LEVERS = levers(load(POPUP), STORE)


@given(st.sampled_from([lever for lever in LEVERS if lever.kind == "number"]), st.floats(0.0, 1.0))
def test_shown_and_written_go_round(lever: Lever, part: float) -> None:
    """Whatever is set on a scale: written and shown again it is the same to eleven digits."""
    shown = lever.low + part * (lever.high - lever.low)
    again = lever.per * lever.written(shown)
    assert again == pytest.approx(shown, rel=1e-11, abs=1e-11)
    assert lever.written(again) == pytest.approx(lever.written(shown), rel=1e-11)


@given(st.integers(0, 1000))
def test_tenths_of_a_per_cent_are_written_as_one_would(tenths: int) -> None:
    """2.3 % is 0.023, not 0.022999999999999996."""
    commission = next(lever for lever in LEVERS if lever.key == "commission")
    assert commission.written(tenths / 10) == float(f"0.{tenths:03d}" if tenths < 1000 else "1")


def test_units_people_use() -> None:
    by_key = {lever.key: lever for lever in LEVERS}
    assert (by_key["commission"].value, by_key["commission"].unit) == (pytest.approx(3.0), "% of sales")
    assert (by_key["exposure"].value, by_key["exposure"].unit) == (pytest.approx(6.0), "%")
    assert (by_key["costs.setup"].value, by_key["costs.setup"].unit) == (5.0, "m yuan")
    assert by_key["costs.fixed"].unit == "m yuan a week"
    assert (by_key["appeal"].value, by_key["appeal"].unit) == (-0.7, "units of utility")


def test_money_of_elsewhere() -> None:
    found = levers(load(SCENARIOS / "elsewhere" / "popup.yaml"), "orrery_on_flock")
    assert next(lever for lever in found if lever.key == ADVERTISING).unit == "m crowns a week"
    assert [lever for lever in found if "yuan" in lever.unit] == []


def test_the_source_of_a_number_is_told() -> None:
    by_key = {lever.key: lever for lever in LEVERS}
    assert "mostly 2-5 %" in by_key["commission"].source
    assert by_key["exposure"].source.startswith("assumption, key unknown")


@given(st.floats(1e-9, 1e12))
def test_a_nice_step_is_round_and_goes_in_often_enough(span: float) -> None:
    step = nice_step(span)
    digits = f"{step:.6e}"
    assert digits.startswith(("1.000000", "2.000000", "5.000000"))
    assert 49.9 <= span / step <= 150.1


def test_no_span_has_a_step_all_the_same() -> None:
    assert nice_step(0.0) == 1.0


# --- other scenarios -------------------------------------------------------------------------------


def test_open_for_longer_than_can_be_chosen() -> None:
    """The two years of the storefront are on its scale."""
    found = levers(load(SCENARIOS / "storefront_on_tmall_2015.yaml"), "amazon_on_tmall")
    days = next(lever for lever in found if lever.key == "days")
    assert days.value == days.high == 661.0


def test_open_without_end_means_to_the_end_of_the_horizon() -> None:
    days = changed(f"storefronts.{STORE}.open.to=null")["days"]
    assert days.value == days.high == (date(2020, 6, 28) - date(2019, 11, 25)).days + 1


def test_two_kinds_of_goods_are_named() -> None:
    both = changed(
        f"storefronts.{STORE}.goods.fashion=123",
        f"storefronts.{STORE}.price.fashion={{index: 0.8}}",
        f"storefronts.{STORE}.appeal_from=jd",
    )
    assert both["price.fashion"].value == pytest.approx(80.0)
    assert both["goods.fashion"].choices is not None
    assert "123" in both["goods.fashion"].choices
    titles = [
        both[key].title for key in ("price.imported", "price.fashion", "goods.imported", "goods.fashion")
    ]
    assert len(set(titles)) == 4
    assert all("(" in title for title in titles)
    assert list(both["host"].choices or {}) == [
        "Alibaba (Taobao, Tmall)",
        "JD",
        "Pinduoduo",
        "other platforms",
    ]


def test_a_price_cut_for_teams_only_where_teams_buy() -> None:
    assert "team.imported" in changed()
    assert "team.imported" not in changed(
        f"storefronts.{STORE}.host=jd", f"storefronts.{STORE}.price.imported.team_discount=0"
    )


def test_only_hosted_storefronts_with_a_first_day_have_levers() -> None:
    assert hosted(load(SCENARIOS / "stay_out.yaml").scenario) == []
    assert hosted(load(POPUP).scenario) == [STORE]
    with pytest.raises(KeyError):
        levers(load(POPUP), "nowhere")


def test_advertising_begins_where_the_plan_is() -> None:
    path = "brands.amazon.advertising.spend"
    assert changed()[ADVERTISING].value == 0.0
    lever = changed(f"{path}={{2019-01-01: 1_000_000, 2019-11-01: 40_000_000}}")[ADVERTISING]
    assert (lever.value, lever.high) == (pytest.approx(40.0), pytest.approx(80.0))


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(1, 700))
def test_the_last_day_is_one_of_the_days(first: date, days: int) -> None:
    assert last_day(first, float(days)) - first == timedelta(days=days - 1)
