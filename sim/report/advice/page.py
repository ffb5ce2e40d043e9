"""The page of an answer, made from its tables alone: the answer first, then its reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from sim.decisions.schema import AFTER_EXIT
from sim.pictures.style import day_words, per_cent, plain
from sim.report.advice.answer import answer, switching_words, what_loses
from sim.report.advice.game import game
from sim.report.advice.numbers import (
    Row,
    Tables,
    Words,
    between,
    digits,
    m,
    minus,
    one,
    picture,
    rate,
    rates,
    rows_of,
    share,
    text,
    top,
)
from sim.report.document import Block, Document, Heading, Provenance, Table, Text


def document(tables: Tables, words: Words, pictures: Mapping[str, str], made: str) -> Document:
    """The answer first, then a section for every group of tables that is there.

    Args:
        tables: all tables, by name.
        words: the question and names in words.
        pictures: files of pictures, by name.
        made: how it was made, in Markdown.
    """
    blocks: list[Block] = []
    if "options" in tables:
        blocks += [Heading("The answer"), *map(Text, answer(tables, words))]
    for name, make in SECTIONS.items():
        if NEEDS[name] in tables:
            blocks += make(tables, words, pictures)
    return Document(words.spec.title, [f"*{words.spec.question}*"], blocks, Provenance(made))


# --- sections ------------------------------------------------------------------------------------


def options(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """All options over worlds."""
    yield Heading("What each option is worth, and to whom")
    yield from picture(pictures, "options", "Value of every option over worlds")
    judged = {row["option"]: row for row in rows_of(tables["criteria"])}
    head = [
        "option", f"value to {words.entrant}, m", "90 % of mean", "5th to 95th", "worth it in", "mean regret",
        "greatest", "value to host, m", "consumers, m", "weeks open",
    ]  # fmt: skip
    cells = []
    for row in rows_of(tables["options"]):
        regret = judged.get(row["option"])
        mark = "**" if row["recommended"] else ""
        cells.append([
            f"{mark}{row['title']}{mark}{'' if row['may_be_recommended'] else ' †'}",
            m(row["value"]), between(row["low"], row["high"]),
            between(row["q05"], row["q95"]), per_cent(row["above"]),
            "" if regret is None else m(regret["regret_mean"]),
            "" if regret is None else m(regret["regret_max"]), m(row["host"]), m(row["surplus"]),
            plain(row["weeks_open"]),
        ])  # fmt: skip
    yield Table(head, cells)
    yield Text(
        "† not among the options that may be recommended. Regret is what an option falls behind the best one "
        "of a world among those that may be recommended (and staying out). The host stands with all "
        "platforms of its owner. Consumers' gain counts what a logit gives to any new shop for its own "
        "taste, so it is likely too high. [options.csv](options.csv), [criteria.csv](criteria.csv), world by "
        "world: [worlds.csv](worlds.csv)."
    )
    yield Text(unfiltered_words(tables, words))


def unfiltered_words(tables: Tables, words: Words) -> str:
    """Which worlds count, and what all of them say."""
    table = tables["unfiltered"]
    first, best = rows_of(table)[0], top(table, "expected")
    deal = words.inside(words.title(words.spec.terms.option))
    pattern = f"{deal} leaves something on the own channels, but less than it sells itself"
    if first["counted"] == first["worlds"]:
        passed = "all" if first["passed"] == first["worlds"] else f"only {first['passed']}"
        return (
            f"All {first['worlds']} worlds count. In {passed} of them {pattern}, a reading of "
            "published spill-overs, which are positive but small."
        )
    name = words.inside(words.title(str(best["option"])))
    same = best["option"] == one(tables["picks"], criterion="expected value")["option"]
    return (
        f"{first['counted']} of {first['worlds']} worlds count: those in which {pattern}, a reading "
        "of published spill-overs, which are positive but small. Over all worlds the highest expected "
        "value is that of "
        f"{'the same option' if same else name}: "
        f"{m(best['expected'])} m ({between(best['expected_low'], best['expected_high'])}), good enough in "
        f"{per_cent(best['satisficing'])} ([unfiltered.csv](unfiltered.csv))."
    )


def asked(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """The parts of the question."""
    yield Heading("Part by part")
    yield from picture(pictures, "asked", "Options of each part against the pop-up as it was")
    head = ["part", "option", "value, m", "against the first, m", "90 %", "better in", "worth it in"]
    cells = []
    for _, rows in tables["asked"].groupby("part", sort=False):
        for k, row in enumerate(rows_of(rows)):
            cells.append([
                row["part_title"] if k == 0 else "", row["title"], m(row["value"]),
                "" if k == 0 else m(row["difference"], sign=True),
                "" if k == 0 else between(row["low"], row["high"]), "" if k == 0 else per_cent(row["better"]),
                per_cent(row["above"]),
            ])  # fmt: skip
    yield Table(head, cells)


def terms(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """Commission, exposure, hosts, clauses."""
    straight = rows_of(tables["straight"])[0]
    yield Heading("Terms")
    yield Text(straight_words(straight))
    yield from map(Text, central_words(tables, words))
    yield from picture(pictures, "map", "Who gains over exposure and commission")
    partners = tables.get("partners", tables["partners_central"])
    over = "over worlds" if "partners" in tables else "in the most central market"
    yield Text(f"Partners {over}, each at its own Nash rate (the host's power {words.spec.terms.power:g}):")
    yield from picture(pictures, "hosts", "Partner ranking")
    head = ["host", "brand at most", "host at least", "Nash rate", "90 %", "brand at Nash, m", "host, m",
            "a rate suits both in"]  # fmt: skip
    cells = [
        [row["title"], rate(row["entrant_max"]), rate(row["host_min"]), rate(row["legal"]),
         rates(row["nash_low"], row["nash_high"]), m(row["entrant_at_nash"]),
         m(row["host_at_nash"]), per_cent(row["suits"])]
        for row in rows_of(partners)
    ]  # fmt: skip
    yield Table(head, cells)
    yield from map(Text, elasticity_words(tables, words))
    yield from clauses(tables, words, pictures)


ROUNDING = 1e-6
"""Distance from a straight line, as a share of what the commission moves, that is rounding only."""


def straight_words(row: Row) -> str:
    """Whether values are straight lines in the commission."""
    tried = str(row["commissions"]).replace("%", " %")
    if row["worst"] < ROUNDING:
        return (
            f"A commission only moves money: simulated at {tried}, values lie on straight lines up to "
            "rounding, so break-even and Nash rates follow from one run without an error of their own."
        )
    return (
        f"The commission moves more than money: simulated at {tried}, values leave straight lines by up to "
        f"{per_cent(row['worst'])} of what the commission moves, so break-even and Nash rates are "
        "approximate."
    )


def central_words(tables: Tables, words: Words) -> Iterator[str]:
    """Whether the most central market passes the pattern by which worlds count."""
    table = tables.get("central", pd.DataFrame())
    if not len(table):
        return
    row = one(table)
    ratio = plain(row["own_sales"] / row["sales"]) if row["sales"] else "no"
    deal = words.inside(words.title(words.spec.terms.option))
    told = f"In the most central market, unknowns at their base values, {deal} leaves {ratio} yuan on the own"
    told = told.replace("yuan", words.currency)
    if row["passes"]:
        yield f"{told} channels for one that it sells: it would count as a world."
        return
    yield (
        f"{told} channels for one that it sells, so **it would not count as a world**. Map, clauses, "
        "reactions to "
        "price, the game and what is left are of that market and likely too kind to the pop-up."
    )


def elasticity_words(tables: Tables, words: Words) -> Iterator[str]:
    """Whether buyers react to prices as published, and what that means for options that change the price."""
    table = tables.get("elasticity", pd.DataFrame())
    if not len(table):
        return
    said = ", ".join(
        f"{plain(row['elasticity'])} ({plain(row['low'])} to {plain(row['high'])}) "
        f"for {words.inside(row['title'])}"
        for row in rows_of(table)
    )
    first = rows_of(table)[0]
    doubted = [words.inside(str(row["title"])) for row in rows_of(table) if not row["believed"]]
    told = f"Own-price elasticity of what the shop sells: {said}; published: {plain(first['published'])}"
    if not doubted:
        yield f"{told} ({first['source']})."
        return
    yield (
        f"{told} ({first['source']}). **Not believed: {'; '.join(doubted)}.** Buyers there react too little "
        "to price in these markets, so whatever an option gains by a higher price or less discount is "
        "overstated. Which options may be recommended is set in the question file."
    )


def clauses(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """What clauses are worth."""
    table = tables.get("clauses_central", pd.DataFrame())
    if not len(table):
        return
    yield Text("What a clause is worth to each party, in the most central market:")
    yield from picture(pictures, "clauses", "Worth of clauses")
    cells = []
    for _, rows in table.groupby("clause", sort=False):
        by_party = {row["party"]: row for row in rows_of(rows)}
        own, host = by_party["entrant"], by_party["host"]
        cells.append([
            own["title"], m(own["worth"]), between(own["worth_low"], own["worth_high"]), m(host["worth"]),
            between(host["worth_low"], host["worth_high"]), rate(own["change"]),
        ])  # fmt: skip
    head = ["clause", "to the brand, m", "90 %", "to the host, m", "90 %", "commission that offsets it"]
    yield Table(head, cells)


def rules(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """Rules after the term."""
    found = rows_of(tables["dixit"])[0]
    yield Heading("After the term: stay, leave, or let a rule decide")
    yield from picture(pictures, "rules", "Rules after the term")
    head = ["rule", "value, m", "90 %", "option value, m", "90 %", "left early", "weeks",
            "false by its books", "false by all channels"]  # fmt: skip
    cells = [
        [minus(row["rule"]), m(row["value"]), between(row["low"], row["high"]),
         m(row["option_value"], sign=True),
         between(row["option_value_low"], row["option_value_high"]), per_cent(row["left"]),
         plain(row["weeks"]), share(row["false_by_books"]), share(row["false_by_all"])]
        for row in rows_of(tables["rules"])
    ]  # fmt: skip
    yield Table(head, cells)
    yield Text(
        "Option value: against leaving on the fixed date, world by world. A false exit is one after which "
        f"the {AFTER_EXIT} weeks that follow (or what is left) would have earned, by the storefront's own "
        "books or by all channels of the brand, had it stayed in the same world. " + dixit_words(found)
    )


def dixit_words(found: Row) -> str:
    """Dixit's thresholds beside the best of the grid."""
    best = f"the best threshold tried on the simulator is {m(found['best'])} m a week"
    own = f"The option with Dixit's rule leaves at {m(found['used'])} m a week, from what its file assumes. "
    told = own if found["used"] == found["used"] else ""
    if found["positive"] == found["positive"]:
        told += (
            f"The theory needs a margin that stays above zero; {per_cent(found['positive'])} of the open "
            "weeks have one. "
        )
    if found["drift"] != found["drift"]:
        return f"{told}The runs have too few such weeks for a drift; {best}."
    moves = (
        f"{told}From those, drift {plain(found['drift'], sign=True)} and volatility "
        f"{plain(found['volatility'])} a year"
    )
    if found["leave"] != found["leave"]:
        return f"{moves}: the theory has no answer ({digits(str(found['note']))}); {best}."
    away = f"{m(abs(found['gap']))} m away: the rule's model risk"
    return f"{moves} let it leave at {m(found['leave'])} m a week; {best}, {away}."


def robustness(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """Where the recommendation loses, what would change it, what knowing is worth."""
    yield Heading("What would change the answer")
    yield from picture(pictures, "box", "Worlds in which the recommendation loses")
    yield Text(what_loses(tables, words))
    yield Text(switching_words(tables, words))
    yield from picture(pictures, "information", "What knowing would be worth")
    head = ["unknown", "worth of knowing it, m", "90 %", "found by chance", "test", "worth of the test, m",
            "cost, m"]  # fmt: skip
    cells = [
        [row["title"], m(row["evppi"]), between(row["low"], row["high"]), m(row["noise"]),
         text(row.get("test")), m(row.get("evsi", float("nan"))), m(row.get("cost", float("nan")))]
        for row in rows_of(tables["information"])
    ]  # fmt: skip
    yield Table(head, cells)


def left(tables: Tables, words: Words, pictures: Mapping[str, str]) -> Iterator[Block]:
    """What carries over, and where sales come from."""
    table = tables["carry_over"]
    whole = one(table, part="total")
    yield Heading("What is left afterwards, and where sales come from")
    parts = ", ".join(
        f"{row['part']} {m(row['mean'])} ({between(row['low'], row['high'])})"
        for row in rows_of(table[table.part != "total"])
    )
    option = words.inside(words.title(words.spec.terms.option))
    unsure = "" if whole["low"] > 0.0 or whole["high"] < 0.0 else ", which cannot be told from nothing"
    yield Text(
        f"After {option} has closed, the own channels sell {m(abs(whole['mean']))} m "
        f"{'less' if whole['mean'] < 0.0 else 'more'} to {day_words(words.ends)} than without it "
        f"({between(whole['low'], whole['high'])}) in the most central market{unsure}. Split by what people "
        f"keep (Shapley values, m): {parts}."
    )
    if len(tables.get("diversion", ())):
        yield diversion_table(tables["diversion"])


def diversion_table(table: pd.DataFrame) -> Table:
    """Three diversions side by side."""
    wide = table.pivot_table(index="destination", columns="kind", values="share", sort=False)
    order = wide.max(axis=1).sort_values(ascending=False).index
    head = ["sales of the pop-up come from", *wide.columns]
    cells = [[str(name), *(share(float(value)) for value in wide.loc[name])] for name in order]
    return Table(head, cells)


Section = Callable[[Tables, Words, Mapping[str, str]], Iterator[Block]]
SECTIONS: Mapping[str, Section] = {
    "options": options, "asked": asked, "terms": terms, "rules": rules, "left": left,
    "robustness": robustness, "game": game,
}  # fmt: skip
NEEDS = {
    "options": "options", "asked": "asked", "terms": "straight", "rules": "rules", "left": "carry_over",
    "robustness": "information", "game": "game_payoffs",
}  # fmt: skip
