"""A moved lever sets what it says and nothing else, and the saved file is the strategy that was seen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.page.levers import ADVERTISING, Lever, Value
from sim.page.strategy import NotSavedError, Strategy, save
from sim.scenario import LoadedScenario, Scenario, ScenarioError, load
from sim.scenario.show import diff
from sim.scenario.values import on_date

SOURCE = Path(__file__).resolve().parents[2] / "scenarios"
ELSEWHERE, FLOCK = "elsewhere/popup", "storefronts.orrery_on_flock"
POPUP, STORE = "popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo"
MOVED = [ELSEWHERE, POPUP, "storefront_on_tmall_2015"]
PROMOTION = f"{STORE}.price.imported.promotions.black_friday"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scenarios that may be written to."""
    return Path(shutil.copytree(SOURCE, tmp_path_factory.mktemp("market") / "scenarios"))


def strategy(name: str, **moved: Value) -> Strategy:
    """A scenario of the repo with levers moved; `__` in a key stands for a point."""
    found = Strategy.of(SOURCE / f"{name}.yaml")
    return replace(found, moved={key.replace("__", "."): value for key, value in moved.items()})


def elsewhere_values(lever: Lever) -> Value:
    """Another value of a lever than the scenario's."""
    if lever.kind == "number":
        far = lever.high if abs(lever.high - float(str(lever.value))) > lever.step else lever.low
        return (
            lever.low + round(0.6 * (far - lever.low) / lever.step) * lever.step if far != lever.low else far
        )
    if isinstance(lever.value, date):
        return lever.value + timedelta(days=1)
    assert lever.choices is not None
    return next(value for value in lever.choices.values() if value != str(lever.value))


def differing(one: LoadedScenario, two: LoadedScenario) -> dict[str, str]:
    """Paths in which two scenarios differ, and how."""
    return dict(line.split(": ", 1) for line in diff(one, two).splitlines())


def allowed(moved: Strategy, lever: Lever) -> tuple[str, ...]:
    """Beginnings of paths that a lever may set."""
    store = f"storefronts.{moved.store}"
    if lever.key == "host":
        return (
            lever.path,
            f"{store}.title",
            *(f"{store}.price.{c}.team_discount" for c in stores(moved).price),
        )
    if lever.key in ("opens", "days"):
        return (lever.path, *(f"{store}.price.{c}.promotions" for c in stores(moved).price))
    return (lever.path,)


def stores(moved: Strategy):  # type: ignore[no-untyped-def]
    return moved.original.scenario.storefronts[moved.store]


# --- one lever -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MOVED)
def test_every_lever_sets_its_own_and_nothing_else(name: str) -> None:
    original = strategy(name)
    for lever in original.levers():
        moved = replace(original, moved={lever.key: elsewhere_values(lever)})
        paths = differing(original.original, moved.loaded())
        title, words = paths.pop("title"), "moved to" if lever.key == "host" else "changed"
        assert words in title.partition(" -> ")[2], lever.key
        assert any(path.startswith(lever.path) for path in paths), lever.key
        assert [path for path in paths if not path.startswith(allowed(moved, lever))] == [], lever.key


def test_every_lever_is_saved_and_loads_to_the_same(folder: Path) -> None:
    original = Strategy.of(folder / f"{ELSEWHERE}.yaml")
    for k, lever in enumerate(original.levers()):
        moved = replace(original, moved={lever.key: elsewhere_values(lever)})
        file = save(moved, original.original.against or Path(), original.original.path.parent, f"lever_{k}")
        wanted, found = moved.loaded().scenario, load(file).scenario
        assert found == wanted.model_copy(update={"title": f"lever {k}"}), lever.key
        file.unlink()


@pytest.mark.parametrize("name", [POPUP, "choose_one_of_two_2019", "popup_fitted"])
def test_all_levers_together_are_saved_and_load_to_the_same(folder: Path, name: str) -> None:
    original = Strategy.of(folder / f"{name}.yaml")
    moved = replace(original, moved={lever.key: elsewhere_values(lever) for lever in original.levers()})
    file = save(moved, original.original.against or Path(), folder, "all_moved")
    assert load(file).scenario == moved.loaded().scenario.model_copy(update={"title": "all moved"})
    file.unlink()


def test_numbers_are_set_as_a_file_has_them() -> None:
    moved = strategy(POPUP, commission=4.7, exposure=12.2, costs__setup=2.4, goods__imported="2000.0")
    store = moved.loaded().scenario.storefronts["amazon_on_pinduoduo"]
    assert (store.contract.commission, store.exposure) == (0.047, 0.122)
    assert (store.costs.setup, store.goods["imported"]) == (2_400_000.0, 2000.0)


def test_nothing_moved_is_the_file_itself() -> None:
    still = strategy(POPUP)
    assert still.loaded() is still.original
    assert still.assigned() == {}
    assert still.title == still.original.scenario.title


def test_without_a_hosted_storefront_there_is_nothing_to_move() -> None:
    assert strategy("stay_out").levers() == []


# --- days ------------------------------------------------------------------------------------------


def window(found: Scenario) -> tuple[date | None, date | None]:
    days = found.storefronts["amazon_on_pinduoduo"].open
    return days.from_, days.to


@pytest.mark.parametrize(
    ("opens", "days", "left"),
    [
        (date(2019, 12, 1), 20.0, None),  # after the promotion of 28 to 30 November
        (date(2019, 10, 1), 20.0, None),  # before
        (date(2019, 11, 29), 20.0, (date(2019, 11, 29), date(2019, 11, 30))),  # begins in the middle of it
        (date(2019, 11, 20), 10.0, (date(2019, 11, 28), date(2019, 11, 29))),  # ends in the middle of it
        (date(2019, 11, 29), 1.0, (date(2019, 11, 29), date(2019, 11, 29))),  # both
        (date(2019, 11, 28), 3.0, (date(2019, 11, 28), date(2019, 11, 30))),  # holds it exactly
    ],
)
def test_promotions_keep_the_days_on_which_it_is_open(
    opens: date, days: float, left: tuple[date, date] | None
) -> None:
    found = strategy(POPUP, opens=opens, days=days).loaded().scenario
    assert window(found) == (opens, opens + timedelta(days=int(days) - 1))
    promotions = found.storefronts["amazon_on_pinduoduo"].price["imported"].promotions
    kept = [(promotion.from_, promotion.to) for promotion in promotions.values()]
    assert kept == ([] if left is None else [left])


def test_opening_later_keeps_how_long_it_stays() -> None:
    found = strategy(POPUP, opens=date(2020, 1, 6)).loaded().scenario
    assert window(found) == (date(2020, 1, 6), date(2020, 2, 11))


def test_it_does_not_stay_beyond_the_horizon() -> None:
    end = date(2020, 6, 28)
    assert window(strategy(POPUP, opens=end, days=200.0).loaded().scenario) == (end, end)
    assert window(strategy(POPUP, days=10_000.0).loaded().scenario) == (date(2019, 11, 25), end)


def test_days_that_make_no_sense_are_an_error_with_a_path() -> None:
    """The review of the extension would be on a day on which the storefront is closed."""
    with pytest.raises(ScenarioError, match=r"review\.on: .* is closed on 2019-12-23"):
        strategy("extension_by_review_2020", days=1.0).loaded()


# --- host ------------------------------------------------------------------------------------------


def test_a_host_without_teams_has_no_price_for_teams() -> None:
    store = strategy(POPUP, host="jd").loaded().scenario.storefronts["amazon_on_pinduoduo"]
    assert (store.host, store.title) == ("jd", "Amazon on JD")
    assert store.price["imported"].team_discount == 0.0


def test_a_price_for_teams_is_given_up_even_if_it_was_moved() -> None:
    store = (
        strategy(POPUP, team__imported=25.0, host="jd").loaded().scenario.storefronts["amazon_on_pinduoduo"]
    )
    assert store.price["imported"].team_discount == 0.0


# --- advertising -----------------------------------------------------------------------------------


PLAN = f"brands.amazon.{ADVERTISING}.spend"


def spent(moved: Strategy, day: date) -> float:
    plan = moved.loaded().scenario.brands["amazon"].advertising.spend
    return float(on_date(plan, day, 0.0))


def test_advertising_lasts_as_long_as_the_storefront() -> None:
    moved = strategy(POPUP, advertising=12.5, opens=date(2019, 12, 2), days=10.0)
    days = [date(2019, 12, 1), date(2019, 12, 2), date(2019, 12, 11), date(2019, 12, 12)]
    assert [spent(moved, day) for day in days] == [0.0, 12.5e6, 12.5e6, 0.0]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("3_000_000", [3e6, 3e6, 7e6, 7e6, 3e6]),
        ("{2019-01-07: 1_000_000, 2019-12-09: 2_000_000, 2020-03-02: 0}", [1e6, 1e6, 7e6, 7e6, 2e6]),
    ],
)
def test_the_plan_of_the_brand_goes_on_before_and_after(
    folder: Path, plan: str, expected: list[float]
) -> None:
    file = folder / "advertised.yaml"
    file.write_text(f"schema: 1\ntitle: a\nextends: {POPUP}.yaml\nbrands: {{amazon: {{advertising: "
                    f"{{spend: {plan}}}}}}}\n")  # fmt: skip
    moved = replace(Strategy.of(file), moved={ADVERTISING: 7.0})
    opens, closes = date(2019, 11, 25), date(2019, 12, 31)
    days = [date(2019, 2, 1), opens - timedelta(1), opens, closes, closes + timedelta(1)]
    assert [spent(moved, day) for day in days] == expected
    saved = save(moved, folder / "stay_out.yaml", folder, "advertised_more")
    again = load(saved).scenario.brands["amazon"].advertising
    assert again == moved.loaded().scenario.brands["amazon"].advertising
    saved.unlink()
    file.unlink()


# --- several at once -------------------------------------------------------------------------------


def values(lever: Lever) -> st.SearchStrategy[Value]:
    """Anything that can be set on the page."""
    if lever.kind == "number":
        steps = int((lever.high - lever.low) / lever.step)
        return st.integers(0, steps).map(lambda k: lever.low + k * lever.step)
    if lever.kind == "date":
        return st.dates(date(2030, 1, 7), date(2031, 3, 30))
    return st.sampled_from(list((lever.choices or {}).values()))


KEYS = {lever.key: lever for lever in Strategy.of(SOURCE / f"{ELSEWHERE}.yaml").levers()}
SEVERAL = st.fixed_dictionaries({}, optional={key: values(lever) for key, lever in KEYS.items()})


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(moved=SEVERAL)
def test_whatever_is_moved_is_saved_as_it_is(folder: Path, moved: dict[str, Value]) -> None:
    """Any levers together give a scenario, and its file gives the same one."""
    place = folder / "elsewhere"
    changed = replace(Strategy.of(place / "popup.yaml"), moved=moved)
    file = save(changed, place / "stay_out.yaml", place, "several")
    try:
        found = load(file)
        assert found.scenario == changed.loaded().scenario.model_copy(update={"title": "several"})
        assert found.against is not None
        assert found.against.samefile(place / "stay_out.yaml")
    finally:
        file.unlink()


# --- saving ----------------------------------------------------------------------------------------


@pytest.fixture
def place(folder: Path) -> Iterator[Path]:
    """A folder that must hold the same files afterwards."""
    before = sorted(folder.rglob("*"))
    yield folder
    assert sorted(folder.rglob("*")) == before


def saved(place: Path, folder: Path, name: str, moved: dict[str, Value] | None = None) -> Path:
    changed = replace(Strategy.of(place / f"{POPUP}.yaml"), moved=moved or {})
    return save(changed, place / "stay_out.yaml", folder, name)


@pytest.mark.parametrize(
    "name", ["../x", "", "a b", "/tmp/x", "x.yaml", "1st", "a\n", "ä", "x" * 62, ".x", "a/b"]
)
def test_what_is_no_name_leaves_nothing(place: Path, name: str) -> None:
    with pytest.raises(NotSavedError, match="expected a letter" if name else "give the file a name first"):
        saved(place, place, name)


def test_a_file_that_is_there_stays_as_it_is(place: Path) -> None:
    before = (place / f"{POPUP}.yaml").read_bytes()
    with pytest.raises(NotSavedError, match="is there already"):
        saved(place, place, POPUP)
    assert (place / f"{POPUP}.yaml").read_bytes() == before


def test_what_makes_no_sense_leaves_nothing(place: Path) -> None:
    changed = replace(Strategy.of(place / "extension_by_review_2020.yaml"), moved={"days": 1.0})
    with pytest.raises(ScenarioError, match="is closed on"):
        save(changed, place / "stay_out.yaml", place, "closed")


def test_a_folder_from_which_the_file_cannot_be_extended(place: Path, tmp_path: Path) -> None:
    """Files name others in their own folder or one above: elsewhere nothing is written, and why is said."""
    far = tmp_path / "far" / "away"
    far.mkdir(parents=True)
    with pytest.raises(NotSavedError, match=r"nothing was written: .*extends"):
        saved(place, far, "mine", {"commission": 5.0})
    assert list(far.iterdir()) == []


def test_a_folder_below_finds_the_file_and_the_baseline(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from another working folder than the one in which it was saved."""
    below = folder / "mine"
    below.mkdir()
    monkeypatch.chdir(folder)
    changed = replace(Strategy.of(Path(f"{POPUP}.yaml")), moved={"commission": 5.0})
    file = save(changed, Path("stay_out.yaml"), Path("mine"), "fair").resolve()
    monkeypatch.chdir("/")
    found = load(file)
    assert found.scenario == changed_elsewhere(folder)
    assert found.against is not None
    assert found.against.resolve() == folder.resolve() / "stay_out.yaml"
    file.unlink()
    below.rmdir()


def changed_elsewhere(folder: Path) -> Scenario:
    sets = [f"{STORE}.contract.commission=0.05", "title=fair"]
    return load(folder / f"{POPUP}.yaml", sets=sets).scenario


@pytest.mark.parametrize("name", ["no", "null", "true", "on", "y", "inf", "e5"])
def test_names_that_yaml_would_read_as_something_else(folder: Path, name: str) -> None:
    file = saved(folder, folder, name, {"commission": 5.0})
    assert load(file).scenario.title == name
    file.unlink()


def test_the_file_says_only_what_was_moved(folder: Path) -> None:
    file = saved(folder, folder, "short", {"commission": 5.0, "opens": date(2019, 12, 2)})
    text = file.read_text()
    file.unlink()
    assert f"extends: {POPUP}.yaml" in text
    assert "against: stay_out.yaml" in text
    assert "commission: 0.05" in text
    assert "from: 2019-12-02" in text
    assert "black_friday:" in text
    assert len(text.splitlines()) < 20
