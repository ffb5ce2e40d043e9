"""The one recorded baseline: a small table that must be the same on every machine and version.

Regenerate it after a change that is meant to move results, and say so in CHANGELOG.md:

    python -m tests.golden
"""

from __future__ import annotations

import json
from pathlib import Path

from sim.consumers.demand import Record
from tests.markets import autumn, market

FILE = Path(__file__).with_name("golden.json")
WEEKS = 10


def golden_table() -> dict[str, dict[str, float]]:
    """Sales of ten weeks by channel and category, the books of two firms, awareness, surplus."""
    m = market(
        autumn("popup_on_pinduoduo_2019", "storefronts.amazon_on_pinduoduo.exposure=0.5"),
        3_000,
        record=Record(),
    )
    for _ in range(WEEKS):
        m.step()
    sales = m.sales_table().groupby(["channel", "category"])[["orders_realised", "gmv_realised", "gmv"]].sum()
    surplus = m.surplus_table().groupby("category")[["decision", "core", "pathwise"]].sum()
    aware = m.people_table().groupby("name").aware.sum()
    table = {f"{channel} {category}": row.to_dict() for (channel, category), row in sales.iterrows()}
    table |= {f"surplus {name}": row.to_dict() for name, row in surplus.iterrows()}
    table["aware"] = aware.to_dict()
    table["flows"] = {name: float(m.ledger.flows(name, WEEKS).sum()) for name in ("amazon", "pinduoduo")}
    return table


if __name__ == "__main__":
    FILE.write_text(json.dumps(golden_table(), indent=1) + "\n", encoding="utf-8")
