"""Pictures of a validation: which table goes into which picture, and titles that state what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sim.pictures.style import plain
from sim.pictures.validation import history as drawn
from sim.pictures.validation.moves import moves as popup_moves
from sim.report.document import Draw
from sim.report.validation.page import rows_of
from sim.sweep.factors import Factor
from sim.validation.history.published import FITTED_UNTIL, published

Tables = Mapping[str, pd.DataFrame]
OF_PART = {
    "history": ("history", "history_identified"), "patterns": (), "outside": (), "structures": (),
    "popup": ("popup_moves",),
}  # fmt: skip
"""Pictures of every part, by name."""
NEEDS = {
    "history": ("history_figures", "history_held_out", "history_rivals", "history_surviving"),
    "history_identified": ("history_identified", "history_surviving", "history_priors"),
    "popup_moves": ("popup_moves", "popup_levels"),
}
"""The tables that each picture shows."""


def draws(tables: Tables) -> dict[str, Draw]:
    """Return functions that draw pictures from the tables that are there, by name."""
    made = {"history": history, "history_identified": identified, "popup_moves": moves}
    there = [name for name, needs in NEEDS.items() if all(need in tables for need in needs)]
    return {name: partial(made[name], tables) for name in there}


def history(tables: Tables) -> Figure:
    """Draw what was published beside the model, before and after the day of the fit."""
    held, rivals = (tables[name].set_index("name") for name in ("history_figures", "history_rivals"))
    later = tables["history_held_out"]
    main = ("pinduoduo_sales_", "pinduoduo_buyers_")
    shown = later[[str(name).startswith(main) for name in later.name]]
    close = int(shown.close.sum())
    title = f"Fitted to June 2019: {close} of Pinduoduo's next {len(shown)} figures within 5 %"
    told = (
        f"Sales and buyers of the next two quarters. {len(tables['history_surviving'])} parameter sets "
        "survive, none is chosen. What misses (orders, Alibaba's sales, the season) is in the table"
    )
    return drawn.history(held, dict(published().on), rivals, FITTED_UNTIL, title, told)


def identified(tables: Tables) -> Figure:
    """Draw how far the figures narrow each parameter."""
    table = tables["history_identified"].set_index("factor")
    count = int(table.identified.sum())
    title = f"The figures narrow {count} of {len(table)} parameters to less than half of their range"
    told = (
        "Blue: where nine tenths of the surviving sets lie within the prior range (grey); black: their median"
    )
    return drawn.identified(tables["history_surviving"], priors(tables), table, title, told)


def priors(tables: Tables) -> list[Factor]:
    """Return the parameters with their prior ranges."""
    return [
        Factor(row["name"], low=row["low"], high=row["high"], scale=row["scale"], whole=row["whole"],
               title=row["title"])
        for row in rows_of(tables["history_priors"])
    ]  # fmt: skip


def moves(tables: Tables) -> Figure:
    """Draw what moves the value of the pop-up."""
    table, levels = tables["popup_moves"], rows_of(tables["popup_levels"])
    value = next(row for row in levels if row["outcome"] == "value_to_amazon")
    low, high = (plain(float(value[name]) / 1e6) for name in ("q05", "q95"))
    own = table[table.outcome == "value_to_amazon"]
    first = str(own.sort_values("swing", key=np.abs, ascending=False).title.iloc[0])
    title = f"What moves the value of the pop-up to Amazon: {first} first"
    linear, market = (f"{float(value[f'explained_by_{name}']):.0%}" for name in ("unknowns", "market"))
    told = (
        f"In markets that history does not rule out it is worth {low} to {high} m yuan (5th to 95th "
        f"percentile). These unknowns explain {linear} of the variance by a linear fit, the market beside it "
        f"{market}"
    )
    return popup_moves(own, "yuan", title, told)
