"""Reactions of platforms: trigger, lag, length, closed forms, and what a rule can see."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import mesa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.firms import reactions
from sim.firms.reactions import Response, Rivalry, Situation, Watcher, active_depth, is_active, react
from sim.scenario import schema

NAN = float("nan")


def spec(rule: str = "match", **parts: Any) -> schema.Reaction:
    return schema.Reaction.model_validate({"platform": "bazaar", "brand": "faraway", "rule": rule, **parts})


def rivalry(category: str = "imported", share: float = 0.2, own: float = 1.0, their: float = 0.8) -> Rivalry:
    return Rivalry(category, share, own, their)


def observed(week: int, *rivalries: Rivalry) -> Situation:
    return Situation(week, date(2019, 11, 25), "bazaar", "faraway", rivalries)


def cut(first: int, last: int, category: str = "imported", depth: float = 0.1) -> Response:
    return Response("cut", category, depth, first, last)


# --- when it looks and acts --------------------------------------------------------------------------


def test_passive_by_default() -> None:
    """Expected: a watcher that saw nothing does nothing; nor does one without a rival in sight."""
    watcher = Watcher(mesa.Model(), "passive", spec())
    watcher.look(observed(4))
    assert watcher.responses == []
    assert watcher.depth("cut", "imported", 4) == 0.0
    assert not watcher.active("bertrand", "imported", 4)


@pytest.mark.parametrize("share", [0.0, 0.049, 0.05])
def test_below_the_trigger_nothing_happens(share: float) -> None:
    """Expected: the trigger itself is not above the trigger."""
    assert react(spec(trigger=0.05), observed(4, rivalry(share=share)), []) == []
    assert react(spec(trigger=0.05), observed(4, rivalry(share=0.0501)), []) != []


def test_it_looks_every_few_weeks() -> None:
    """Expected: weeks 5, 10, 15, not week 0."""
    looks = [week for week in range(16) if react(spec(every=5), observed(week, rivalry()), [])]
    assert looks == [5, 10, 15]


def test_lag_and_length() -> None:
    """Expected: seen in week 8, from week 8 + 3 for 5 weeks, the last included."""
    [response] = react(spec(every=4, lag=3, weeks=5), observed(8, rivalry()), [])
    assert (response.first, response.last) == (11, 15)
    held = [week for week in range(20) if is_active([response], "cut", "imported", week)]
    assert held == [11, 12, 13, 14, 15]
    assert [active_depth([response], "cut", "imported", w) > 0.0 for w in (10, 11, 15, 16)] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(("first", "last", "again"), [(9, 12, False), (2, 8, False), (2, 7, True)])
def test_no_answer_on_top_of_another(first: int, last: int, again: bool) -> None:
    """Expected: pending and running ones (week 8 included) keep it quiet, those that are over do not."""
    assert bool(react(spec(), observed(8, rivalry()), [cut(first, last)])) == again


def test_only_an_answer_of_the_same_kind_and_category_counts() -> None:
    elsewhere = [cut(7, 12, "fashion"), Response("exclusivity", "", 0.3, 7, 12)]
    assert react(spec(), observed(8, rivalry()), elsewhere) != []
    assert react(spec("exclusivity"), observed(8, rivalry()), elsewhere) == []


def test_a_watcher_answers_again_when_the_first_answer_is_over() -> None:
    """Expected: looks at 4, 8, ...; 6 to 13 is answered at 16 (12 is too early), then 18 to 25, at 28."""
    watcher = Watcher(mesa.Model(), "matching", spec(every=4, lag=2, weeks=8))
    for week in range(30):
        watcher.look(observed(week, rivalry()))
    assert [(r.first, r.last) for r in watcher.responses] == [(6, 13), (18, 25), (30, 37)]


# --- rules -------------------------------------------------------------------------------------------


def test_matching_closes_a_share_of_the_gap() -> None:
    """Expected: from 1.2 towards 0.9, half of the gap: 1.05; the whole: 0.9."""
    for strength, price in ((0.5, 1.05), (1.0, 0.9), (0.25, 1.125)):
        [response] = react(spec(strength=strength), observed(4, rivalry(own=1.2, their=0.9)), [])
        assert response.kind == "cut"
        assert 1.2 * (1.0 - response.depth) == pytest.approx(price, rel=1e-14)


@pytest.mark.parametrize("their", [1.0, 1.3, NAN])
def test_nothing_to_match(their: float) -> None:
    """Expected: no answer to a price that is not lower, or that nobody asks."""
    assert react(spec(), observed(4, rivalry(their=their)), []) == []
    assert react(spec(strength=0.0), observed(4, rivalry()), []) == []


def test_even_against_a_gift_the_price_stays_above_zero() -> None:
    """Expected: the gap over the own price rounds to one; the cut is the largest number below."""
    [response] = react(spec(strength=1.0), observed(4, rivalry(own=1.0, their=1e-20)), [])
    assert 0.999 < response.depth < 1.0


def test_categories_are_answered_one_by_one() -> None:
    """Expected: imports are running, fashion is below the trigger, electronics get their own depth."""
    rivals = (rivalry(), rivalry("fashion", share=0.001), rivalry("electronics", own=1.0, their=0.5))
    [response] = react(spec(strength=0.5), observed(4, *rivals), [cut(3, 9)])
    assert (response.category, response.depth) == ("electronics", 0.25)


def test_exclusivity_is_one_answer_for_all_categories() -> None:
    """Expected: two categories call, one binds 30 % of the merchants everywhere; nobody at strength 0."""
    rivals = (rivalry(), rivalry("fashion"))
    [response] = react(spec("exclusivity", strength=0.3), observed(4, *rivals), [])
    assert response == Response("exclusivity", "", 0.3, 6, 13)
    for category in ("imported", "fashion", "everyday", ""):
        assert active_depth([response], "exclusivity", category, 6) == 0.3
    assert active_depth([response], "cut", "imported", 6) == 0.0
    assert react(spec("exclusivity", strength=0.0), observed(4, *rivals), []) == []


def test_bertrand_names_the_categories() -> None:
    responses = react(
        spec("bertrand"), observed(4, rivalry(), rivalry("fashion"), rivalry("x", share=0.0)), []
    )
    assert responses == [Response("bertrand", c, 0.0, 6, 13) for c in ("imported", "fashion")]
    assert is_active(responses, "bertrand", "fashion", 6)
    assert not is_active(responses, "bertrand", "everyday", 6)


def test_depths_do_not_add() -> None:
    """Expected: the deepest of those that run, in the category or in all."""
    responses = [cut(3, 9, depth=0.1), cut(5, 6, "", 0.3), cut(1, 9, "fashion", 0.7)]
    assert [active_depth(responses, "cut", "imported", w) for w in (2, 3, 5, 7)] == [0.0, 0.1, 0.3, 0.1]


positive = st.floats(1e-9, 1e9)


@given(
    st.sampled_from(["match", "exclusivity", "bertrand"]), st.floats(0.0, 1.0), st.floats(0.0, 1.0),
    positive, positive | st.just(NAN), st.integers(0, 200), st.integers(1, 52), st.integers(0, 52),
)  # fmt: skip
def test_bounds(
    rule: str, share: float, strength: float, own: float, their: float, week: int, every: int, lag: int
) -> None:
    """Expected: 0 <= depth <= strength, cuts below 1; never in the past; own price after it above theirs."""
    words = spec(rule, strength=strength, every=every, lag=lag)
    for response in react(words, observed(week, rivalry(share=share, own=own, their=their)), []):
        assert 0.0 <= response.depth <= strength
        assert share > words.trigger
        assert week % every == 0
        assert response.last - response.first == words.weeks - 1
        assert response.first == week + lag
        if rule == "match":
            assert response.depth < 1.0
            assert own * (1.0 - response.depth) >= their * (1.0 - 1e-12) - 1e-6 * own


@given(st.floats(0.01, 2.0), st.floats(0.01, 2.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_strength_cuts_deeper(own: float, their: float, a: float, b: float) -> None:
    situation = observed(4, rivalry(own=own, their=their))
    weak, strong = (
        active_depth(react(spec(strength=s), situation, []), "cut", "imported", 6) for s in sorted((a, b))
    )
    assert weak <= strong


@pytest.mark.parametrize(
    ("kind", "depth", "last"), [("cut", 1.0, 9), ("cut", -0.1, 9), ("cut", NAN, 9), ("raise", 0.1, 9),
                                ("exclusivity", 1.1, 9), ("cut", 0.1, 2)],
)  # fmt: skip
def test_impossible_responses_are_refused(kind: Any, depth: float, last: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        Response(kind, "imported", depth, 3, last)


# --- rules of a user's own ---------------------------------------------------------------------------

Own = Callable[..., Iterable[Any]]


def registered(monkeypatch: pytest.MonkeyPatch, rule: Own) -> schema.Reaction:
    """A reaction whose rule is found under the name `mine`."""

    def find(group: str, name: str) -> Own:
        assert (group, name) == ("sim.reactions", "mine")
        return rule

    monkeypatch.setattr(reactions.plugins, "find", find)
    return spec("plugin", plugin="mine", settings={"courage": 0.4})


def plain(value: object) -> bool:
    """Numbers, text and dates, and tuples and frozen records of them."""
    if is_dataclass(value):
        return all(plain(getattr(value, f.name)) for f in fields(value))
    if isinstance(value, tuple):
        return all(map(plain, value))
    return type(value) in (int, float, str, date)


def test_a_plugin_sees_the_situation_and_its_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: called once per look that finds something, with plain data; its answer is taken."""
    calls: list[tuple[Any, ...]] = []

    def rule(*args: Any) -> Iterable[Response]:
        calls.append(args)
        yield cut(5, 6, depth=args[1]["courage"])

    watcher = Watcher(mesa.Model(), "own", registered(monkeypatch, rule))
    situation = observed(4, rivalry(), rivalry("fashion", share=0.0))
    for week in (0, 3):
        watcher.look(observed(week, rivalry()))
    watcher.look(observed(4, rivalry(share=0.0)))
    watcher.look(situation)
    assert calls == [(situation, {"courage": 0.4})]
    assert plain(calls[0][0])
    assert watcher.responses == [cut(5, 6, depth=0.4)]


def test_a_plugin_is_not_asked_while_its_answer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: an answer of any kind, in the category or in all, counts until it is over."""
    words = registered(monkeypatch, lambda *args: [cut(12, 13)])
    assert react(words, observed(8, rivalry()), [Response("exclusivity", "", 0.2, 1, 8)]) == []
    assert react(words, observed(8, rivalry()), [Response("exclusivity", "", 0.2, 1, 7)]) == [cut(12, 13)]


def test_a_plugin_cannot_write_to_its_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    words = registered(monkeypatch, lambda situation, settings: settings.clear() or [])
    assert react(words, observed(4, rivalry()), []) == []
    assert words.settings == {"courage": 0.4}


def test_a_plugin_that_gives_nonsense_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    words = registered(monkeypatch, lambda *args: [0.3])
    with pytest.raises(TypeError, match=r"reaction 'mine' gave 0\.3, expected a Response"):
        react(words, observed(4, rivalry()), [])
    words = registered(monkeypatch, lambda *args: [cut(3, 9)])
    with pytest.raises(ValueError, match="expected no past"):
        react(words, observed(4, rivalry()), [])


# --- saved states ------------------------------------------------------------------------------------


def test_a_saved_watcher_goes_on_bit_for_bit() -> None:
    """Expected: written as JSON with an answer pending, it decides as the other does."""
    first, second = (Watcher(mesa.Model(), "matching", spec(strength=1 / 3)) for _ in range(2))
    first.look(observed(4, rivalry(own=1.1, their=0.7)))
    second.restore(json.loads(json.dumps(first.state())))
    assert second.responses == first.responses != []
    for watcher in (first, second):
        watcher.look(observed(8, rivalry(), rivalry("fashion")))
    assert [r.category for r in second.responses] == ["imported", "fashion"]
    assert second.responses == first.responses
