"""What a comparison does not say, and the words that it uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sim.report.document import Block, Heading, KeyNumbers, Picture, Table, Text

NOT_SAID = (
    "The intervals are the noise of the simulation alone: what other people and other chance would have "
    "given, with all assumptions held. What is not known about the assumptions moves the numbers much more; "
    "their ranges stand under “What this rests on”.",
    "Every number is a difference between two runs of a model, on the same people and the same draws. None "
    "is a forecast of what a firm will report.",
    "Consumers do not anticipate festivals, and sellers set no prices of their own.",
    "Consumers' surplus counts what the model gives to any new shop for its own taste, so it is likely too "
    "high.",
    "Rivals answer only as the scenario says; one that is not told to answer stands still.",
)
WORDS = {
    "host": "the platform on which somebody else's storefront stands; its own merchants sell there too",
    "storefront": "a shop of a brand: its own site, or a place on somebody else's platform",
    "entrant": "the brand that opens the storefront in question",
    "baseline": "the scenario without the step in question; everything else is the same",
    "new customers": "people who buy from the brand for the first time; they are counted in both scenarios",
    "what is left": "what the brand's other channels sell more (or less) after the storefront has closed, "
    "because more people know the brand, have a habit or trust it",
    "net present value": "money over all weeks, later weeks discounted, in money of the day on which the "
    "scenarios part; with run-off: the weeks after the last day count, too",
    "run-off": "weeks after the last day of the comparison that are simulated so that late effects count",
    "90 % interval": "nine of ten such intervals hold the mean of endless replications; it tells the noise "
    "of the simulation only",
    "effective buyers": "simulated buyers behind a number, counted as if all stood for equally many people",
    "replication": "the same comparison once more with other people and other chance",
    "same draws": "chance falls the same way for the same person in both scenarios, so that only the "
    "scenarios differ",
    "surplus": "what purchases are worth to consumers beyond their price, in money",
    "contribution": "what a firm keeps of its sales after goods, fees, shipping, returns and fixed costs",
    "net revenue": "what a firm takes in by selling and by fees, without what it only passes on",
    "commission": "share of the sales of a storefront that its owner pays to the host",
    "exposure": "share of visits to the host in which a person sees the storefront",
    "concentration": "sum of squared market shares in points (HHI): 10,000 is one seller",
}
"""Words that a report may use, with a sentence each."""


def limits() -> Iterator[Block]:
    """What the report does not say."""
    yield Heading("What it does not say")
    yield Text("\n".join(f"- {said}" for said in NOT_SAID))


def glossary(blocks: Sequence[Block]) -> Iterator[Block]:
    """The words that stand in some blocks, with what they mean, by alphabet."""
    text = " ".join(word for block in blocks for word in _words(block)).lower()
    used = {word: told for word, told in WORDS.items() if re.search(rf"\b{re.escape(word)}", text)}
    if used:
        yield Heading("Words")
        yield Text("\n".join(f"- **{word}**: {used[word]}" for word in sorted(used)))


def _words(block: Block) -> Iterator[str]:
    """All words of a block."""
    match block:
        case Heading():
            yield block.text
        case Text():
            yield block.markdown
        case Table():
            yield from (
                block.caption,
                *block.head,
                *block.units,
                *(cell for row in block.cells for cell in row),
            )
        case Picture():
            yield block.alt
        case KeyNumbers():
            yield from (words for one in block.items for words in (one.label, one.number, one.note))
