"""What the pop-up is worth under several rules of learning, and what it does to people whom it was shown to.

    python -m tests.validation.lift

prints the table of docs/evidence.md, "Seeing is not knowing"; about five minutes. It becomes an outcome when
the demand side is fitted against field experiments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.engine.loop import weeks
from sim.engine.seeds import Seeds, replication_seeds
from sim.engine.start import MarketSettings
from sim.experiments.compare import Settings, compare
from sim.market import Market
from sim.scenario import load
from sim.scenario.schema import Scenario
from tests.markets import SCENARIOS
from tests.runs import weights

CONSUMERS, REPLICATIONS, WEEKS_AFTER = 20_000, 6, 25
STORE, SITE, GOODS = "amazon_on_pinduoduo", "amazon_global", "imported"
SHOP_ALONE = "behaviour.hosted_consideration=storefront"
BY_BUYING = "brands.amazon.awareness.learning_by_buying=0.5"
BY_SEEING = "brands.amazon.awareness.learning_by_seeing={}"
FADES = "brands.amazon.awareness.fresh_forgetting=0.1"
RULES: dict[str, tuple[str, ...]] = {
    "for certain; only who knows the brand considers the storefront (as in the published results)": (),
    "for certain; whoever knows the storefront considers it": (SHOP_ALONE,),
    "with a chance of 0.3, by a purchase 0.5": (SHOP_ALONE, BY_BUYING, BY_SEEING.format(0.3)),
    "with a chance of 0.1, by a purchase 0.5": (SHOP_ALONE, BY_BUYING, BY_SEEING.format(0.1)),
    "the same, and forgets it at 10 % a week until met again": (
        SHOP_ALONE, BY_BUYING, BY_SEEING.format(0.1), FADES,
    ),
    "with a chance of 0.03, otherwise the same": (SHOP_ALONE, BY_BUYING, BY_SEEING.format(0.03), FADES),
}  # fmt: skip


def pair(rules: Sequence[str]) -> tuple[Scenario, Scenario]:
    """Staying out and the pop-up, both under the same rules."""
    files = ("stay_out.yaml", "popup_on_pinduoduo_2019.yaml")
    one, two = (load(SCENARIOS / file, sets=rules).scenario for file in files)
    return one, two


def lift(base: Scenario, other: Scenario, seeds: Seeds, consumers: int = CONSUMERS) -> float:
    """Share by which people who noticed the storefront order more on the own site in the weeks after closing.

    The same people in both markets, each counted as many times as the people for whom they stand.
    """
    settings = MarketSettings(seeds, consumers)
    with settings.open(base) as before, settings.open(other) as after:
        bit = np.uint64(after.consumers.layout.bit(channel=STORE))
        closing = after.calendar.week_of(other.storefronts[STORE].open.to or other.time.end)
        last = closing + 1 + WEEKS_AFTER
        assert last <= after.horizon
        shown, orders = np.zeros(consumers, bool), np.zeros((2, consumers))
        for week in weeks([before, after], last):
            if week <= closing:
                shown |= after.consumers.columns.aware & bit != 0
            else:
                orders += [site_orders(market) for market in (before, after)]
        people = weights(after) * shown
        return float((people * orders[1]).sum() / (people * orders[0]).sum() - 1.0)


def site_orders(market: Market) -> npt.NDArray[np.int64]:
    """Orders of each consumer on the brand's own site in the week just run."""
    place = [offer.channel for offer in market.offers[GOODS]].index(SITE)
    codes = market.demand.diaries[GOODS].codes
    return np.asarray(((codes >= 0) & (codes // 7 == place)).sum(axis=0))


def row(title: str, rules: Sequence[str]) -> str:
    """One line of the table."""
    base, other = pair(rules)
    settings = Settings(replications=REPLICATIONS, consumers=CONSUMERS, workers=2)
    found = compare(("stay out", base), {"pop-up": other}, settings).summary()
    amazon = found[(found.party == "amazon") & (found.tier == "all") & (found.period != "after")]
    sales, value = (amazon[amazon.outcome == name].iloc[0] for name in ("hosted GMV", "NPV with run-off"))
    money = f"{value.difference / 1e6:.1f} ({value.low / 1e6:.1f} to {value.high / 1e6:.1f})"
    lifts = [100.0 * lift(base, other, seeds) for seeds in replication_seeds(1, REPLICATIONS, "both")]
    more = f"{np.mean(lifts):.0f} ({min(lifts):.0f} to {max(lifts):.0f})"
    return f"| {title} | {sales.difference / 1e6:.0f} | {money} | {more} |"


if __name__ == "__main__":
    for one, rules in RULES.items():
        print(row(one, rules), flush=True)
