"""The answer to a question as tables: every sentence and picture of its page is made from them alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.decisions import afterwards, bargain, play
from sim.decisions.bargain import host_value
from sim.decisions.information import evpi, evppi, evsi
from sim.decisions.question import STAY_OUT, Question
from sim.decisions.regret import Options
from sim.decisions.robust import criteria, differences, dominance, recommend, switching_values
from sim.decisions.samples import Floats, Samples
from sim.decisions.studies import Studies
from sim.outcomes.declared import declared
from sim.outcomes.intervals import student
from sim.sweep.factors import Factor, to_unit_cube

Named = Iterator[tuple[str, pd.DataFrame]]
TAILS = (0.05, 0.5, 0.95)
CHOSEN_BY = "expected value"
"""Criterion of the recommendation; the others are shown beside it."""


@dataclass(frozen=True)
class Answer:
    """The recommended option and what it is judged by.

    Attributes:
        question: the question.
        worlds: all options over the worlds that count.
        every: all options over all worlds.
        option: name of the recommended option, or that of staying out.
    """

    question: Question
    worlds: Samples
    every: Samples
    option: str

    @staticmethod
    def of(question: Question, every: Samples) -> Answer:
        """The option of the highest expected value to the entrant among those that may be recommended.

        Worlds that do not pass the patterns do not count, unless too few would be left.
        """
        passes = plausible(question, every)
        worlds = every.only(passes) if passes.sum() >= FEWEST_WORLDS else every
        picks = recommend(criteria(choices(question, worlds), question.spec.good_enough))
        return Answer(question, worlds, every, str(picks.set_index("criterion").option[CHOSEN_BY]))


KEPT_AND_SOLD = ("GMV of other channels", "hosted GMV")
"""Outcomes whose ratio says how much an option leaves on the own channels."""
FEWEST_WORLDS = 20
"""Fewer worlds that pass the patterns say too little: all count then."""


def plausible(question: Question, worlds: Samples) -> npt.NDArray[np.bool_]:
    """Worlds in which the carry-over is what published spill-overs allow: positive, below the hosted sales.

    Pattern 12 of docs/evidence.md (positive but small), for the option whose terms are bargained over, shape
    (worlds,). On the side of the market all worlds pass: their parameters survive the history.
    """
    option = question.spec.terms.option
    carried, hosted = (worlds.of_option(option, name) for name in KEPT_AND_SOLD)
    return (carried > 0.0) & (carried < hosted)


def choices(question: Question, worlds: Samples) -> Options:
    """Values to the entrant of the options that may be recommended, staying out first."""
    names = question.spec.recommend
    values = worlds.value(question.spec.entrant, names)
    return Options((STAY_OUT, *names), np.column_stack([np.zeros(len(worlds)), values]))


# --- the worlds ----------------------------------------------------------------------------------


def of_worlds(answer: Answer) -> Named:
    """Options over worlds: what they are worth to whom, and the parts of the question."""
    question, worlds = answer.question, answer.worlds
    yield "worlds", world_table(answer)
    yield "options", option_table(answer)
    yield "asked", asked_table(question, worlds)
    yield "partners", bargain.hosts(question, worlds)
    yield "stays", stays(answer)
    if answer.option != STAY_OUT and bargain.fixed(question, worlds, answer.option):
        yield "deal", bargain.recommended(question, worlds, answer.option)


def stays(answer: Answer) -> pd.DataFrame:
    """How long the recommended option is open: a row a number of weeks, with worlds and mean value there."""
    if answer.option == STAY_OUT:
        return pd.DataFrame(columns=["weeks", "worlds", "value"])
    weeks = answer.worlds.of_option(answer.option, "weeks open").round().astype(int)
    value = answer.worlds.value_of(answer.option, answer.question.spec.entrant)
    grouped = pd.DataFrame({"weeks": weeks, "value": value}).groupby("weeks").value
    return grouped.agg(worlds="size", value="mean").reset_index()


def world_table(answer: Answer) -> pd.DataFrame:
    """One row a world: run, seeds, unknowns, value to the entrant of every option; all else follows."""
    question, worlds = answer.question, answer.every
    kept = ["run_id", "world_seed", "shock_seed", *(factor.name for factor in question.deep)]
    values = {option: worlds.value_of(option, question.spec.entrant) for option in worlds.options}
    counts = worlds.table.run_id.isin(answer.worlds.table.run_id)
    return pd.concat([worlds.table[kept].assign(counts=counts), pd.DataFrame(values)], axis=1)


def option_table(answer: Answer) -> pd.DataFrame:
    """A row an option, the best first.

    Columns: option, title, may_be_recommended, recommended; value to the entrant with 90 % interval of the
    mean, q05, median, q95, above (share of worlds above good enough); cut (value cut at the horizon); mean
    host (and interval), consumers, sales, own_sales, new_customers, contribution.
    """
    question, worlds = answer.question, answer.worlds
    rows = []
    for option in [name for name in question.options if name in worlds.options]:
        value = worlds.value_of(option, question.spec.entrant)
        mean, low, high = (float(end) for end in student(value))
        tails = dict(zip(("q05", "median", "q95"), np.quantile(value, TAILS), strict=True))
        host, host_low, host_high = (float(e) for e in student(host_value(question, worlds, option)))
        others = {declared(name).column_of(): worlds.of_option(option, name).mean() for name in MEANS}
        rows.append({
            "option": option, "title": question.title(option),
            "may_be_recommended": option in question.spec.recommend,
            "recommended": option == answer.option, "value": mean, "low": low, "high": high, **tails,
            "above": float((value > question.spec.good_enough).mean()), "host": host, "host_low": host_low,
            "host_high": host_high, **others,
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("value", ascending=False, ignore_index=True)


MEANS = (
    "NPV, cut at the horizon", "hosted GMV", "GMV of other channels", "new customers",
    "consumer surplus, decision", "contribution of hosted storefronts", "weeks open",
    "hosted GMV, present value",
)  # fmt: skip
"""Outcomes of which the mean stands in the table of options, in columns as questions keep them."""


def asked_table(question: Question, worlds: Samples) -> pd.DataFrame:
    """Parts of the question: a row a part and option, world by world against the first one of the part.

    Columns: part, part_title, option, title, value, above, difference with interval, better (share of
    worlds).
    """
    rows = []
    for part, asked in question.spec.asked.items():
        values = worlds.value(question.spec.entrant, asked.options)
        table = differences(Options(tuple(asked.options), values), asked.options[0])
        for k, row in enumerate(table.to_dict("records")):
            rows.append({
                "part": part, "part_title": asked.title, **row, "title": question.title(str(row["option"])),
                "value": values[:, k].mean(), "above": (values[:, k] > question.spec.good_enough).mean(),
                "better": (values[:, k] > values[:, 0]).mean() if k else np.nan,
            })  # fmt: skip
    return pd.DataFrame(rows)


def of_rules(question: Question, worlds: Samples) -> Named:
    """Rules after the term, over worlds."""
    if question.spec.afterwards is not None:
        yield "rules", afterwards.rules(question, worlds)
        yield "dixit", afterwards.dixit(question, worlds)


# --- how robust it is ----------------------------------------------------------------------------


def of_robustness(answer: Answer) -> Named:
    """Criteria, dominance, where the best option changes, what knowing would be worth."""
    question, worlds = answer.question, answer.worlds
    options = choices(question, worlds)
    judged = criteria(options, question.spec.good_enough)
    yield "criteria", judged.assign(title=[question.title(name) for name in judged.option])
    yield "unfiltered", unfiltered(answer)
    yield "picks", recommend(judged)
    yield "dominance", dominance(options)
    unknowns = {factor.name: worlds.table[factor.name].to_numpy(np.float64) for factor in question.deep}
    pair = against_staying_out(answer, options)
    yield "switching", switching_values(pair, unknowns).assign(between="the recommended and staying out")
    yield "information", information(question, worlds, options)


def unfiltered(answer: Answer) -> pd.DataFrame:
    """What criteria say over all worlds, also those that do not pass the patterns.

    Columns as `criteria`, and title, worlds (all), passed (those that pass), counted (those that count).
    """
    question = answer.question
    table = criteria(choices(question, answer.every), question.spec.good_enough)
    return table.assign(
        title=[question.title(name) for name in table.option], worlds=len(answer.every),
        passed=int(plausible(question, answer.every).sum()), counted=len(answer.worlds),
    )  # fmt: skip


def against_staying_out(answer: Answer, options: Options) -> Options:
    """The recommended option and staying out; if that is recommended, the best of the others beside it."""
    names = list(options.names)
    own = names.index(answer.option) if answer.option != STAY_OUT else 1 + int(options.mean[1:].argmax())
    return Options((STAY_OUT, names[own]), options.values[:, [0, own]])


def information(question: Question, worlds: Samples, options: Options) -> pd.DataFrame:
    """What knowing would be worth before the choice: a row an unknown, and one for all together.

    Columns: unknown, title, evppi (perfect knowledge of it) with interval, noise (what the method finds where
    nothing is), test (words), evsi (what the test brings before its cost, at most what perfect knowledge of
    the same unknown does, as both are estimates) with interval, cost.
    """
    all_known = evpi(options)
    tests = {test.unknown: test for test in question.spec.tests.values()}
    rows: list[dict[str, object]] = [{
        "unknown": "", "title": "Everything", "evppi": all_known.value, "low": all_known.low,
        "high": all_known.high, "noise": np.nan,
    }]  # fmt: skip
    for factor in question.deep:
        place = at(worlds, factor)
        found = evppi(options, place)
        row: dict[str, object] = {
            "unknown": factor.name, "title": factor.words, "evppi": found.value, "low": found.low,
            "high": found.high, "noise": found.noise,
        }  # fmt: skip
        if factor.name in tests:
            test = tests[factor.name]
            brought = evsi(options, place, test.error)
            row |= {
                "test": test.title, "cost": test.cost, "evsi": min(brought.value, found.value),
                "evsi_low": brought.low, "evsi_high": brought.high, "evsi_noise": brought.noise,
            }  # fmt: skip
        rows.append(row)
    head, *rest = pd.DataFrame(rows).reindex(columns=LEARNT).to_dict("records")
    ranked = sorted(rest, key=lambda row: -float(row["evppi"]))
    return pd.DataFrame([head, *ranked])


LEARNT = [
    "unknown", "title", "evppi", "low", "high", "noise", "test", "cost", "evsi", "evsi_low", "evsi_high",
    "evsi_noise",
]  # fmt: skip
"""Columns of the table of information; those of tests are empty if none is named."""


def at(worlds: Samples, factor: Factor) -> Floats:
    """Places of a factor's values in its range, 0 to 1 (of its logs if its scale is log), shape (worlds,)."""
    return to_unit_cube(worlds.table[[factor.name]], [factor])[:, 0]


# --- terms and game ------------------------------------------------------------------------------


def of_terms(question: Question, terms: Samples) -> Named:
    """The contract in the most central market: map, lines, straightness, hosts and clauses there."""
    yield "map", bargain.map_of_terms(question, terms)
    yield "lines", bargain.lines(question, terms)
    yield "straight", bargain.straight(question, terms)
    yield "partners_central", bargain.hosts(question, terms)
    yield "clauses_central", bargain.clauses(question, terms)
    yield "elasticity", bargain.elasticities(question, terms)
    option = question.spec.terms.option
    carried, hosted = (terms.of_option(option, name).mean() for name in KEPT_AND_SOLD)
    passes = bool(0.0 < carried < hosted)
    yield "central", pd.DataFrame([{"own_sales": carried, "sales": hosted, "passes": passes}])


def of_game(studies: Studies) -> Named:
    """The empirical game in the most central market."""
    question = studies.question
    nash = bargain.nash_rate(question, studies.terms())
    game = play.game_of(question, studies.game(nash), nash)
    words = play.titles(question)
    table = play.payoffs(game)
    for player, titles in words.items():
        table[f"{player}_title"] = table[player].map(titles)
    yield "game_payoffs", table.assign(nash=nash)
    yield "game_equilibria", play.equilibria(game)
    yield "game_mixed", play.mixed(game)
    yield "game_dominance", play.dominance(game)
    yield "game_sequence", play.in_sequence(game)
    yield "game_regret", play.regrets(game)
    yield "game_replies", play.replies(game)
