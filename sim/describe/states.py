"""What the model's entities carry from week to week: name, type, shape, unit, meaning.

Names and types of people's columns come from their declaration, `sim.consumers.population.Columns`. Shapes,
units and words, which a declaration in code cannot hold, stand here; `tests/describe` compares them with the
columns and saved states of a running market, so that nothing is without words and no words without a thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args, get_type_hints

from sim.describe.regions import table


class Column(NamedTuple):
    """Words for a column of people.

    Attributes:
        shape: letters of the dimensions, N last.
        unit: unit of a value.
        meaning: what it is.
        moves: the phases that change it; none = a trait, drawn once.
    """

    shape: str
    unit: str
    meaning: str
    moves: tuple[str, ...] = ()


PEOPLE: Mapping[str, Column] = {
    "id": Column("N", "", "identity: the address of the person in all draws"),
    "online_from": Column("N", "week", "week of going online; -32768 if before the start"),
    "means": Column(
        "N", "factor", "square root of income relative to the tier's mean; scales needs and orders"
    ),
    "price": Column("N", "factor", "multiplier of the category's price coefficient"),
    "affinity": Column("N", "util", "taste for foreign sellers, tier's shift included"),
    "delivery": Column("N", "util/day", "dislike of a day of delivery beyond the normal"),
    "taste": Column("F × N", "1/2048 util", "persistent taste for each platform and brand"),
    "habit": Column(
        "H × N", "share", "app habit: purchases there, older weeks weighing less", ("goods arrive",)
    ),
    "loyalty": Column(
        "B × N",
        "share",
        "loyalty to each brand: purchases from it, older ones weighing less",
        ("goods arrive",),
    ),
    "trust": Column("F × N", "share", "believed authenticity of each platform and brand", ("goods arrive",)),
    "stock": Column("C × N", "weeks", "weeks of use at home in each category", ("goods arrive",)),
    "last_order": Column(
        "F × N",
        "week",
        "week of the last order; -32768 never, -32767 before the model begins",
        ("goods arrive",),
    ),
    "aware": Column(
        "N",
        "64 bits",
        "platforms accessible, brands and channels known, channels seen this week",
        ("people notice storefronts", "teams settle", "awareness spreads"),
    ),
    "fresh": Column(
        "B × N",
        "0 or 1",
        "knowledge of each brand that a storefront has taught and that was not met again since",
        ("people notice storefronts", "awareness spreads"),
    ),
}

DIMENSIONS = {
    "N": "simulated consumers",
    "C": "categories",
    "H": "platforms",
    "B": "brands",
    "F": "firms: platforms, then brands",
    "T": "tiers",
}
"""Letters of shapes."""


class Kept(NamedTuple):
    """Words for what a firm keeps; `name` as in its saved state, parts of a part after a dot."""

    name: str
    kind: str
    unit: str
    meaning: str


FIRMS: Mapping[str, tuple[Kept, ...]] = {
    "platform": (
        Kept("advertising.level", "number", "currency", "advertising stock"),
        Kept(
            "advertising.spending",
            "number",
            "currency/week",
            "spending that a policy has set; none = as written",
        ),
        Kept(
            "prices",
            "number by category",
            "factor",
            "price index relative to the scenario's (price competition)",
        ),
        Kept(
            "costs",
            "number by category",
            "price index",
            "cost at which the scenario's prices are an equilibrium",
        ),
        Kept("belief", "number", "share", "share of teams that people believe to fill"),
        Kept("gmv", "number", "currency/week", "what consumers paid its own merchants last week"),
    ),
    "brand": (
        Kept("advertising.level", "number", "currency", "advertising stock"),
        Kept(
            "advertising.spending",
            "number",
            "currency/week",
            "spending that a policy has set; none = as written",
        ),
        Kept("buyers", "number by week", "people", "people who bought from it"),
        Kept("ever", "number by week", "people", "people who had ever bought from it"),
        Kept("at_start", "number", "people", "customers before the first recorded week"),
        Kept("spending", "number by week", "currency/week", "advertising"),
    ),
    "storefront": (
        Kept("plan.first", "date", "", "first day; none = from before"),
        Kept("plan.last", "date", "", "last day; none = open end"),
        Kept("plan.closed", "yes or no", "", "waits for a policy to open it"),
        Kept("plan.commission", "number", "share", "commission in force"),
        Kept("plan.exposure", "number", "", "exposure in force: a visit shows it with chance 1 - exp(-this)"),
        Kept("plan.goods", "number", "factor", "products relative to the scenario's"),
        Kept("plan.price", "number", "factor", "price index relative to the scenario's"),
        Kept("plan.gone", "names", "", "categories that it has left"),
        Kept(
            "terms.paid",
            "number",
            "currency",
            "commission paid since it opened, which counts towards the guarantee",
        ),
        Kept("terms.deposit", "number", "currency", "deposit that the host holds"),
        Kept("stands", "yes or no", "", "opened, and its closing not yet booked"),
        Kept("sales", "number by week", "currency/week", "what consumers paid"),
        Kept("orders", "number by week", "orders/week", "orders"),
        Kept("contribution", "number by week", "currency/week", "what it brought its owner, by the books"),
        Kept("open_weeks", "yes or no by week", "", "whether it was open on some day"),
    ),
    "merchants": (
        Kept("active", "number", "share", "share of the merchants who could list that does"),
        Kept("start", "number", "share", "the same at the start"),
        Kept("gmv", "number", "currency", "sales since the last look, season taken out"),
        Kept("weeks", "number", "weeks", "weeks since the last look"),
    ),
    "subsidy": (
        Kept("weeks", "weeks", "week", "weeks with spending"),
        Kept("spent", "number by week", "currency/week", "spending in these weeks"),
    ),
    "reaction": (
        Kept("responses", "rows", "", "kind, category, depth, first and last week of each response"),
    ),
}
"""What each kind of firm keeps, by the word with which `Supply.stateful_firms` begins its name."""


# --- tables --------------------------------------------------------------------------------------


def dimensions() -> str:
    """Letters of shapes in one line."""
    return ", ".join(f"{letter} {words}" for letter, words in DIMENSIONS.items()) + "."


def types() -> dict[str, str]:
    """Type of each column of people, as declared."""
    from sim.consumers.population import Columns

    return {name: get_args(get_args(hint)[1])[0].__name__ for name, hint in get_type_hints(Columns).items()}


def people_table() -> str:
    """Columns of people as Markdown; traits first, then what changes."""
    kinds = types()
    order = sorted(PEOPLE.items(), key=lambda item: bool(item[1].moves))
    rows = (
        [f"`{name}`", kinds[name], c.shape, c.unit, c.meaning, ", ".join(c.moves) or "never: a trait"]
        for name, c in order
    )
    return table(["column", "type", "shape", "unit", "meaning", "changed by"], rows)


def firms_table() -> str:
    """What firms keep, as Markdown."""
    rows = ([who, f"`{k.name}`", k.kind, k.unit, k.meaning] for who, kept in FIRMS.items() for k in kept)
    return table(["who", "keeps", "kind", "unit", "meaning"], rows)


def names_kept(
    state: Mapping[str, Any], parts: tuple[str, ...] = ("advertising", "plan", "terms")
) -> Iterator[str]:
    """Names in a firm's saved state, parts of `parts` after a dot."""
    for name, value in state.items():
        if name in parts:
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name


def bits_table() -> str:
    """How the 64 bits of `aware` are dealt out, as Markdown."""
    from sim.consumers import population as p

    ends = (p.BRAND_BIT, p.CHANNEL_BIT, p.SEEN_BIT, 64)
    starts = (p.PLATFORM_BIT, p.BRAND_BIT, p.CHANNEL_BIT, p.SEEN_BIT)
    words = (
        "has access to the platform",
        "knows the brand",
        "knows the channel (own site or storefront)",
        "has seen the channel this week",
    )
    rows = ([f"{a} to {b - 1}", word] for a, b, word in zip(starts, ends, words, strict=True))
    return table(["bits", "set if the person"], rows)


def records_table() -> str:
    """Weekly tables that a market writes, as Markdown; units and words are those of the Parquet files."""
    from sim.experiments.results import COLUMNS
    from sim.market.tables import Records

    panels = Records(()).panels()
    rows = []
    for name, panel in panels.items():
        keys = ", ".join(f"`{key}`" for key in (*panel.keys, "tier"))
        rows += [[f"{name} by {keys}", f"`{m}`", COLUMNS[m][0], COLUMNS[m][1]] for m in panel.measures]
    return table(["table", "column", "unit", "meaning"], rows)
