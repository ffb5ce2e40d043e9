"""A small question in a made-up market of a few weeks, and made-up samples of its options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.decisions.question import Question
from sim.decisions.reading import load
from sim.decisions.samples import Samples
from sim.sweep.results import Results

FAIR = Path(__file__).parents[1] / "fair.yaml"
MARKET = """\
extends: fair.yaml
time: {end: 2021-03-28}
finance: {runoff_weeks: 3, discount_rate: 0.2}
brands: {faraway: {awareness: {initial: 0.6, site_known: 0.2, forgetting: 0.02, channel_forgetting: 0.02}}}
platforms: {west: {owner: {2021-02-01: south}}}
behaviour: {habit_weight: 0.3, loyalty_weight: 0.3}
"""
SHOP = """\
title: A shop on North
storefronts:
  faraway_on_north:
    open: {from: 2021-01-25, to: 2021-02-21}
    exposure: 0.5
    price: {goods: {index: 0.95, promotions: {sale: {from: 2021-01-28, to: 2021-01-30, depth: 0.1}}}}
    costs: {goods: 0.7, fixed: 100_000, setup: 1_000_000, exit: 200_000}
    contract: {commission: 0.03, site_link: 0.25, discounts_paid_by_host: 0.5}
"""
UNKNOWNS = """\
schema: 1
scenario: shop.yaml
against: home.yaml
uncertainties: {factors}
design: {{kind: lhs, points: 6, seed: 1}}
consumers: 300
replications: 1
outcomes: {{value: {{outcome: NPV with run-off, party: faraway}}}}
"""
DEEP = """
  exposure: {title: Share that sees it, path: storefronts.faraway_on_north.exposure, low: 0.1, high: 0.9}
  known: {title: Share that knows the brand, path: brands.faraway.awareness.initial, low: 0.2, high: 0.9}"""
PLACES = "{level: {path: intercepts.south.goods, low: -0.5, high: 0.5}}"
QUESTION = """\
schema: 1
title: A shop on North
question: Should Faraway open a shop on North?
unknowns: unknowns.yaml
markets: {parameters: markets.yaml, surviving: surviving.csv, central: central.csv}
entrant: faraway
decided_on: 2021-01-18
stay_out: Keep the own site only
options:
  short: {title: Four weeks on North}
  again: {title: The same in other words, like: short, set: {storefronts.faraway_on_north.exposure: 0.5}}
  long: {title: Eight weeks on North, set: {storefronts.faraway_on_north.open.to: 2021-03-21}}
  on_south: {title: The same on South, set: {storefronts.faraway_on_north.host: south}}
  rule:
    title: Leaves at a threshold
    like: long
    set:
      policies.leave:
        brand: faraway
        storefront: faraway_on_north
        rule: threshold
        threshold: {enter_above: 1e12, exit_below: 0, patience: 1, smoothing: 1}
  dixit:
    title: Leaves at Dixit's threshold
    like: long
    set:
      policies.leave:
        brand: faraway
        storefront: faraway_on_north
        rule: threshold
        threshold: {volatility: 0.4, drift: 0, patience: 2, smoothing: 0.5}
asked:
  length: {title: For how long?, options: [short, long], edges: {long: Nothing longer was tried.}}
  place: {title: On which host?, options: [short, on_south, again]}
recommend: [short, long, on_south]
terms:
  option: short
  commission: storefronts.faraway_on_north.contract.commission
  tried: [0, 0.05, 0.1]
  exposure: storefronts.faraway_on_north.exposure
  exposures: [0.2, 0.4, 0.8]
  hosts: [short, on_south]
  clauses:
    link: {title: North tells of the own site, set: {storefronts.faraway_on_north.contract.site_link: 0}}
    guarantee:
      title: Faraway guarantees a commission
      adds: true
      set: {storefronts.faraway_on_north.contract.guarantee: 200_000_000}
  price_check:
    price: storefronts.faraway_on_north.price.goods.index
    published: -2.5
    weakest: -1.5
    source: made up
afterwards:
  option: rule
  dixit: dixit
  naive: short
  stay: long
  exit_below: policies.leave.threshold.exit_below
  tried: [-1e12, 1e11]
game:
  entrant: [short, long, on_south]
  host: north
  terms:
    little: {title: Little, commission: 0.02, set: {storefronts.faraway_on_north.exposure: 0.2}}
    much: {title: Much, commission: nash, set: {storefronts.faraway_on_north.exposure: 0.8}}
  rivals: [south, west]
  answers:
    nothing: {title: Rivals do nothing}
    match:
      title: South matches prices
      set:
        reactions.match:
          title: South matches
          platform: south
          brand: faraway
          rule: match
          trigger: 0.0001
          strength: 0.5
          every: 1
          lag: 1
          weeks: 4
  replications: 2
tests:
  seen: {title: A count of who sees it, unknown: exposure, error: 0.1, cost: 1_000}
replications: 2
good_enough: 0
"""
FILES = {
    "shop.yaml": MARKET + SHOP,
    "home.yaml": MARKET + "title: No shop\nstorefronts: {faraway_on_north: null}\n",
    "unknowns.yaml": UNKNOWNS.format(factors=DEEP),
    "markets.yaml": UNKNOWNS.format(factors=PLACES),
    "surviving.csv": "level\n0.1\n-0.1\n0.2\n",
    "central.csv": "level\n0.05\n",
    "tiny.yaml": QUESTION,
}


def write(folder: Path, *edits: tuple[str, str], **files: str) -> Path:
    """Put the question into a folder, with edits of its own file and others in the place of those it names.

    Args:
        folder: where to.
        edits: a text that stands there once, and another one for it.
        files: texts by name of the file without its end, none to leave it out.
    """
    texts = {"fair.yaml": FAIR.read_text(encoding="utf-8"), **FILES}
    for old, new in edits:
        assert texts["tiny.yaml"].count(old) == 1, old
        texts["tiny.yaml"] = texts["tiny.yaml"].replace(old, new)
    own = {file: files.get(Path(file).stem, text) for file, text in texts.items()}
    for file, text in own.items():
        if text:
            (folder / file).write_text(text, encoding="utf-8")
    return folder / "tiny.yaml"


def question(folder: Path, *edits: tuple[str, str], **files: str) -> Question:
    """The small question, with some edits."""
    return load(write(folder, *edits, **files))


# --- made-up samples -----------------------------------------------------------------------------

Column = float | list[float] | npt.NDArray[np.float64]


class NoRuns:
    """Stands for a store in samples that were never run."""

    def units(self) -> Mapping[str, str]:
        """No unit is known."""
        return {}


FIRMS = ("north", "south", "west", "faraway")
PLAIN = ("cut", "volume", "sales", "own_sales", "new_customers", "surplus", "contribution", "weeks_open")


def samples(
    options: Mapping[str, Mapping[str, Column]],
    draws: int,
    weekly: pd.DataFrame | None = None,
    **more: Column,
) -> Samples:
    """Made-up numbers of options, all that are not given being zero.

    Args:
        options: measures by option; a number stands for all draws.
        draws: number of draws.
        weekly: weekly rows.
        more: further columns, such as unknowns.
    """
    columns: dict[str, Any] = {
        "run_id": [f"{k:032x}" for k in range(draws)], "world_seed": np.arange(draws), "shock_seed": 7,
    }  # fmt: skip
    columns |= more
    for option, own in options.items():
        measures = dict.fromkeys((*(f"value_{firm}" for firm in FIRMS), *PLAIN), 0.0)
        unknown = set(own) - set(measures)
        assert not unknown, unknown
        for name, value in (measures | dict(own)).items():
            columns[f"{option}.{name}"] = np.full(draws, value) if np.isscalar(value) else np.asarray(value)
    table = pd.DataFrame(columns, index=np.arange(draws))
    store = cast(Results, NoRuns())
    return Samples(tuple(options), table, pd.DataFrame() if weekly is None else weekly, store)
