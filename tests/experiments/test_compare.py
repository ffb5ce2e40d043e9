"""Comparisons on shared draws: flows, outcomes, intervals, files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.engine.seeds import replication_seeds
from sim.experiments.compare import RECORD, Comparison, Settings, compare
from sim.experiments.folders import clear, save_comparison
from sim.experiments.results import COLUMNS
from sim.experiments.stored import open_comparison
from sim.files import write_atomically, write_text
from sim.market import Market
from sim.outcomes.parties import HOST, HOST_GROUP, RIVALS, SITE, role_of_channel
from sim.outcomes.people import customer_rows
from sim.outcomes.table import summarise, window
from sim.outcomes.volume import NOTHING_ONLINE, changed, source_of_volume
from sim.scenario import load
from tests.markets import AUTUMN, CLOSED, SCENARIOS

SETS = [*AUTUMN, *CLOSED]
SHOWN = [*SETS, "storefronts.amazon_on_pinduoduo.exposure=1", "storefronts.amazon_on_pinduoduo.appeal=0.5"]
FILES = {
    "stay_out": load(SCENARIOS / "stay_out.yaml", sets=SETS),
    "popup": load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=SHOWN),
}
SETTINGS = Settings(replications=3, consumers=4_000, run_off=False)


@pytest.fixture(scope="module")
def popup() -> Comparison:
    return compare(("stay_out", FILES["stay_out"].scenario), {"popup": FILES["popup"].scenario}, SETTINGS)


def test_needs_are_the_same_and_flows_add_up(popup: Comparison) -> None:
    """Every need of the baseline is a need of the scenario; hosted sales are what flows bring there."""
    flows = popup.flows
    hosted = flows[flows.destination == "amazon_on_pinduoduo"]
    assert len(hosted) > 10
    assert set(changed(hosted).origin) <= {
        *FILES["popup"].scenario.platforms,
        "amazon_global",
        NOTHING_ONLINE,
    }
    weekly = popup.weekly[popup.weekly.channel == "amazon_on_pinduoduo"]
    assert hosted.paid_after.sum() == pytest.approx(
        weekly.with_scenario.sum(), rel=0.15
    )  # realised, expected


def test_nothing_changes_before_the_storefront_opens(popup: Comparison) -> None:
    """Shared draws: differences are exactly zero in the weeks before."""
    before = popup.weekly[popup.weekly.week < 3]
    assert (before.difference == 0.0).all()
    assert (popup.weekly[popup.weekly.week >= 3].difference != 0.0).any()
    assert changed(popup.flows[popup.flows.week < 3]).empty


def test_source_of_volume_is_complete(popup: Comparison) -> None:
    roles = role_of_channel(FILES["stay_out"].scenario, FILES["popup"].scenario)
    source = source_of_volume(popup.flows, ["amazon_on_pinduoduo"], roles)
    assert source.share.sum() == pytest.approx(1.0)
    assert {"rival platforms", "not bought online"} <= set(source.group)


def test_outcomes_agree_with_each_other(popup: Comparison) -> None:
    """Tiers add up to all; brand sales are the sum of its channels; host sales hold the storefront."""
    rows = popup.outcomes.set_index(["replication", "outcome", "party", "period", "tier"]).difference
    by_tier = popup.outcomes[(popup.outcomes.tier != "all") & (popup.outcomes.outcome == "brand GMV")]
    whole = by_tier.groupby(["replication", "period"]).difference.sum()
    for (replication, period), total in whole.items():
        brand = rows[replication, "brand GMV", "amazon", period, "all"]
        channels = [
            rows[replication, "channel GMV", c, period, "all"]
            for c in ("amazon_global", "amazon_on_pinduoduo")
        ]
        assert total == pytest.approx(brand)
        assert sum(channels) == pytest.approx(brand)


def test_summary_closed_form() -> None:
    """Paired differences 1, 2, 3: mean 2, Student interval 2 +- 2.92 / sqrt(3); variance ratio by hand."""
    table = pd.DataFrame(
        {"scenario": "s", "outcome": "o", "party": "p", "tier": "all", "period": "horizon", "unit": "yuan",
         "replication": [0, 1, 2], "baseline": [10.0, 20.0, 30.0], "with_scenario": [11.0, 22.0, 33.0]}
    )  # fmt: skip
    row = summarise(table.assign(difference=table.with_scenario - table.baseline)).iloc[0]
    assert row.difference == pytest.approx(2.0)
    assert row.high - row.difference == pytest.approx(2.91999 / np.sqrt(3), rel=1e-5)
    assert row.variance_ratio == pytest.approx((100 + 121) / 1.0)


def test_shared_draws_save_variance(popup: Comparison) -> None:
    summary = popup.summary()
    row = summary[
        (summary.outcome == "category GMV") & (summary.party == "imported") & (summary.tier == "all")
    ]
    assert (row.variance_ratio > 20).all()


def test_saved_comparison_reads_back_with_units(popup: Comparison, tmp_path: Path) -> None:
    written = save_comparison(tmp_path / "out", popup, FILES, SETTINGS, ["sim", "compare"])
    again = open_comparison(tmp_path / "out").comparison
    for name in ("outcomes", "weekly", "flows", "people"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(popup, name), check_dtype=False)
    assert again.scenarios["stay_out"] == FILES["stay_out"].scenario
    schema = pq.read_schema(tmp_path / "out" / "flows.parquet")
    assert schema.field("paid_after").metadata[b"unit"] == b"yuan"
    assert json.loads(schema.metadata[b"provenance"])["settings"]["replications"] == 3
    assert all(path.exists() for path in written)
    assert not list((tmp_path / "out").glob(".*"))


def test_incomplete_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no complete comparison \(no outcomes\.parquet"):
        open_comparison(tmp_path)


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_different_markets_are_refused() -> None:
    other = load(SCENARIOS / "stay_out.yaml", sets=[*SETS, "tiers.T1.income=1"]).scenario
    with pytest.raises(ValueError, match="x and stay_out differ in tiers"):
        compare(("stay_out", FILES["stay_out"].scenario), {"x": other}, SETTINGS)


def test_seeds_do_not_depend_on_how_many() -> None:
    assert replication_seeds(7, 5)[:3] == replication_seeds(7, 3)
    worlds = {s.world for s in replication_seeds(7, 5, "shock")}
    shocks = {s.shock for s in replication_seeds(7, 5, "shock")}
    assert (len(worlds), len(shocks)) == (1, 5)


def test_every_column_is_declared(popup: Comparison) -> None:
    for table in (popup.outcomes, popup.weekly, popup.flows, popup.people):
        assert set(table.columns) <= set(COLUMNS)


def test_customers_are_counted_at_the_horizon() -> None:
    """Customers, winners and losers do not depend on whether the run-off is run as well."""
    sets = [s for s in SHOWN if not s.startswith("time.end")] + [
        "time.end=2020-01-05",
        "finance.runoff_weeks=6",
    ]
    base = load(SCENARIOS / "stay_out.yaml", sets=[s for s in sets if "amazon_on" not in s]).scenario
    other = load(SCENARIOS / "popup_on_pinduoduo_2019.yaml", sets=sets).scenario
    found = []
    for run_off in (False, True):
        settings = Settings(replications=1, consumers=3_000, run_off=run_off)
        table = compare(("base", base), {"popup": other}, settings).outcomes
        rows = table[table.outcome.isin(["customers ever", "people better off", "people worse off"])]
        found.append(rows.reset_index(drop=True))
    pd.testing.assert_frame_equal(found[0], found[1], check_exact=True)
    assert (found[0].difference > 0).any()


def test_customers_winners_and_losers_by_hand() -> None:
    """Three customers more, two winners, one loser, one who gains less than a cent: weights added by hand."""
    with (
        Market(FILES["stay_out"].scenario, consumers=500, record=RECORD) as base,
        Market(FILES["popup"].scenario, consumers=500, record=RECORD) as other,
    ):
        weight = np.repeat(base.consumers.strata.weight, base.consumers.strata.count)
        amazon = base.consumers.layout.firms.index("amazon")
        base.consumers.columns.last_order[amazon, 7] = 5
        other.consumers.columns.last_order[amazon, [7, 20, 100, 400]] = (5, 0, -3, 9)
        other.demand.gain[[1, 300, 30, 31]] = (5.0, 0.5, -2.0, 0.001)
        rows = {row["outcome"]: row for row in customer_rows(base, other)}
    assert rows["customers ever"]["baseline"] == pytest.approx(weight[7])
    assert rows["customers ever"]["difference"] == pytest.approx(weight[[20, 100, 400]].sum())
    assert rows["people better off"]["difference"] == pytest.approx(weight[[1, 300]].sum())
    assert rows["people worse off"]["difference"] == pytest.approx(weight[30])


def test_a_second_run_removes_only_what_the_first_wrote(popup: Comparison, tmp_path: Path) -> None:
    save_comparison(tmp_path, popup, FILES, SETTINGS, ["sim", "compare"])
    old = [tmp_path / name for name in ("stay_out_summary.png", "outcomes.parquet")]
    mine = [tmp_path / name for name in ("my_notes.csv", "my_own.png")]
    for path in (*old, *mine):
        path.touch()
    clear(tmp_path)
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in mine)


def test_values_are_those_of_the_books(popup: Comparison) -> None:
    """NPV rows against the closed form on the ledger of a market of the first pair of seeds."""
    seeds = replication_seeds(SETTINGS.root_seed, 1)[0]
    with Market(
        FILES["popup"].scenario, world_seed=seeds.world, shock_seed=seeds.shock, consumers=SETTINGS.consumers
    ) as market:
        flows = market.run().ledger.flows("amazon", market.horizon)
    expected = sum(flow * 1.1 ** (-(week - 3) / 52) for week, flow in enumerate(flows))
    rows = popup.outcomes[
        (popup.outcomes.outcome == "NPV, cut at the horizon") & (popup.outcomes.replication == 0)
    ]
    assert rows[rows.party == "amazon"].with_scenario.item() == pytest.approx(expected, rel=1e-9)
    assert "NPV with run-off" not in set(popup.outcomes.outcome)


def test_owner_has_the_flows_of_its_platforms(popup: Comparison) -> None:
    """Alibaba with Kaola (bought in September 2019) = Alibaba + Kaola in these weeks."""
    rows = popup.outcomes[popup.outcomes.replication == 0].set_index(["outcome", "party"]).with_scenario
    value = "NPV, cut at the horizon"
    together = rows[f"{value}, with its platforms", "alibaba"]
    assert together == pytest.approx(rows[value, "alibaba"] + rows[value, "kaola"])


def test_groups_of_origins() -> None:
    """Each origin by hand: nothing, own site, host, a platform of its owner, rival."""
    roles = {"site": SITE, "host": HOST, "sister": HOST_GROUP, "rival": RIVALS}
    flows = pd.DataFrame(
        {
            "origin": [NOTHING_ONLINE, "site", "host", "sister", "rival"],
            "destination": "shop",
            "paid_after": [1.0, 2.0, 3.0, 4.0, 10.0],
        }
    )
    source = source_of_volume(flows, ["shop"], roles).set_index("origin")
    assert source.group.to_dict() == {
        NOTHING_ONLINE: "not bought online", "site": "entrant's own site",
        "host": "host's own merchants", "sister": "host's group", "rival": "rival platforms",
    }  # fmt: skip
    assert source.share["rival"] == pytest.approx(0.5)


def test_window_is_where_the_dates_differ() -> None:
    """An extension differs from the pop-up only in the weeks that it adds."""
    popup = FILES["popup"].scenario
    longer = load(
        SCENARIOS / "popup_on_pinduoduo_2019.yaml",
        sets=[*SHOWN, "storefronts.amazon_on_pinduoduo.open.to=2020-01-12"],
    ).scenario
    assert window(FILES["stay_out"].scenario, popup) == (3, 8)
    assert window(popup, longer) == (9, 9)
    assert window(popup, popup) == (3, 8)
