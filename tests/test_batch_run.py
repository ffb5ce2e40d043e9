"""Mesa users may sweep with what they know: `mesa.batch_run` takes the market as it is."""

from __future__ import annotations

import mesa

from sim.market import Market


def test_mesa_batch_run_runs_the_market() -> None:
    parameters = {
        "scenario": ["scenarios/stay_out.yaml", "scenarios/popup_on_pinduoduo_2019.yaml"],
        "consumers": 300,
        "shock_seed": [1, 2],
    }
    once = {"rng": [None]} if mesa.__version__ >= "3.4" else {"iterations": 1}
    rows = mesa.batch_run(
        Market,
        parameters,
        **once,
        max_steps=2,
        number_processes=1,
        data_collection_period=-1,
        display_progress=False,
    )
    gmv = {(row["scenario"], row["shock_seed"]): row["gmv"] for row in rows}
    assert len(gmv) == 4
    for seed in (1, 2):  # before it opens, a storefront changes nothing
        assert gmv["scenarios/stay_out.yaml", seed] == gmv["scenarios/popup_on_pinduoduo_2019.yaml", seed]
    assert gmv["scenarios/stay_out.yaml", 1] != gmv["scenarios/stay_out.yaml", 2]
    with Market("scenarios/stay_out.yaml", consumers=300, shock_seed=1) as market:
        while market.week <= rows[0]["week"]:  # the collector looks before the week is counted
            market.step()
        assert gmv["scenarios/stay_out.yaml", 1] == sum(tier.gmv for tier in market.city_tiers.values())
