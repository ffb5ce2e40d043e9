"""Pictures and tables of the page as HTML."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from io import BytesIO

from matplotlib.figure import Figure

from sim.experiments.trace import Need, Story, told
from sim.outcomes.comparison import Comparison
from sim.outcomes.volume import NOTHING_ONLINE
from sim.page.numbers import Line, Number
from sim.pictures import gallery
from sim.pictures.style import day_words
from sim.scenario.schema import Scenario

WORDS: Mapping[str, str] = {
    "summary": "In short",
    "weekly_by_tier": "By week and tier",
    "weekly_effect": "By week",
    "source_of_volume": "Sources of sales",
    "switched": "Who switched",
    "books": "Books",
    "what_is_left": "What is left",
}
"""Names of pictures; one without words is shown under its own name."""
PICTURES = {WORDS.get(name, name.replace("_", " ")): draw for name, draw in gallery.PICTURES}


def picture(comparison: Comparison, side: str, name: str) -> str:
    """A picture of one strategy, or why there is none."""
    try:
        figure = PICTURES[name](comparison, side)
    except ValueError:
        title = comparison.scenarios[side].title
        return (
            f'<p class="note">{escape(title)} has no storefront in which it differs from the baseline, '
            "so there is no such picture of it. What differs stands in the numbers above.</p>"
        )
    return image(figure)


def image(figure: Figure) -> str:
    """A figure as an image that carries its title as text."""
    stream = BytesIO()
    figure.savefig(stream, format="svg")
    words = " ".join(text.get_text().replace("\n", " ") for text in figure.texts[:2])
    data = b64encode(stream.getvalue()).decode()
    return f'<img class="picture" src="data:image/svg+xml;base64,{data}" alt="{escape(words)}">'


def heading(number: int, title: str) -> str:
    """Name of a strategy above what belongs to it."""
    return f'<h3 class="side side{number}">Strategy {number}: {escape(title)}</h3>'


# --- numbers -------------------------------------------------------------------------------------


def numbers(lines: Sequence[Line], titles: Sequence[str]) -> str:
    """Table of both strategies and their difference."""
    head = "".join(
        f'<th scope="col" class="side{k}">Strategy {k}<br><small>{escape(title)}</small></th>'
        for k, title in enumerate(titles, 1)
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(line.title)}</th>{_cell(line.sides[0])}{_cell(line.sides[1])}'
        f"{_cell(line.difference)}</tr>"
        for line in lines
    )
    return (
        '<table class="numbers"><caption>Against the baseline; in brackets 90 % intervals of the mean: noise '
        "of the simulation, assumptions as set on the left</caption><thead><tr><td></td>"
        f'{head}<th scope="col">Strategy 2 minus 1<br><small>same people, same draws</small></th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell(number: Number) -> str:
    interval = f"<br><small>({escape(number.interval)})</small>" if number.interval else ""
    return f"<td>{escape(number.words)}{interval}</td>"


# --- one person ----------------------------------------------------------------------------------


def person(names: tuple[str, str], stories: tuple[Story, Story], titles: Mapping[str, str]) -> str:
    """One person's needs in two scenarios, side by side.

    Args:
        names: of the scenarios.
        stories: of the same person.
        titles: of channels and categories, by name.
    """
    if not stories[0].needs:
        return "<p>No needs in these weeks.</p>"
    rows = "".join(
        _need(one, two, titles) for one, two in zip(stories[0].needs, stories[1].needs, strict=True)
    )
    differs = sum(_choice(a, titles) != _choice(b, titles)
                  for a, b in zip(stories[0].needs, stories[1].needs, strict=True))  # fmt: skip
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return (
        f"{_who(stories[0].person)}<p>{len(stories[0].needs)} needs in the weeks in which the "
        f"storefronts differ; {differs} chosen differently.</p>"
        '<table class="person"><thead><tr><th scope="col">Day</th><th scope="col">Need</th>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _who(person: str) -> str:
    """Who it is in a line; what they know, like and own on request."""
    head, _, state = person.partition("\n")
    more = (
        f"<details><summary>What they know and like at the end</summary><pre>{escape(state)}</pre></details>"
    )
    return f"<p>{escape(head)}</p>{more if state else ''}"


def _need(one: Need, two: Need, titles: Mapping[str, str]) -> str:
    choices = _choice(one, titles), _choice(two, titles)
    mark = ' class="differs"' if choices[0] != choices[1] else ""
    cells = "".join(
        f"<td><details><summary>{escape(choice)}</summary>{_alternatives(need, titles)}</details></td>"
        for choice, need in zip(choices, (one, two), strict=True)
    )
    day = day_words(date.fromisoformat(one.date))
    what = (
        f"{titles.get(one.category, one.category)}, {one.order_value:,.0f} {one.currency} at the usual price"
    )
    return f"<tr{mark}><td>{escape(day)}</td><td>{escape(what)}</td>{cells}</tr>"


def _choice(need: Need, titles: Mapping[str, str]) -> str:
    words = told(need)
    return words.replace(need.choice, titles.get(need.choice, need.choice), 1)


def _alternatives(need: Need, titles: Mapping[str, str]) -> str:
    """What was considered: price, utility, shock, in utility units."""
    rows = "".join(
        f"<tr><td>{escape(titles.get(one.channel, one.channel))}</td>"
        f"<td>{'' if one.price is None else f'{100 * one.price:.0f} %'}</td>"
        f"<td>{one.utility:.2f}</td><td>{one.shock:.2f}</td><td>{one.total:.2f}</td></tr>"
        for one in need.alternatives
    )
    return (
        "<table><thead><tr><th>considered</th><th>price, % of usual</th><th>utility, units</th>"
        f"<th>chance, units</th><th>sum</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def titles(scenarios: Sequence[Scenario]) -> dict[str, str]:
    """Names of channels and kinds of goods in words."""
    found: dict[str, str] = {NOTHING_ONLINE: "nothing online"}
    for scenario in scenarios:
        named = (scenario.platforms, scenario.storefronts, scenario.categories)
        found |= {name: each.title or name for part in named for name, each in part.items()}
    return found
