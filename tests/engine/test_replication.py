"""A replication is a pair of seeds and a world that all scenarios share."""

from __future__ import annotations

import pytest

from sim.engine.replication import AS_WRITTEN, replications
from sim.engine.seeds import replication_seeds
from sim.experiments.compare import Settings, compare
from sim.scenario.changes import Assignment, UnsoundError
from tests.markets import autumn

OUT, OPEN = autumn("stay_out"), autumn("popup_on_pinduoduo_2019")
QUICK = (Assignment("brands.amazon.awareness.forgetting", 2.0, "multiply"),)
DEAR = (Assignment("platforms.jd.assortments.imported.price", 1.3), Assignment("behaviour.trust_gain", 0.0))


def test_without_worlds_scenarios_are_as_they_are_written() -> None:
    found = replications(5, 3)
    assert [one.seeds for one in found] == replication_seeds(5, 3)
    assert [one.world for one in found] == [AS_WRITTEN] * 3
    assert found[0].scenario(OUT) is OUT


def test_worlds_are_taken_in_turn_and_laid_over_everything() -> None:
    found = replications(5, 4, worlds=(QUICK, DEAR))
    assert [one.world for one in found] == [QUICK, DEAR, QUICK, DEAR]
    for scenario in (OUT, OPEN):
        forgetting = scenario.brands["amazon"].awareness.forgetting
        assert found[0].scenario(scenario).brands["amazon"].awareness.forgetting == 2.0 * forgetting
        made = found[1].scenario(scenario)
        assert made.platforms["jd"].assortments["imported"].price == 1.3
        assert made.behaviour.trust_gain == 0.0
        assert made.storefronts == scenario.storefronts


def test_a_world_changes_baseline_and_scenario_alike() -> None:
    size = Settings(replications=2, consumers=300, workers=1)
    plain, other = (
        compare(("out", OUT), {"open": OPEN}, size, worlds=worlds).weekly
        for worlds in ((AS_WRITTEN,), (AS_WRITTEN, DEAR))
    )
    before = other.week < 3
    assert (other.baseline[before] == other.with_scenario[before]).all()
    first = other.replication == 0
    assert plain[first].equals(other[first])
    jd = (other.channel == "jd") & (other.replication == 1) & (other.category == "imported")
    assert other.baseline[jd].sum() < plain.baseline[jd].sum()


def test_a_world_without_sense_is_refused() -> None:
    (wrong,) = replications(1, 1, worlds=((Assignment("platforms.jd.assortments.imported.price", -1),),))
    with pytest.raises(UnsoundError, match=r"platforms\.jd\.assortments\.imported\.price"):
        wrong.scenario(OUT)
    with pytest.raises(ValueError, match="no world"):
        replications(1, 1, worlds=())
