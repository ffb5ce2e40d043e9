"""Terms of a question from made-up runs: break-even and Nash rates, hosts, clauses, maps and elasticities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from sim.decisions import bargain
from sim.decisions.question import Question
from sim.decisions.samples import Samples
from sim.decisions.studies import Scale, Studies
from tests.decisions import tiny

Deal = dict[str, tiny.Column]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question: a commission of 3 %, equal power, West belongs to South."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def deal(
    entrant: tiny.Column, north: tiny.Column = 0.0, south: tiny.Column = 0.0, west: tiny.Column = 0.0,
    volume: tiny.Column = 100.0, sales: tiny.Column = 0.0,
) -> Deal:  # fmt: skip
    """Numbers of an option."""
    return {
        "value_faraway": entrant, "value_north": north, "value_south": south, "value_west": west,
        "volume": volume, "sales": sales,
    }  # fmt: skip


SHORT = deal(4.0, north=2.0, south=-50.0, west=-50.0)
"""Break-even at 3 + 4 = 7 % and 3 - 2 = 1 %, so 4 % by Nash, with 3 for each."""
ON_SOUTH = deal(2.0, north=-50.0, south=3.0, west=-1.0, volume=50.0)
"""Break-even at 3 + 4 = 7 % and 3 - 4 = -1 %, so 3 % by Nash, with 2 for each."""


def two(short: Deal = SHORT, on_south: Deal = ON_SOUTH, draws: int = 4, **more: Deal) -> Samples:
    return tiny.samples({"short": short, "on_south": on_south, **more}, draws)


def column(table: pd.DataFrame, option: str) -> pd.Series:
    return table.set_index("option").loc[option]


# --- hosts ---------------------------------------------------------------------------------------


def test_known_deals(asked: Question) -> None:
    table = bargain.hosts(asked, two())
    short, south = column(table, "short"), column(table, "on_south")
    for row, known in ((short, (0.07, 0.01, 0.04, 3.0, 3.0)), (south, (0.07, -0.01, 0.03, 2.0, 2.0))):
        found = [
            row[name] for name in ("entrant_max", "host_min", "legal", "entrant_at_nash", "host_at_nash")
        ]
        assert found == pytest.approx(list(known))
        assert row.nash == pytest.approx(row.legal)
    assert list(short[["entrant", "host", "joint", "volume", "suits"]]) == [4, 2, 6, 100, 1]
    assert list(south[["entrant", "host", "joint", "volume", "suits"]]) == [2, 2, 4, 50, 1]
    assert short.title == "Four weeks on North"


def test_the_best_host_comes_first_and_is_what_the_others_are_up_against(asked: Question) -> None:
    """Elsewhere 2 lowers the entrant's highest rate on North to 5 %, 3 that on South to 1 %."""
    table = bargain.hosts(asked, two())
    assert table.option.tolist() == ["short", "on_south"]
    assert table.elsewhere.tolist() == pytest.approx([2.0, 3.0])
    assert table.nash_elsewhere.tolist() == pytest.approx([(0.05 + 0.01) / 2, (0.01 - 0.01) / 2], abs=1e-15)
    turned = bargain.hosts(asked, two(on_south=deal(6.0, south=6.0, volume=50.0)))
    assert turned.option.tolist() == ["on_south", "short"]


def test_no_rate_suits_both(asked: Question) -> None:
    table = bargain.hosts(asked, two(short=deal(4.0, north=-5.0)))
    assert table.option.tolist() == ["on_south", "short"], "last, as nothing is left at a rate that is none"
    row = column(table, "short")
    assert row.note == "no rate suits both"
    assert row[["nash", "legal", "entrant_at_nash", "host_at_nash", "nash_elsewhere"]].isna().all()
    assert row.suits == 0.0
    assert column(table, "on_south").elsewhere == 0.0


def test_no_legal_rate_suits_both(asked: Question) -> None:
    """Break-even at -1 % and -6 %: only a host that pays."""
    row = column(bargain.hosts(asked, two(short=deal(-4.0, north=9.0))), "short")
    assert row.nash == pytest.approx(-0.035)
    assert np.isnan(row.legal)
    assert np.isnan(row.entrant_at_nash)
    assert "the host pays the entrant" in row.note


def test_a_rate_below_zero_is_held_at_zero(asked: Question) -> None:
    """Break-even at 1 % and -5 %: -2 % by Nash, 0 legally, at which the entrant has 1 and the host 5."""
    row = column(bargain.hosts(asked, two(short=deal(-2.0, north=8.0))), "short")
    found = [row[name] for name in ("nash", "legal", "entrant_at_nash", "host_at_nash")]
    assert found == pytest.approx([-0.02, 0.0, 1.0, 5.0])


def test_intervals_and_shares_are_over_draws(asked: Question) -> None:
    """Student's interval of the values at the Nash rate; it suits where the joint surplus is above zero."""
    entrant = [1.0, 3.0, 5.0, 7.0]
    row = column(bargain.hosts(asked, two(short=deal(entrant, north=[2.0, 2.0, 2.0, -8.0]))), "short")
    assert row.suits == 0.75
    assert row.host == -0.5
    assert row.entrant_max == pytest.approx(0.07)
    assert row.host_min == pytest.approx(0.035)
    values = np.array(entrant) - (0.0525 - 0.03) * 100
    half = t.ppf(0.95, 3) * values.std(ddof=1) / 2
    ends = [row.entrant_at_nash, row.entrant_at_nash_low, row.entrant_at_nash_high]
    assert ends == pytest.approx([values.mean(), values.mean() - half, values.mean() + half])
    assert row.entrant_max_low < row.entrant_max < row.entrant_max_high


def test_power_shares_the_surplus(tmp_path: Path) -> None:
    """A quarter of the power for the host: 1 + (7 - 1) / 4 = 2.5 %."""
    asked = tiny.question(tmp_path, ("terms:\n  option: short", "terms:\n  power: 0.25\n  option: short"))
    row = column(bargain.hosts(asked, two()), "short")
    assert [row.legal, row.entrant_at_nash, row.host_at_nash] == pytest.approx([0.025, 4.5, 1.5])
    assert bargain.nash_rate(asked, two()) == 0.025


def test_the_nash_rate_of_the_terms(asked: Question) -> None:
    assert bargain.nash_rate(asked, two()) == 0.04
    assert bargain.nash_rate(asked, two(short=deal(4.0, north=2.02))) == 0.0399, "in hundredths of a percent"
    assert bargain.nash_rate(asked, two(short=deal(4.0, north=-5.0))) == 0.03, "nothing suits: as it is"
    assert bargain.nash_rate(asked, two(short=deal(-4.0, north=9.0))) == 0.03


def test_an_owner_has_all_its_platforms(asked: Question) -> None:
    worlds = two()
    assert bargain.host_value(asked, worlds, "short").tolist() == [2.0] * 4
    assert bargain.host_value(asked, worlds, "on_south").tolist() == [2.0] * 4
    for host, value in (("north", 2.0), ("south", -100.0), ("west", -100.0)):
        assert bargain.host_value(asked, worlds, "short", host).tolist() == [value] * 4
    found = tiny.samples({"at_0": SHORT}, 2)
    assert bargain.host_value(asked, found, "at_0").tolist() == [2.0] * 2, (
        "options of the terms stand where it does"
    )


def test_another_option_has_a_row_of_its_own(asked: Question) -> None:
    found = bargain.recommended(asked, two(long=deal(8.0, north=2.0)), "long")
    assert found.option.tolist() == ["long"]
    assert found.legal[0] == pytest.approx((0.11 + 0.01) / 2)


# --- clauses -------------------------------------------------------------------------------------


def test_a_clause_is_worth_what_it_changes_whether_it_is_there_or_added(asked: Question) -> None:
    """Without the link 3 and 2.5 instead of 4 and 2; with the guarantee 3.5 and 2.4."""
    worlds = two(
        clause_link=deal(3.0, north=2.5, volume=80.0), clause_guarantee=deal(3.5, north=2.4, volume=50.0)
    )
    table = bargain.clauses(asked, worlds).set_index(["clause", "party"])
    assert table.worth.to_dict() == pytest.approx({
        ("link", "entrant"): 1.0, ("link", "host"): -0.5,
        ("guarantee", "entrant"): -0.5, ("guarantee", "host"): 0.4,
    })  # fmt: skip
    assert table.change.to_dict() == pytest.approx({
        ("link", "entrant"): 1.0 / 100, ("link", "host"): 0.5 / 100,
        ("guarantee", "entrant"): -0.5 / 50, ("guarantee", "host"): -0.4 / 50,
    })  # fmt: skip
    assert table.title["link", "host"] == "North tells of the own site"


def test_without_clauses_there_is_an_empty_table(tmp_path: Path) -> None:
    text = tiny.FILES["tiny.yaml"]
    part = text[text.index("  clauses:\n") : text.index("  price_check:\n")]
    assert bargain.clauses(tiny.question(tmp_path, (part, "")), two()).empty


# --- lines ---------------------------------------------------------------------------------------


def straight(bend: float = 0.0) -> Samples:
    """Values on lines in the commission, 0, 5 and 10 %, but for a bend of the entrant's in the middle."""
    made = {
        f"at_{k}": deal(10.0 - 100 * f + (bend if k == 1 else 0.0), north=2.0 + 100 * f)
        for k, f in enumerate((0, 0.05, 0.1))
    }  # fmt: skip
    return tiny.samples(made, 3)


def test_straight_lines_are_straight(asked: Question) -> None:
    (row,) = bargain.straight(asked, straight()).to_dict("records")
    assert row["worst"] < 1e-14
    assert row["commissions"] == "0%, 5%, 10%"
    (bent,) = bargain.straight(asked, straight(1.0)).to_dict("records")
    assert [bent["entrant"], bent["host"], bent["worst"]] == pytest.approx([1 / (100 * 0.1), 0.0, 0.1])


EXPOSURES = np.array([0.2, 0.4, 0.8])


def seen(entrant: list[float], north: list[float], volume: list[float]) -> Samples:
    made = {
        f"seen_{k}": deal(e, north=h, volume=g)
        for k, (e, h, g) in enumerate(zip(entrant, north, volume, strict=True))
    }
    return tiny.samples(made, 2)


def test_the_map_goes_through_what_was_simulated(asked: Question) -> None:
    """At commission zero the entrant has 3 % of the volume more than at that of the contract."""
    entrant, north, volume = [1.0, 3.0, 4.0], [1.0, 0.0, -2.0], [50.0, 100.0, 150.0]
    table = bargain.map_of_terms(asked, seen(entrant, north, volume))
    assert len(table) == 41 * 41
    assert (table.commission.min(), table.commission.max()) == (0.0, 0.1)
    for exposure, e, h, g in zip(EXPOSURES, entrant, north, volume, strict=True):
        there = table[np.isclose(table.exposure, exposure, rtol=1e-12)].set_index("commission")
        assert len(there) == 41
        np.testing.assert_allclose(there.entrant, e + 0.03 * g - there.index * g, atol=1e-12)
        np.testing.assert_allclose(there.host, h - 0.03 * g + there.index * g, atol=1e-12)


def test_between_simulated_exposures_it_is_straight_in_their_logarithm(asked: Question) -> None:
    table = bargain.map_of_terms(asked, seen([1.0, 3.0, 4.0], [0.0] * 3, [50.0, 100.0, 150.0]))
    none = table[table.commission == 0.0].sort_values("exposure").entrant.to_numpy()
    known = np.concatenate([np.linspace(2.5, 6.0, 21), np.linspace(6.0, 8.5, 21)[1:]])
    np.testing.assert_allclose(none, known, rtol=1e-12)


numbers = st.lists(st.floats(-3, 3), min_size=3, max_size=3)


@settings(max_examples=25, deadline=None)
@given(numbers, numbers, st.lists(st.floats(60, 200), min_size=3, max_size=3))
def test_map_and_lines_agree(
    asked: Question, entrant: list[float], north: list[float], volume: list[float]
) -> None:
    """Where a value is zero on the map lies its line, in the middle between both lies Nash."""
    worlds = seen(entrant, north, volume)
    table, found = bargain.map_of_terms(asked, worlds), bargain.lines(asked, worlds)
    for (_, part), (_, line) in zip(table.groupby("exposure"), found.iterrows(), strict=True):
        for party, rate in (("entrant", line.entrant_max), ("host", line.host_min)):
            slope = (part[party].iloc[-1] - part[party].iloc[0]) / 0.1
            assert part[party].iloc[0] + slope * rate == pytest.approx(0.0, abs=1e-9)
            if 0 <= rate <= 0.1:
                assert np.interp(rate, part.commission, part[party]) == pytest.approx(0.0, abs=1e-9)
        assert line.nash == pytest.approx((line.entrant_max + line.host_min) / 2)


# --- elasticities --------------------------------------------------------------------------------


def test_elasticity_of_known_sales(asked: Question) -> None:
    """Quantity falls with price to the power of -1.6 on North and -1.2 on South; sales are money."""
    sales = np.array([80.0, 120.0, 100.0])
    worlds = two(
        deal(1.0, sales=sales), deal(1.0, sales=sales), 3,
        dearer_short=deal(1.0, sales=sales * 1.05**-1.6 * 1.05),
        dearer_on_south=deal(1.0, sales=sales * 1.05**-0.2),
    )  # fmt: skip
    table = bargain.elasticities(asked, worlds).set_index("option")
    assert table.elasticity.to_dict() == pytest.approx({"short": -1.6, "on_south": -1.2})
    assert table.low.to_dict() == pytest.approx(table.elasticity.to_dict()), "the same in all draws"
    assert table.believed.to_dict() == {"short": True, "on_south": False}
    assert set(table.published) == {-2.5}
    assert set(table.weakest) == {-1.5}


def test_elasticity_is_one_of_means(asked: Question) -> None:
    """Sales 100 + 300 fall to 90 + 200: ln(290 / 400) / ln 1.05 - 1, not the mean over draws."""
    before, after = deal(1.0, sales=[100.0, 300.0]), deal(1.0, sales=[90.0, 200.0])
    table = bargain.elasticities(asked, two(before, before, 2, dearer_short=after, dearer_on_south=after))
    assert table.elasticity[0] == pytest.approx(np.log(290 / 400) / np.log(1.05) - 1)
    assert table.low[0] < table.elasticity[0] < table.high[0]


def test_without_a_published_elasticity_none_is_looked_at(tmp_path: Path) -> None:
    text = tiny.FILES["tiny.yaml"]
    part = text[text.index("  price_check:\n") : text.index("afterwards:\n")]
    assert bargain.elasticities(tiny.question(tmp_path, (part, "")), two()).empty


# --- simulated -----------------------------------------------------------------------------------


def test_simulated_terms(asked: Question, tmp_path: Path) -> None:
    """A commission only moves money; a guarantee is a transfer; dearer goods sell less."""
    made = Studies(asked, tmp_path / "s", Scale(consumers=300, worlds=1), "serial").terms()
    assert bargain.straight(asked, made).worst[0] < 1e-9
    table = bargain.clauses(asked, made).set_index(["clause", "party"])
    assert table.worth["guarantee", "host"] > 1e7
    assert table.worth["guarantee", "entrant"] == pytest.approx(-table.worth["guarantee", "host"], rel=1e-6)
    assert (bargain.elasticities(asked, made).elasticity < 0).all()
    at_nash = bargain.deal(asked, made, "short").at(bargain.nash_rate(asked, made))
    assert at_nash[0].mean() == pytest.approx(at_nash[1].mean(), rel=0.02)
