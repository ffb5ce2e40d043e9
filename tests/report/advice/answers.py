"""A tiny question in a made-up market, and made-up tables of an answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from sim.decisions.question import STAY_OUT
from sim.decisions.regret import Options
from sim.decisions.robust import criteria, differences, recommend
from sim.decisions.schema import QuestionFile
from sim.outcomes.intervals import student
from sim.report.advice.numbers import Words

FAIR = Path(__file__).parents[2] / "fair.yaml"
MARKET = """\
extends: fair.yaml
time: {end: 2021-04-25}
finance: {runoff_weeks: 2}
brands: {faraway: {awareness: {initial: 0.3}}}
"""
SHOP = """\
title: A shop on North
storefronts:
  faraway_on_north:
    open: {from: 2021-01-25, to: 2021-02-21}
    exposure: 0.5
    costs: {goods: 0.7, fixed: 100_000, setup: 1_000_000}
    contract: {commission: 0.03, site_link: 0.25}
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
  exposure:
    title: Share that sees the shop
    path: storefronts.faraway_on_north.exposure
    low: 0.1
    high: 0.9
  known: {title: Share that knows the brand, path: brands.faraway.awareness.initial, low: 0.1, high: 0.6}"""
LEVEL = "{level: {path: intercepts.south.goods, low: -0.5, high: 0.5}}"
QUESTION = """\
schema: 1
title: A shop on North
question: Should Faraway open a shop on North?
unknowns: unknowns.yaml
markets: {parameters: markets.yaml, surviving: surviving.csv, central: central.csv}
entrant: faraway
decided_on: 2021-01-18
stay_out: Keep the own site only
caveat: The market is made up.
options:
  short: {title: Four weeks on North}
  long: {title: Ten weeks on North, set: {storefronts.faraway_on_north.open.to: 2021-04-04}}
  on_south: {title: A walk-in shop on South, set: {storefronts.faraway_on_north.host: south}}
asked:
  length: {title: "For how long?", options: [short, long]}
  place: {title: "Where?", options: [short, on_south, long], edges: {long: Nothing longer was tried.}}
recommend: [short, long]
terms:
  option: short
  commission: storefronts.faraway_on_north.contract.commission
  tried: [0, 0.05, 0.1]
  exposure: storefronts.faraway_on_north.exposure
  exposures: [0.2, 0.5]
  hosts: [short, on_south]
game:
  entrant: [short, long]
  host: north
  terms:
    little: {title: Little, commission: 0.02, set: {storefronts.faraway_on_north.exposure: 0.2}}
    much: {title: Much, commission: nash, set: {storefronts.faraway_on_north.exposure: 0.8}}
  rivals: [south, west]
  answers: {nothing: {title: Rivals do nothing}}
  replications: 2
tests:
  seen: {title: A count of who sees it, unknown: exposure, error: 0.1, cost: 1_000_000}
replications: 2
"""


def write_question(folder: Path, name: str = "tiny") -> Path:
    """Put the question and all that it names into a folder."""
    files = {
        "fair.yaml": FAIR.read_text(encoding="utf-8"), "shop.yaml": MARKET + SHOP,
        "home.yaml": MARKET + "title: No shop\nstorefronts: {faraway_on_north: null}\n",
        "unknowns.yaml": UNKNOWNS.format(factors=DEEP), "markets.yaml": UNKNOWNS.format(factors=LEVEL),
        "surviving.csv": "level\n0.1\n-0.1\n", "central.csv": "level\n0\n", f"{name}.yaml": QUESTION,
    }  # fmt: skip
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    return folder / f"{name}.yaml"


def words_of(spec: QuestionFile) -> Words:
    """Names in words."""
    hosts = {"north": "North", "south": "South", "west": "West"}
    return Words(spec, "Faraway", hosts, "yuan", spec.decided_on, date(2021, 4, 25), 2)


# --- tables --------------------------------------------------------------------------------------

M = 1e6
SHARED = np.linspace(-10.0, 10.0, 24) * M
"""What all options have in common, world by world, money."""
OWN = np.tile([-1.0, 1.0], 12) * M
TITLES = {
    STAY_OUT: "Keep the own site only", "short": "Four weeks on North", "long": "Ten weeks on North",
    "on_south": "A walk-in shop on South",
}  # fmt: skip


def of_values(
    short: np.ndarray, long: np.ndarray, on_south: np.ndarray, good: float = 0.0
) -> dict[str, pd.DataFrame]:
    """Tables of the worlds of three options, the last of which may not be recommended."""
    values = {"short": short, "long": long, "on_south": on_south}
    chosen = Options((STAY_OUT, "short", "long"), np.column_stack([np.zeros(len(short)), short, long]))
    judged = criteria(chosen, good)
    judged = judged.assign(title=judged.option.map(TITLES))
    picks = recommend(judged)
    pick = picks.set_index("criterion").option["expected value"]
    count = len(short)
    names = [f"{k:032x}" for k in range(count)]
    worlds = pd.DataFrame({"run_id": names, "world_seed": 1, "shock_seed": 2, "counts": True} | values)
    return {
        "worlds": worlds, "options": _options(values, str(pick), good), "asked": _asked(values, good),
        "criteria": judged, "picks": picks,
        "unfiltered": judged.assign(worlds=count, passed=count, counted=count),
    }  # fmt: skip


def _options(values: dict[str, np.ndarray], pick: str, good: float) -> pd.DataFrame:
    rows = []
    for option, value in values.items():
        mean, low, high = (float(end) for end in student(value))
        q05, median, q95 = np.quantile(value, [0.05, 0.5, 0.95])
        rows.append({
            "option": option, "title": TITLES[option], "may_be_recommended": option != "on_south",
            "recommended": option == pick, "value": mean, "low": low, "high": high, "q05": q05,
            "median": median, "q95": q95, "above": (value > good).mean(), "host": -2 * M, "host_low": -3 * M,
            "host_high": -M, "surplus": 8 * M, "weeks_open": 4.0,
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)


def _asked(values: dict[str, np.ndarray], good: float) -> pd.DataFrame:
    rows = []
    for part, title, names in (
        ("length", "For how long?", ["short", "long"]), ("place", "Where?", ["short", "on_south", "long"]),
    ):  # fmt: skip
        stack = np.column_stack([values[name] for name in names])
        table = differences(Options(tuple(names), stack), names[0])
        for k, row in enumerate(table.to_dict("records")):
            rows.append({
                "part": part, "part_title": title, **row, "title": TITLES[str(row["option"])],
                "value": stack[:, k].mean(), "above": (stack[:, k] > good).mean(),
                "better": (stack[:, k] > stack[:, 0]).mean() if k else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def partners() -> pd.DataFrame:
    """Two hosts; no rate suits both on the second one."""
    row = {
        "option": "short", "title": TITLES["short"], "volume": 50 * M, "entrant": 5 * M, "host": 3 * M,
        "joint": 8 * M, "entrant_max": 0.13, "host_min": -0.03, "nash": 0.05, "nash_low": 0.02,
        "nash_high": 0.08, "legal": 0.05, "note": "", "suits": 0.75, "entrant_at_nash": 4 * M,
        "host_at_nash": 4 * M,
    }  # fmt: skip
    nothing = dict.fromkeys(
        ("nash", "nash_low", "nash_high", "legal", "entrant_at_nash", "host_at_nash"), np.nan
    )
    other = {"option": "on_south", "title": TITLES["on_south"], "host_min": 0.2, "suits": 0.0}
    return pd.DataFrame([row, row | nothing | other | {"note": "no rate suits both"}])


def information(evsi: float = 2.5 * M, noise: float = 0.5 * M, low: float = 1.5 * M) -> pd.DataFrame:
    """Everything, an unknown with a test of 1 m, and one without."""
    nan = np.nan
    every = {"unknown": "", "title": "Everything", "evppi": 4 * M, "low": 2 * M, "high": 6 * M, "noise": nan}
    seen = {"unknown": "exposure", "title": "Share that sees the shop", "evppi": 3 * M, "low": 0.0,
            "high": 5 * M, "noise": 0.1 * M, "test": "A count of who sees it", "cost": M, "evsi": evsi,
            "evsi_low": low, "evsi_high": 4 * M, "evsi_noise": noise}  # fmt: skip
    known = {"unknown": "known", "title": "Share that knows the brand", "evppi": 0.0, "low": 0.0, "high": 0.0,
             "noise": -1e-8}  # fmt: skip
    return pd.DataFrame([every, seen, known])


def box() -> pd.DataFrame:
    """A box with a limit below, one above, and both."""
    row = {"factor": "exposure", "title": "Share that sees the shop", "low": 0.1, "high": 0.31234,
           "quasi_p_low": np.nan, "quasi_p_high": 0.01, "coverage": 0.8, "density": 0.9, "mass": 0.3,
           "losing": 11, "worlds": 24, "found": True, "stable": 0.9}  # fmt: skip
    other = {"factor": "known", "title": "Share that knows the brand", "low": 1.2e-5, "quasi_p_low": 0.02,
             "quasi_p_high": np.nan, "high": 0.6}  # fmt: skip
    return pd.DataFrame([row, row | other])


def switching(below: str, above: str, value: float = 0.45) -> pd.DataFrame:
    """One unknown at which the better one of two changes, and one at which it does not."""
    none = {"unknown": "known", "value": np.nan, "low": np.nan, "high": np.nan, "below": "long",
            "above": "long", "share": 0.99}  # fmt: skip
    there = {"unknown": "exposure", "value": value, "low": 0.4, "high": 0.5, "below": below, "above": above,
             "share": 0.8}  # fmt: skip
    return pd.DataFrame([none, *([there] if value == value else [])])


def worlds(
    short: float = 3.0, long: float = 5.0, on_south: float = 1.0, apart: float = 0.1, good: float = 0.0
) -> dict[str, pd.DataFrame]:
    """Everything about worlds; the mean value of every option in millions.

    Args:
        short: of the first option.
        long: of the second one.
        on_south: of the one that may not be recommended.
        apart: how much options differ world by world, the larger the less their difference is known.
        good: least value that is good enough, money.
    """
    found = of_values(
        SHARED / 4 + short * M, SHARED / 4 + long * M + apart * OWN, SHARED / 4 + on_south * M - apart * OWN,
        good,
    )  # fmt: skip
    return found | {
        "partners": partners(), "information": information(), "box": box(),
        "switching": switching(STAY_OUT, "long"),
    }  # fmt: skip


def terms() -> dict[str, pd.DataFrame]:
    """Terms in the most central market."""
    clause = {"clause": "link", "title": "The host tells of the own site", "worth": -M, "worth_low": -2 * M,
              "worth_high": 0.5 * M, "change": -0.0004}  # fmt: skip
    straight = {"entrant": 1e-15, "host": 6e-14, "slopes": 3e-14, "volume": 0.0, "worst": 6e-14,
                "commissions": "0%, 5%, 10%"}  # fmt: skip
    return {
        "straight": pd.DataFrame([straight]), "partners_central": partners(),
        "clauses_central": pd.DataFrame([clause | {"party": party} for party in ("entrant", "host")]),
    }  # fmt: skip


def elasticity(*believed: bool) -> pd.DataFrame:
    """Reactions to prices on two hosts."""
    return pd.DataFrame([
        {"option": option, "title": TITLES[option], "elasticity": -2.0 if one else -1.0, "low": -2.5,
         "high": -0.5, "published": -2.62, "weakest": -1.5, "source": "a study", "believed": one}
        for option, one in zip(("short", "on_south"), believed, strict=True)
    ])  # fmt: skip


def rules(leave: float = -3 * M) -> dict[str, pd.DataFrame]:
    """A rule that never leaves early and one that does; Dixit's threshold, NaN if there is none."""
    row = {"rule": "Leaves when smoothed contribution falls to -20 m a week", "kind": "threshold",
           "threshold": -20 * M, "option": "leaves_at_0", "value": 4 * M, "low": 3 * M, "high": 5 * M,
           "option_value": M, "option_value_low": -M, "option_value_high": 3 * M, "left": 0.5, "weeks": 7.0,
           "false_by_books": 0.0, "false_by_all": 0.25}  # fmt: skip
    stays = {"rule": TITLES["long"], "kind": "stay", "threshold": np.nan, "option": "long", "left": 0.0,
             "false_by_books": np.nan, "false_by_all": np.nan}  # fmt: skip
    note = "" if leave == leave else "drift 3.0785972872617755 must be below discount_rate 0.1"
    found = {"drift": -0.5, "volatility": 1.25, "positive": 0.514, "enter": leave, "leave": leave,
             "note": note, "best": -20 * M, "gap": leave + 20 * M, "used": -6 * M}  # fmt: skip
    return {"rules": pd.DataFrame([row, row | stays]), "dixit": pd.DataFrame([found])}


def left(more: float = 2 * M) -> dict[str, pd.DataFrame]:
    """What carries over, and diversions with one below zero."""
    parts = [("awareness", 1.5), ("habit", 0.5), ("total", 2.0)]
    carried = [
        {"part": part, "mean": share / 2 * more, "low": share / 2 * more - 0.1 * M,
         "high": share / 2 * more + 0.1 * M, "share": share / 2, "unit": "money"}
        for part, share in parts
    ]  # fmt: skip
    flows = [
        {"kind": kind, "origin": "shop", "destination": name, "share": part, "low": part, "high": part}
        for kind in ("second choice", "within the run") for name, part in (("North", 0.6), ("nobody", -0.03))
    ]  # fmt: skip
    return {"carry_over": pd.DataFrame(carried), "diversion": pd.DataFrame(flows)}


# --- the game ------------------------------------------------------------------------------------

ENTRANT = {name: TITLES[name] for name in (STAY_OUT, "short", "long")}
HOST = {"little": "Little", "much": "Much"}
RIVALS = {"nothing": "Rivals do nothing", "match": "South matches the price"}


def game(*equilibria: tuple[str, str, str]) -> dict[str, pd.DataFrame]:
    """The tables of a game with some pure equilibria."""
    profiles = [(e, h, r) for e in ENTRANT for h in HOST for r in RIVALS]
    payoffs = pd.DataFrame([
        {"entrant": e, "host": h, "rivals": r, "party": party, "mean": M, "low": 0.0, "high": 2 * M,
         "gain": 0.0, "entrant_title": ENTRANT[e], "host_title": HOST[h], "rivals_title": RIVALS[r],
         "nash": 0.041}
        for e, h, r in profiles for party in ("entrant", "host", "rivals")
    ])  # fmt: skip
    firm = pd.DataFrame([
        {"entrant": e, "host": h, "rivals": r, "regret": 0.0, "equilibrium": (e, h, r) in equilibria,
         "in_resamples": 0.4 + 0.1 * (h == "much"), "in_draws": 0.5}
        for e, h, r in profiles if (e, h, r) in equilibria or (e, h, r) == ("short", "much", "match")
    ])  # fmt: skip
    path = [("entrant", "long", 3 * M), ("host", "much", M), ("rivals", "nothing", -2 * M)]
    replies = [
        {"host": h, "rivals": r, "action": "long" if h == "much" else "short", "payoff": M,
         "in_resamples": 0.7, "in_draws": 0.5}
        for h in HOST for r in RIVALS
    ]  # fmt: skip
    regrets = [
        {"player": "entrant", "action": e, "mean": M, "mean_low": 0.0, "mean_high": 2 * M, "max": 3 * M,
         "max_low": M, "max_high": 4 * M, "worst": "host: much, rivals: match"} for e in ENTRANT
    ]  # fmt: skip
    return {
        "game_payoffs": payoffs, "game_equilibria": firm,
        "game_sequence": pd.DataFrame([
            {"player": p, "action": a, "payoff": v, "tied": False, "in_resamples": 0.9} for p, a, v in path
        ]),
        "game_dominance": pd.DataFrame(
            [("entrant", STAY_OUT, "strict", "short"), ("host", "little", "strict", "much")],
            columns=["player", "action", "kind", "by"],
        ),
        "game_replies": pd.DataFrame(replies), "game_regret": pd.DataFrame(regrets),
    }  # fmt: skip


BY_PART: Mapping[str, Callable[[], dict[str, pd.DataFrame]]] = {
    "terms": lambda: terms() | {"elasticity": elasticity(True, False)},
    "worlds": lambda: worlds() | rules(), "game": lambda: game(("long", "much", "nothing")), "left": left,
}  # fmt: skip
"""Tables of every part of an answer."""


def everything() -> dict[str, pd.DataFrame]:
    """All tables of a page."""
    return {name: table for tables in BY_PART.values() for name, table in tables().items()}
