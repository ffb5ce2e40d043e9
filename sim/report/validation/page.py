"""The page of a validation, made from its tables: a section for every part that was run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pandas as pd

from sim.pictures.style import plain
from sim.report.document import Block, Document, Heading, Picture, Table, Text
from sim.validation.history.published import published

Tables = Mapping[str, pd.DataFrame]
UNITS = {"currency": (1e9, "bn yuan"), "people": (1e6, "m people"), "orders": (1e9, "bn orders")}
"""Units of readings that are shown in larger ones."""
PARTIES = {"pinduoduo": "Pinduoduo", "alibaba": "Alibaba", "jd": "JD", "all": "all sales"}
PICTURES = {
    "history_held_out": ("history", "What was published, and the model before and after the day of the fit"),
    "history_identified": ("history_identified", "How far the figures narrow each parameter"),
    "popup_levels": ("popup_moves", "What moves the value of the pop-up"),
}
"""Picture of a section, by the section's table: its name and what it shows."""
FIRST = 10
"""Most factors that the page names for the value of the pop-up."""


def document(tables: Tables, made: Mapping[str, Any], pictures: Collection[str] = ()) -> Document:
    """The page.

    Args:
        tables: all tables, by name.
        made: provenance of every part, by name.
        pictures: names of the pictures that lie beside it and are to be shown.
    """
    parts = ", ".join(
        f"{part} ({about['settings']['size']}, {about['commit'] or 'no commit'}, {about['written'][:10]})"
        for part, about in made.items()
    )
    head = f"Written by `sim validate`: {parts}. More in `provenance.json`. No number here is typed by hand."
    blocks: list[Block] = []
    for name in (name for name in SECTIONS if name in tables):
        title, *rest = SECTIONS[name](tables)
        shown = PICTURES.get(name, ("", ""))
        drawn = [Picture(*shown, f"{shown[0]}.png")] if shown[0] in pictures else []
        blocks += [title, *drawn, *rest]
    return Document("Validation", [head], blocks)


# --- words ---------------------------------------------------------------------------------------


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as mappings."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def amount(value: float, unit: str) -> str:
    """A reading in a unit that people use."""
    shown = value / UNITS.get(unit, (1.0, unit))[0]
    return f"{shown:,.2f}" if abs(shown) < 10 else f"{shown:,.1f}" if abs(shown) < 100 else f"{shown:,.0f}"


def figure_words(facts: pd.DataFrame, name: str) -> str:
    """A published figure in words."""
    party, day = str(facts.party[name]), facts.on[name]
    return f"{PARTIES.get(party, party)}, {facts.reading[name]}, {day:%b %Y}"


def percent(share: float) -> str:
    """A signed percentage, or nothing."""
    return "" if pd.isna(share) else f"{100 * share:+.1f} %".replace("-", "−")


def yes(value: object) -> str:
    """Yes or no, or nothing."""
    return "" if value is None or value != value else "yes" if value else "**no**"


def millions(value: float, sign: bool = False) -> str:
    """Money in millions."""
    return plain(value / 1e6, sign=sign)


def section(title: str, told: str, head: list[str], cells: list[list[str]]) -> list[Block]:
    """A heading, what the table says in a sentence or two, and the table."""
    return [Heading(title), Text(told), Table(head, cells)]


# --- sections ------------------------------------------------------------------------------------


def held_out(tables: Tables) -> list[Block]:
    """Predictions beside what was published, and beside rivals."""
    facts, seen = published(), tables["history_figures"]
    fitted = int((seen.role == "fitted").sum())
    told = (
        f"{len(tables['history_surviving'])} parameter sets survive: on other draws and with more "
        f"consumers than in the fit, each misses none of {fitted} fitted figures by more than its "
        "tolerance (10 to 15 %). Medians and percentiles are over this set, which is no posterior. Later "
        "waves were drawn towards its middle, so look at the whole set too."
    )
    head = [
        "figure (grade)", "published", "model", "5 to 95 %", "whole set", "miss", "covered", "within 5 %",
        "growth goes on", "increase goes on", "Bass", "model nearer",
    ]  # fmt: skip
    cells = []
    for row in rows_of(tables["history_held_out"]):
        unit = str(facts.unit[row["name"]])
        shown = UNITS.get(unit, (1.0, unit))[1].replace("currency", "yuan")
        cells.append([
            f"{figure_words(facts, row['name'])}, {shown} ({row['confidence']})",
            amount(row["published"], unit), amount(row["median"], unit),
            f"{amount(row['low'], unit)} to {amount(row['high'], unit)}",
            f"{amount(row['lowest'], unit)} to {amount(row['highest'], unit)}", percent(row["miss"]),
            yes(row["covered"]), yes(row["close"]), percent(row["miss_growth"]),
            percent(row["miss_increase"]), percent(row["miss_bass"]), yes(row["beats"]),
        ])  # fmt: skip
    return section("Held out", told, head, cells)


def tellings(tables: Tables) -> list[Block]:
    """Predictions under other tellings of the same history."""
    table = tables["history_tellings"]
    sets = table.groupby("telling")["sets"].first()
    names = [n for n in table.name.unique() if n.startswith("pinduoduo_") and "order" not in n]
    cells = []
    for telling, rows in table.groupby("telling", sort=False):
        miss, count = rows.set_index("name").miss, str(int(rows["sets"].iloc[0]))
        cells.append([str(telling).replace("_", " "), count, *(percent(float(miss[n])) for n in names)])
    told = (
        f"{len(sets)} tellings of Pinduoduo's rise (scenarios/validation/history.yaml) have {sets.min()} "
        f"to {sets.max()} sets that miss no fitted figure by more than its tolerance, so that these "
        "figures rule none of them out. Misses of the median:"
    )
    head = ["telling", "sets", *(n.removeprefix("pinduoduo_").replace("_", " ") for n in names)]
    return section("Other tellings of the same history", told, head, cells)


def identification(tables: Tables) -> list[Block]:
    """What the figures tell about the parameters."""
    table, widths = tables["history_identified"], tables["history_combinations"].width
    told = (
        f"{int(table.identified.sum())} of {len(table)} parameters keep less than half of their prior range. "
        f"Of {len(widths)} independent combinations, {int((widths < 0.25).sum())} are fixed to less than a "
        f"quarter of the prior's spread and {int((widths > 0.75).sum())} hardly or not at all."
    )
    cells = [
        [
            r["title"], f"{r['low']:g} to {r['high']:g}", f"{r['q05']:.3g} to {r['q95']:.3g}",
            f"{r['kept']:.0%}", f"{r['tied_to']} ({r['correlation']:+.2f})",
        ]
        for r in rows_of(table)
    ]  # fmt: skip
    head = ["parameter", "prior", "survivors, 5 to 95 %", "kept", "tied to (rank correlation)"]
    return section("What the figures tell", told, head, cells)


def effort(tables: Tables) -> list[Block]:
    """Runs and time of the fit."""
    table = rows_of(tables["history_effort"])
    last = table[-1]
    share, hours = last["prior_share_by_surfaces"], last["processor_seconds"] / 3600
    guess = f"a share of {share:.1e}" if share > 0 else "less than one draw in 200,000"
    told = (
        f"{sum(row['points'] for row in table):,} runs for the fit of the base; with predictions, other "
        f"tellings and the pop-up {last['runs_in_store']:,} runs were in the store, {hours:.1f} hours of "
        "processor time. `survive` counts runs that miss nothing by more than its tolerance; on other "
        f"draws and with more consumers {last['survive_twice']} of them still do. By the surfaces {guess} "
        "of the prior is left, a guess as they err more far away from the figures."
    )
    cells = [[row["stage"], f"{row['points']:,}", f"{row['survive']:,}"] for row in table]
    return section("Runs of the fit", told, ["stage", "points", "survive"], cells)


def pattern_rows(tables: Tables) -> list[Block]:
    """The patterns."""
    table = tables["patterns"]
    told = f"{int(table.passed.sum())} of {len(table)} rows pass; a row passes by the median over the sets."
    cells = [
        [
            str(r["number"]), r["pattern"], r["expected"], f"{r['median']:.3g}",
            f"{r['lowest']:.3g} to {r['highest']:.3g}", r["role"], "pass" if r["passed"] else "**fail**",
        ]
        for r in rows_of(table)
    ]  # fmt: skip
    head = ["no.", "pattern", "expected", "model", "over the sets", "role", "verdict"]
    return section("Patterns", told, head, cells)


def packages(tables: Tables) -> list[Block]:
    """Outside packages."""
    table = tables["outside"]
    told = (
        f"{int(table.passed.sum())} of {len(table)} rows of `outside.csv` pass. The two bias tests pass if "
        "the bias of leaving awareness, or the spread of tastes, out shows."
    )
    cells = []
    for (check, package), rows in table.groupby(["check", "package"], sort=False):
        passed, z = int(rows.passed.sum()), rows.z.abs().max()
        version = str(rows.package_version.iloc[0])
        cells.append(
            [str(check), f"{package} {version}", f"{passed} of {len(rows)}", "" if pd.isna(z) else f"{z:.1f}"]
        )
    return section("Outside packages", told, ["check", "package", "pass", "largest z"], cells)


def other_structures(tables: Tables) -> list[Block]:
    """Which conclusions of the pop-up comparison hang on the structure."""
    table = tables["structures"]
    names = [n for n in table.alternative.unique() if n != "as modelled"]
    flips = int((table.flips == "flips").sum())
    told = (
        f"{table.conclusion.nunique()} conclusions of the pop-up comparison under {len(names)} other "
        f"structures: {flips} times one flips. `open` = the interval over replications holds zero. "
        "Intercepts stay as solved, so a structure that moves sales themselves (awareness as a bonus) is "
        "another market."
    )
    cells = []
    for conclusion, rows in table.groupby("conclusion", sort=False):
        answers = rows.set_index("alternative").flips
        cells.append([str(conclusion), str(rows.in_base.iloc[0]), *(str(answers[n]) for n in names)])
    head = ["conclusion", "as modelled", *(n.replace("_", " ") for n in names)]
    return section("Other structures", told, head, cells)


def popup_value(tables: Tables) -> list[Block]:
    """What the pop-up is worth over surviving markets and its own unknowns, and what moves it."""
    cells = [
        [
            r["outcome"].replace("_", " "), millions(r["median"]),
            f"{millions(r['q05'])} to {millions(r['q95'])}", f"{r['above_zero']:.0%}",
            f"{r['explained_by_unknowns']:.0%}", f"{r['explained_by_market']:.0%}",
        ]
        for r in rows_of(tables["popup_levels"])
    ]  # fmt: skip
    told = (
        "The pop-up's own unknowns over their ranges, each point in one of the surviving markets. The "
        "last two columns are shares of the variance: by those unknowns (a linear fit), and between "
        "markets beside it."
    )
    head = ["m yuan", "median", "5 to 95 %", "above zero", "by the unknowns", "by the market"]
    first = section("The pop-up in markets that history does not rule out", told, head, cells)
    moves = tables["popup_moves"]
    own = rows_of(moves[moves.outcome == "value_to_amazon"].head(FIRST))
    cells = [
        [
            r["title"], f"{r['prcc']:+.2f} ({r['prcc_low']:+.2f} to {r['prcc_high']:+.2f})",
            millions(r["swing"], sign=True),
        ]
        for r in own
    ]  # fmt: skip
    head = [
        "value to Amazon moves with",
        "partial rank correlation",
        "upper less lower quarter, m yuan",
    ]
    return [*first, Table(head, cells)]


SECTIONS: Mapping[str, Callable[[Tables], list[Block]]] = {
    "history_held_out": held_out,
    "history_tellings": tellings,
    "history_identified": identification,
    "history_effort": effort,
    "patterns": pattern_rows,
    "outside": packages,
    "structures": other_structures,
    "popup_levels": popup_value,
}
"""Sections by the table without which they are left out."""
