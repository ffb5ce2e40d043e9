"""The report of a comparison as a document: scenarios side by side, then each of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from inspect import cleandoc

from sim.calendar import Calendar
from sim.experiments.stored import Stored
from sim.pictures import gallery
from sim.pictures.comparison.numbers import replications
from sim.pictures.comparison.stores import storefronts, too_few
from sim.pictures.style import capital, day_words
from sim.report.comparison.answer import answer
from sim.report.comparison.rests import rests_on
from sim.report.comparison.tables import MONTHLY, SUMMARY, months, outcomes, side_by_side
from sim.report.comparison.terms import glossary, limits
from sim.report.document import Block, Document, Heading, Picture, Text, literal
from sim.report.made import facts, resolved

OUTCOMES = (
    "Sums over the whole population, means over replications. A number behind which fewer than 50 buyers "
    "stand, counted as if all stood for equally many people, is not shown; where buyers are not counted the "
    "last column is empty."
)


def document(found: Stored) -> Document:
    """The report."""
    comparison, names = found.comparison, found.names
    base = comparison.scenarios[comparison.base]
    several = len(names) > 1
    title = comparison.scenarios[names[0]].title
    if several:
        title = f"{len(names)} scenarios against: {base.title}"
    blocks: list[Block] = []
    if several:
        blocks += [Heading("All scenarios side by side"), side_by_side(comparison, names)]
    for name in names:
        blocks += _scenario(found, name)
    blocks += [Heading("The market without it"), *_market(found), *limits()]
    blocks += glossary(blocks)
    told = Document(literal(title), list(_lead(found)), blocks)
    return told.made(facts(found.about), resolved(found.folder))


def _lead(found: Stored) -> Iterator[str]:
    """The question, and what is compared with what."""
    comparison, names = found.comparison, found.names
    base = comparison.scenarios[comparison.base]
    if len(names) == 1 and (question := comparison.scenarios[names[0]].question):
        yield f"*{literal(question)}*"
    count = replications(comparison)
    calendar = Calendar(base.time.start, base.time.end)
    size = found.about.get("settings", {}).get("consumers") or base.population.consumers
    runs = f"{count} replications" if count > 1 else "one replication, so without intervals"
    yield (
        f"Compared with: {literal(base.title)}, person by person on the same draws, from "
        f"{day_words(calendar.start)} to {day_words(calendar.end)}; {size:,} simulated consumers, {runs}."
    )


def _scenario(found: Stored, name: str) -> Iterator[Block]:
    """One scenario: the answer, pictures, tables, what it rests on; only the last if too few bought."""
    comparison, scenario = found.comparison, found.comparison.scenarios[name]
    yield Heading("The answer" if len(found.names) == 1 else literal(scenario.title))
    if len(found.names) > 1 and scenario.question:
        yield Text(f"*{literal(scenario.question)}*")
    if reason := too_few(comparison, name):
        yield Text(f"**{literal(capital(reason))}.**")
    else:
        yield from answer(comparison, name)
        if storefronts(comparison, name):
            yield Heading("In pictures", 3)
            yield from pictures(found, name)
        yield Heading("Everybody's numbers", 3)
        yield Text(OUTCOMES)
        yield from outcomes(comparison, name)
        if (found.folder / SUMMARY).is_file():
            yield Text(f"All numbers, also tier by tier: [{SUMMARY}]({SUMMARY}).")
        yield from months(comparison, name, MONTHLY if (found.folder / MONTHLY).is_file() else "")
    yield from rests_on(found.loaded[comparison.base], found.loaded[name])


def pictures(found: Stored, name: str) -> Iterator[Block]:
    """Every picture of the gallery with a sentence that says what it shows."""
    for kind, draw in gallery.PICTURES:
        words = sentence(draw.__doc__)
        file = f"{name}_{kind}.png"
        kept = file if (found.folder / file).is_file() else ""
        yield Picture(kind, words.rstrip("."), kept, partial(draw, found.comparison, name), literal(words))


def _market(found: Stored) -> Iterator[Block]:
    """The market of the baseline."""
    draw = gallery.gmv_by_platform_and_tier
    words = sentence(draw.__doc__)
    drawn = partial(draw, found.comparison, found.names[0])
    yield Picture("gmv_by_platform_and_tier", words.rstrip("."), "", drawn, literal(words))


def sentence(told: str | None) -> str:
    """The first paragraph of what a function says about itself."""
    return " ".join(cleandoc(told or "").partition("\n\n")[0].split())
