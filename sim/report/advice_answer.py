"""The answer to a question in sentences, made from its tables: what to do, how sure, what would change it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from sim.report.advice_numbers import (
    STAY_OUT,
    Row,
    Tables,
    Words,
    between,
    lower,
    m,
    one,
    rate,
    rows_of,
    top,
)
from sim.report.style import day_words, per_cent


def answer(tables: Tables, words: Words) -> Iterator[str]:
    """What to do, by how much, how sure, on which terms, what would change it."""
    sentences = [recommendation, other_criteria, on_terms, what_loses, what_to_find_out]
    lines = [text for make in sentences for text in [make(tables, words)] if text]
    lines[2:2] = parts_of_it(tables, words)
    yield "\n".join(f"- {text}" for text in lines)
    yield (
        f"Values are net present values on {day_words(words.decided)} that an option adds to staying out "
        f"({lower(words.spec.stay_out)}), {words.run_off} weeks after {day_words(words.ends)} included, *in "
        f"a model*. {words.spec.caveat}"
    )


def recommendation(tables: Tables, words: Words) -> str:
    """The recommended option, its value, and how it stands to the runner-up."""
    picks, judged = tables["picks"], tables["criteria"]
    pick = one(picks, criterion="expected value")
    count = int(tables["worlds"].counts.sum())
    if pick["option"] == STAY_OUT:
        return f"**{words.spec.stay_out}.** No option adds to its value on average over {count} worlds."
    own = one(tables["options"], option=pick["option"])
    row = one(judged, option=pick["option"])
    told = (
        f"**{own['title']}.** Over {count} worlds it adds {m(own['value'])} m yuan to the value of "
        f"{words.entrant} on average (90 % interval of the mean {between(own['low'], own['high'])}); in "
        f"single worlds {m(own['q05'])} (5th percentile) to {m(own['q95'])} m (95th). It beats staying out "
        f"in {per_cent(row['satisficing'])} of them."
    )
    return f"{told} {_runner_up(tables, words, pick)}"


def _runner_up(tables: Tables, words: Words, pick: Row) -> str:
    """How the runner-up stands, world by world."""
    table = tables["worlds"][tables["worlds"].counts]
    second = str(pick["runner_up"])
    if second == STAY_OUT:
        return "The runner-up is to stay out."
    if second not in table:
        return ""
    gap = table[str(pick["option"])] - table[second]
    half = 1.66 * float(gap.std(ddof=1)) / len(gap) ** 0.5
    words_ = f"the runner-up ({lower(words.title(second))}) is {m(float(gap.mean()))} m behind"
    if float(gap.mean()) - half <= 0.0:
        return f"On average {words_}, which these worlds cannot tell from nothing."
    return f"On average {words_}, and it is worse in {per_cent(float((gap > 0).mean()))} of worlds."


def other_criteria(tables: Tables, words: Words) -> str:
    """What cautious criteria pick, if anything else."""
    picks = tables["picks"]
    own = one(picks, criterion="expected value")["option"]
    others: dict[str, list[str]] = {}
    for row in rows_of(picks):
        if row["option"] != own:
            others.setdefault(str(row["option"]), []).append(str(row["criterion"]))
    if not others:
        return (
            "All criteria agree: expected value, worst world, regret, share of worlds that are good enough."
        )
    said = "; ".join(f"{', '.join(names)}: {lower(words.title(option))}" for option, names in others.items())
    return f"Who is more cautious chooses otherwise. By {said}."


def on_terms(tables: Tables, words: Words) -> str:
    """Break-even commissions, zone and Nash rate of the contract."""
    own = one(tables["partners"], option=words.spec.terms.option)
    if own["legal"] != own["legal"]:
        return f"Terms of the deal as it was: {own['note']}."
    return (
        f"Terms of the deal as it was ({lower(own['title'])}): {words.entrant} gains on average up to a "
        f"commission of {rate(own['entrant_max'])}, the host from {rate(own['host_min'])} on; splitting the "
        f"surplus gives {rate(own['legal'])} (90 % interval {rate(own['nash_low'])} to "
        f"{rate(own['nash_high'])}). A point of commission moves {m(0.01 * own['volume'])} m yuan."
        f"{_terms_of_recommended(tables, words)}"
    )


def _terms_of_recommended(tables: Tables, words: Words) -> str:
    """Terms of the recommended option, if it is another one."""
    table = tables.get("deal", pd.DataFrame())
    if not len(table) or one(table)["option"] == words.spec.terms.option:
        return ""
    row = one(table)
    ends = f"{words.entrant} up to {rate(row['entrant_max'])}, the host from {rate(row['host_min'])} on"
    if row["legal"] != row["legal"]:
        return f" For the recommended option: {ends}; {row['note']}."
    exact = (
        ""
        if words.spec.afterwards is None
        else "; not exact, as its rule reads books that the commission moves"
    )
    return f" For the recommended option: {ends}, split at {rate(row['legal'])}{exact}."


def parts_of_it(tables: Tables, words: Words) -> list[str]:
    """The best answer to each part of the question; what to know if it lies at the edge of what was tried."""
    said = []
    for part, rows in tables["asked"].groupby("part", sort=False):
        edge = words.spec.asked[str(part)].edges.get(str(top(rows, "value")["option"]), "")
        said.append(f"{part_words(rows)} {edge}".strip())
    return said


def part_words(rows: pd.DataFrame) -> str:
    """One part of the question in a sentence."""
    first, best = rows_of(rows)[0], top(rows, "value")
    asked = f"*{first['part_title']}*"
    if best["option"] == first["option"]:
        second = top(rows.iloc[1:], "value")
        end = ", but it cannot be told from nothing" if second["high"] >= 0.0 else ""
        return (
            f"{asked} {first['title']}; {lower(second['title'])} is {m(-second['difference'])} m worse{end}."
        )
    told = f"{m(best['difference'])} m better than {lower(first['title'])} on average"
    if best["low"] <= 0.0:
        return f"{asked} {best['title']}: {told}, which cannot be told from nothing."
    return f"{asked} {best['title']}: {told}, and better in {per_cent(best['better'])} of worlds."


def what_loses(tables: Tables, words: Words) -> str:
    """The box of worlds in which the recommendation loses."""
    box = tables.get("box", pd.DataFrame())
    if not len(box):
        return "Too few worlds speak against it to say which they are."
    first = rows_of(box)[0]
    limits = " and ".join(f"{lower(row['title'])} {limit_words(row)}" for row in rows_of(box))
    return (
        f"Of all {first['worlds']} worlds, also those that do not count, it loses in {first['losing']}, "
        f"mostly where {limits}: "
        f"{per_cent(first['density'])} of the worlds there lose, and {per_cent(first['coverage'])} of the "
        "losing worlds lie there."
    )


def limit_words(row: Row) -> str:
    """One limit of a box."""
    low, high = float(row["low"]), float(row["high"])
    if row["quasi_p_low"] == row["quasi_p_low"] and row["quasi_p_high"] == row["quasi_p_high"]:
        return f"lies between {low:.3g} and {high:.3g}"
    return f"is above {low:.3g}" if row["quasi_p_low"] == row["quasi_p_low"] else f"is below {high:.3g}"


def what_to_find_out(tables: Tables, words: Words) -> str:
    """What knowing would be worth, and the test that pays."""
    table = tables["information"]
    every, rest = rows_of(table)[0], rows_of(table.iloc[1:])
    paying = [row for row in rest if row.get("test") == row.get("test") and pays(row)]
    told = f"Knowing everything before deciding would be worth {m(every['evppi'])} m yuan on average"
    if not paying:
        return f"{told}; no single field test that is listed is worth more than it costs."
    best = max(paying, key=lambda row: float(row["evsi"]) - float(row["cost"]))
    return (
        f"{told}. The test that pays best: {lower(str(best['test']))} ({m(best['cost'])} m), worth "
        f"{m(best['evsi'])} m ({between(best['evsi_low'], best['evsi_high'])}) because it measures "
        f"{lower(str(best['title']))}."
    )


def pays(row: Row) -> bool:
    """Whether a test brings more than it costs, beyond what the method finds where nothing is."""
    return bool(float(row["evsi"]) - float(row["evsi_noise"]) > float(row["cost"]))
