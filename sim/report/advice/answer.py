"""The answer to a question in sentences, made from its tables: what to do, how sure, what would change it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sim.decisions.robust import CRITERIA
from sim.outcomes.intervals import Floats, student
from sim.pictures.style import day_words, per_cent
from sim.report.advice.numbers import (
    STAY_OUT,
    Row,
    Tables,
    Words,
    between,
    figure,
    m,
    one,
    rate,
    rates,
    rows_of,
    text,
    top,
)

NOTHING = "which cannot be told from nothing"
JUDGED_BY = {
    "expected value": "expected value", "maximin": "the worst world", "5 % quantile": "the 5th percentile",
    "minimax regret": "the greatest regret", "95 % regret": "the 95th percentile of regret",
    "satisficing": "the share of worlds in which it is good enough",
    "most often best": "the share of worlds in which it is best",
}  # fmt: skip
"""Criteria in words."""


def answer(tables: Tables, words: Words) -> Iterator[str]:
    """What to do, by how much, how sure, on which terms, what would change it."""
    sentences = [
        recommendation,
        other_criteria,
        on_terms,
        what_loses,
        switching_words,
        of_all_worlds,
        what_to_find_out,
    ]
    lines = [text for make in sentences for text in [make(tables, words)] if text]
    lines[2:2] = parts_of_it(tables, words)
    yield "\n".join(f"- {text}" for text in lines)
    yield (
        f"Values are net present values on {day_words(words.decided)} that an option adds to staying out "
        f"({words.inside(words.spec.stay_out)}), {words.run_off} weeks after {day_words(words.ends)} "
        f"included, *in a model*. {words.spec.caveat}"
    ).strip()


# --- what to do ----------------------------------------------------------------------------------


def recommendation(tables: Tables, words: Words) -> str:
    """The recommended option, its value, and how it stands to the runner-up."""
    pick, judged = one(tables["picks"], criterion="expected value"), tables["criteria"]
    count = int(tables["worlds"].counts.sum())
    if pick["option"] == STAY_OUT:
        return _staying_out(top(judged[judged.option != STAY_OUT], "expected"), count, words)
    own = one(tables["options"], option=pick["option"])
    good = words.spec.good_enough
    beats = f"is worth more than {m(good)} m" if good else "beats staying out"
    told = (
        f"**{own['title']}.** Over {count} worlds it adds {m(own['value'])} m {words.currency} to the value "
        f"of {words.entrant} on average (90 % interval of the mean {between(own['low'], own['high'])})"
        f"{'' if own['low'] > 0.0 else ', ' + NOTHING}; in single worlds {m(own['q05'])} (5th percentile) "
        f"to {m(own['q95'])} m (95th). It {beats} in "
        f"{per_cent(one(judged, option=pick['option'])['satisficing'])} of them."
    )
    return " ".join(said for said in (told, _stays(tables), _runner_up(tables, words, pick)) if said)


def _stays(tables: Tables) -> str:
    """How long the recommended option is open, if that differs between worlds."""
    table = tables.get("stays", pd.DataFrame())
    if len(table) < 2:
        return ""
    rows = rows_of(table)
    longest, rest = rows[-1], rows[:-1]
    early = sum(int(row["worlds"]) for row in rest)
    value = sum(float(row["value"]) * int(row["worlds"]) for row in rest) / early
    return (
        f"It is open for {longest['weeks']} weeks in {longest['worlds']} worlds, {m(longest['value'])} m "
        "each on "
        f"average, and closes earlier in {early} ({rest[0]['weeks']} to {rest[-1]['weeks']} weeks), "
        f"{m(value)} m each."
    )


def _staying_out(nearest: Row, count: int, words: Words) -> str:
    """Why nothing is done, with the best of what could be done."""
    doubt = f", {NOTHING}" if nearest["expected_high"] >= 0.0 else ""
    return (
        f"**{words.spec.stay_out}.** Of the options that may be recommended, none adds to the value of "
        f"{words.entrant} on average over {count} worlds. The nearest, {words.inside(nearest['title'])}, "
        f"comes to {m(nearest['expected'])} m {words.currency} "
        f"({between(nearest['expected_low'], nearest['expected_high'])}){doubt}."
    )


def _runner_up(tables: Tables, words: Words, pick: Row) -> str:
    """How the runner-up stands, world by world."""
    second = str(pick["runner_up"])
    if second == STAY_OUT:
        return "The runner-up is to stay out."
    gap = gaps(tables, str(pick["option"]), second)
    if gap is None:
        return ""
    name = f"the runner-up ({words.inside(words.title(second))})"
    if not gap.any():
        return f"{name[:1].upper()}{name[1:]} is worth the same in every world."
    mean, low, _ = (float(end) for end in student(gap))
    if not low > 0.0:
        return f"On average {name} is {m(mean)} m behind, {NOTHING}."
    worse = per_cent(float((gap > 0.0).mean()))
    return f"On average {name} is {m(mean)} m behind, and worse in {worse} of worlds."


def gaps(tables: Tables, option: str, other: str) -> Floats | None:
    """What an option is worth more than another one in the worlds that count, money; none if it is not there.

    Shape (worlds,).
    """
    table = tables["worlds"][tables["worlds"].counts]
    if option not in table or other not in table:
        return None
    return np.asarray(table[option] - table[other], float)


def other_criteria(tables: Tables, words: Words) -> str:
    """What other criteria pick, if anything else; where the recommended option ties, they agree with it."""
    picks = rows_of(tables["picks"])
    own = one(tables["picks"], criterion="expected value")["option"]
    score = one(tables["criteria"], option=own)
    others: dict[str, list[str]] = {}
    for row in picks:
        if row["option"] != own and row["value"] != score[CRITERIA[row["criterion"]][0]]:
            others.setdefault(str(row["option"]), []).append(JUDGED_BY[row["criterion"]])
    if not others:
        rest = [JUDGED_BY[row["criterion"]] for row in picks if row["criterion"] != "expected value"]
        return f"No other criterion prefers another option: {', '.join(rest)}."
    said = "; ".join(f"by {', '.join(names)}: *{words.title(option)}*" for option, names in others.items())
    return f"Other criteria choose otherwise: {said}."


# --- terms ---------------------------------------------------------------------------------------


def on_terms(tables: Tables, words: Words) -> str:
    """Break-even commissions, zone and Nash rate of the contract."""
    own = one(tables["partners"], option=words.spec.terms.option)
    head = f"Terms of *{own['title']}*"
    if own["entrant_max"] != own["entrant_max"]:
        return f"{head}: {own['note']}."
    ends = (
        f"{head}: {words.entrant} gains on average up to a commission of {rate(own['entrant_max'])}, the "
        f"host from {rate(own['host_min'])} on"
    )
    if own["legal"] != own["legal"]:
        return f"{ends}; {own['note']}.{_terms_of_recommended(tables, words)}"
    power = words.spec.terms.power
    split = "equally" if power == 0.5 else f"with {per_cent(power)} of it for the host"
    interval = rates(own["nash_low"], own["nash_high"])
    nearest = f" ({text(own['note'])}; the nearest legal rate is {rate(own['legal'])})"
    return (
        f"{ends}; splitting the surplus {split} gives {rate(own['nash'])}"
        f"{f' (90 % interval {interval})' if interval else ''}{nearest if text(own['note']) else ''}. Some "
        f"rate suits both in {per_cent(own['suits'])} of worlds. A point of commission moves "
        f"{m(0.01 * own['volume'])} m {words.currency}.{_terms_of_recommended(tables, words)}"
    )


def _terms_of_recommended(tables: Tables, words: Words) -> str:
    """Terms of the recommended option, if it is another one."""
    table = tables.get("deal", pd.DataFrame())
    if not len(table) or one(table)["option"] == words.spec.terms.option:
        return ""
    row = one(table)
    if row["entrant_max"] != row["entrant_max"]:
        return f" For the recommended option: {row['note']}."
    ends = f"{words.entrant} up to {rate(row['entrant_max'])}, the host from {rate(row['host_min'])} on"
    if row["legal"] != row["legal"]:
        return f" For the recommended option: {ends}; {row['note']}."
    return f" For the recommended option: {ends}, split at {rate(row['legal'])}."


# --- parts of the question -----------------------------------------------------------------------


def parts_of_it(tables: Tables, words: Words) -> list[str]:
    """The best answer to each part of the question; what to know if it lies at the edge of what was tried."""
    said = []
    for part, rows in tables["asked"].groupby("part", sort=False):
        best = str(top(rows, "value")["option"])
        edge = words.spec.asked[str(part)].edges.get(best, "")
        told = [part_words(rows, words), _next(tables, words, rows), _limits(tables, rows), edge]
        said.append(" ".join(sentence for sentence in told if sentence))
    return said


def part_words(rows: pd.DataFrame, words: Words) -> str:
    """The best option of one part of the question, against the first one."""
    first, best = rows_of(rows)[0], top(rows, "value")
    asked = f"*{first['part_title']}* {best['title']}"
    if best["option"] == first["option"]:
        return f"{asked}." if len(rows) > 1 else f"{asked}; nothing else was tried."
    told = f"{asked}: on average {m(best['difference'])} m more than {words.inside(first['title'])}"
    if best["low"] <= 0.0:
        return f"{told}, {NOTHING}."
    return f"{told}, and better in {per_cent(best['better'])} of worlds."


def _next(tables: Tables, words: Words, rows: pd.DataFrame) -> str:
    """The second best option of a part, unless the first one of the part has been named as such."""
    if len(rows) < 2:
        return ""
    first, best = rows_of(rows)[0], top(rows, "value")
    second = top(rows[rows.option != best["option"]], "value")
    gap = gaps(tables, str(best["option"]), str(second["option"]))
    if second["option"] == first["option"] or gap is None:
        return ""
    told = f"The next, {words.inside(second['title'])}, is"
    if not gap.any():
        return f"{told} worth the same in every world."
    mean, low, _ = (float(end) for end in student(gap))
    return f"{told} {m(mean)} m behind{'' if low > 0.0 else ', ' + NOTHING}."


def _limits(tables: Tables, rows: pd.DataFrame) -> str:
    """What speaks against the best option of a part nevertheless."""
    best = top(rows, "value")
    told = []
    if best["value"] < 0.0:
        told.append("All of them are worth less than staying out on average.")
    if not one(tables["options"], option=best["option"])["may_be_recommended"]:
        told.append("It is shown, but not among the options that may be recommended.")
    return " ".join(told)


# --- what would change it ------------------------------------------------------------------------


def what_loses(tables: Tables, words: Words) -> str:
    """The box of worlds in which the recommendation loses (the best other option, if that is to stay out)."""
    pick, judged = str(one(tables["picks"], criterion="expected value")["option"]), tables["criteria"]
    subject = "The recommended option"
    if pick == STAY_OUT:
        best = top(judged[judged.option != STAY_OUT], "expected")
        pick, subject = str(best["option"]), f"The nearest option ({words.inside(best['title'])})"
    good = words.spec.good_enough
    fate = f"{subject} {f'is worth less than {m(good)} m' if good else 'loses'} in"
    box = tables.get("box", pd.DataFrame())
    table = tables["worlds"]
    also = "" if table.counts.all() else ", those that do not count among them"
    if len(box):
        return f"{fate} {_box_words(rows_of(box), also, words)}"
    losing = int((table[pick] < good).sum())
    if losing == 0:
        return f"{fate} none of {len(table)} worlds{also}."
    return f"{fate} {losing} of {len(table)} worlds{also}; no range of the unknowns sets them apart."


def _box_words(box: list[Row], also: str, words: Words) -> str:
    """How many worlds are lost, and the limits within which they lie."""
    first = box[0]
    limits = " and ".join(f"{words.inside(row['title'])} {limit_words(row)}" for row in box)
    return (
        f"{first['losing']} of {first['worlds']} worlds{also}, "
        f"{'mostly' if first['coverage'] > 0.5 else 'most densely'} where {limits}: "
        f"{per_cent(first['density'])} of the worlds there are such, and {per_cent(first['coverage'])} of "
        "such worlds lie there."
    )


def switching_words(tables: Tables, words: Words) -> str:
    """Where single unknowns turn the recommended option, or the nearest one, against staying out."""
    table = tables["switching"]
    crossed = table[table.value.notna()].sort_values("share", ascending=False).drop_duplicates("unknown")
    if crossed.empty:
        return "No single unknown, averaged over the others, changes whether that option beats staying out."
    titles = {row["unknown"]: words.inside(str(row["title"])) for row in rows_of(tables["information"])}
    said = "; ".join(
        f"{titles[row['unknown']]} {'above' if row['above'] == STAY_OUT else 'below'} "
        f"{figure(row['value'])} {_where(row)}"
        for row in rows_of(crossed)
    )
    return f"Averaged over all other unknowns, staying out is better with {said}."


def _where(row: Row) -> str:
    """How firm a change is: its interval, if any resample has it, and how many have."""
    interval = f"{figure(row['low'])} to {figure(row['high'])}, " if row["low"] == row["low"] else ""
    return f"({interval}in {per_cent(row['share'])} of resamples)"


def of_all_worlds(tables: Tables, words: Words) -> str:
    """What the worlds that do not count would say, if it is another option."""
    table = tables.get("unfiltered", pd.DataFrame())
    if not len(table):
        return ""
    first, best = rows_of(table)[0], top(table, "expected")
    own = one(tables["picks"], criterion="expected value")["option"]
    if first["counted"] == first["worlds"] or best["option"] == own:
        return ""
    name = words.inside(words.title(str(best["option"])))
    return (
        f"The choice rests on which worlds count: over all {first['worlds']} the highest expected value is "
        "that "
        f"of {name}, {m(best['expected'])} m."
    )


def limit_words(row: Row) -> str:
    """One limit of a box."""
    low, high = figure(float(row["low"])), figure(float(row["high"]))
    if row["quasi_p_low"] == row["quasi_p_low"] and row["quasi_p_high"] == row["quasi_p_high"]:
        return f"lies between {low} and {high}"
    return f"is above {low}" if row["quasi_p_low"] == row["quasi_p_low"] else f"is below {high}"


def what_to_find_out(tables: Tables, words: Words) -> str:
    """What knowing would be worth, and the test that pays."""
    table = tables["information"]
    every, rest = rows_of(table)[0], rows_of(table.iloc[1:])
    tests = [row for row in rest if text(row.get("test"))]
    told = (
        f"Knowing everything before deciding would be worth {m(every['evppi'])} m {words.currency} on average"
    )
    paying = [row for row in tests if pays(row)]
    if not paying:
        none = "no single field test that is listed brings more than its cost and what chance would show"
        return f"{told}; {none if tests else 'no field test is listed'}."
    best = max(paying, key=lambda row: float(row["evsi"]) - float(row["cost"]))
    doubt = ", though it may bring less than it costs" if best["evsi_low"] < best["cost"] else ""
    return (
        f"{told}. The test that pays best: {words.inside(str(best['test']))} ({m(best['cost'])} m), worth "
        f"{m(best['evsi'])} m ({between(best['evsi_low'], best['evsi_high'])}) because it measures "
        f"{words.inside(str(best['title']))}{doubt}."
    )


def pays(row: Row) -> bool:
    """Whether a test brings more than it costs, beyond what the method finds where nothing is."""
    return bool(float(row["evsi"]) - float(row["evsi_noise"]) > float(row["cost"]))
