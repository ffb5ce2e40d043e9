"""Who chose differently because of a storefront: from where to where, while it is open and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.outcomes.comparison import Comparison
from sim.outcomes.parties import BRANDS, HOST, HOST_GROUP, PLATFORMS, RIVALS, SITE, STORE
from sim.outcomes.rows import FEWEST_BUYERS
from sim.pictures.comparison.effect import refused
from sim.pictures.comparison.entry import Entry, entry
from sim.pictures.comparison.moved import NOBODY, ORDER, Moved, periods
from sim.pictures.comparison.numbers import Estimate, estimate, interval_words, refusal, tier_groups
from sim.pictures.comparison.sized import headed
from sim.pictures.comparison.source import tiers_words
from sim.pictures.comparison.words import money_scale, window_words
from sim.pictures.style import (
    GROUP,
    HARD,
    INK,
    LINE,
    NOTHING,
    POINTS,
    QUIET,
    RULE,
    SIZE,
    Scale,
    bracket,
    colours,
    heading,
    panel,
    per_cent,
    plain,
    plain_tick,
    put,
    readable,
    root,
    scale_for,
    wrap,
)

WIDE = 11.0
"""Width of the picture in inches."""
BESIDE = 1.7
"""Room for names on either side of the ribbons, in inches."""
TIE = 0.24
"""Length of the line from an end to its name, in inches."""
HIGH = 3.3
"""Height of the ribbons in inches."""
PITCH = 0.44
"""Height of a row of tiers in inches: a line of words and its bar."""
THICK = 0.03
"""Width of an end in shares of the panel."""
APART = 0.035
"""Gap between two ends in shares of all that switched."""


def switched(comparison: Comparison, name: str) -> Figure:
    """From where to where people switched, in all tiers and by tier: while the storefront is open, and after.

    All switching that the storefront causes, also between others and to the owner's other channels.
    """
    about = entry(comparison, name)
    if reason := refusal(comparison, name):
        return refused(about, reason)
    moved, groups = periods(comparison, name, about), tier_groups(comparison, name)
    split = len(groups) > 1
    lower = 1.05 + PITCH * len(groups) if split else 0.0
    figure, top = headed(
        WIDE,
        1.2 + HIGH + lower,
        switched_title(moved, about),
        "Purchases that the same person made elsewhere than in the baseline, or in only one of the two; per "
        f"cent of all that moved, bands as wide as their share. Storefront {window_words(about)}. "
        f"Baseline: {comparison.scenarios[comparison.base].title}. "
        f"{interval_words(comparison, 'Lines')}.",
    )
    wide = (WIDE - 0.4 * len(moved)) / len(moved)
    for k, part in enumerate(moved):
        x = 0.2 + k * (wide + 0.4)
        _ribbons(figure, part, about, (x, top - 0.75 - HIGH, wide, HIGH))
        if split:
            place = (x, top - 0.75 - HIGH - lower + 0.15, wide, PITCH * len(groups))
            _tiers(figure, part, about, groups, place, _furthest(moved, groups))
    return figure


# --- the finding -----------------------------------------------------------------------------------


def switched_title(moved: Sequence[Moved], about: Entry) -> str:
    """How many purchases changed, and where most of them went."""
    when = (about.when, "afterwards")
    what = about.store_title if about.new else f"The change at {about.store_title}"
    words = [
        f"{_purchases(estimate(part.total.to_frame().T), span=False)} {when[k]}, {_most(part, about)}"
        for k, part in enumerate(moved)
        if part.enough
    ]
    if not words:
        return f"{what} moved too few simulated purchases to say which"
    return f"{what} moved {'; '.join(words)}"


def _most(part: Moved, about: Entry) -> str:
    """The end to which most switched, with its share."""
    to = part.samples("destination")
    end = str(to.mean(axis=1).idxmax())
    into = {
        STORE: "to the storefront",
        SITE: f"to {about.brand_title}'s own site",
        HOST: f"to {about.host_title}'s own merchants",
        HOST_GROUP: "to the host's group",
        RIVALS: "to rival platforms",
        PLATFORMS: "to platforms",
        BRANDS: "to other brands",
        NOBODY: "no longer made online",
    }
    return f"{per_cent(part.share(pd.Series(to.loc[end])).mean)} {into[end]}"


def _purchases(found: Estimate, span: bool) -> str:
    """A number of purchases in words, with its interval or without."""
    factor, word = money_scale(found.mean)
    ends = f" {bracket(found.low / factor, found.high / factor)}" if span and found.low < found.high else ""
    number = plain(found.mean / factor) if factor > 1.0 else f"{found.mean:,.0f}"
    return f"{number}{HARD}{word.strip()}{ends} purchases".replace(f"{HARD} ", " ")


# --- ribbons ---------------------------------------------------------------------------------------


def _ribbons(figure: Figure, part: Moved, about: Entry, place: tuple[float, float, float, float]) -> None:
    """Ends in the baseline at the left, in the scenario at the right, joined by bands."""
    x, y, wide, high = place
    axes = panel(figure, x + BESIDE, y, wide - 2 * BESIDE, high)
    axes.axis("off")
    title = figure.add_axes((x / WIDE, axes.get_position().y0, wide / WIDE, axes.get_position().height))
    title.axis("off")
    title.set(xticks=[], yticks=[])
    if not part.enough:
        heading(title, part.title, f"not shown: {part.simulated:,.0f} simulated purchases moved")
        axes.set(xticks=[], yticks=[])
        return
    whole = estimate(part.total.to_frame().T)
    heading(title, part.title, f"{_purchases(whole, span=True)} moved; {part.simulated:,.0f} simulated ones")
    _draw_ribbons(axes, part, about)


def _draw_ribbons(axes: Axes, part: Moved, about: Entry) -> None:
    paint = _paint(about)
    flows = part.samples(["origin", "destination"]).mean(axis=1)
    flows = flows / flows.sum()
    sides = [flows.groupby(level=side).sum().reindex(ORDER).dropna() for side in ("origin", "destination")]
    lengths = [float(side.sum()) + APART * (len(side) - 1) for side in sides]
    tops = [_tops(side, max(lengths)) for side in sides]
    starts = [dict(each) for each in tops]
    for origin, destination in _pairs(flows):
        share = float(flows[origin, destination])
        _band(axes, (starts[0][origin], starts[1][destination]), share, paint[origin])
        starts[0][origin] -= share
        starts[1][destination] -= share
    axes.set(xlim=(0, 1), ylim=(0, max(lengths)), xticks=[], yticks=[])
    for k, key in enumerate(("origin", "destination")):
        _nodes(axes, sides[k], tops[k], paint, right=k == 1)
        _names(axes, part, about, key, sides[k], tops[k])


def _pairs(flows: pd.Series) -> Iterator[tuple[str, str]]:
    """Pairs of ends in the order in which bands are stacked."""
    for origin in ORDER:
        for destination in ORDER:
            if (origin, destination) in flows.index:
                yield origin, destination


def _tops(side: pd.Series, length: float) -> dict[str, float]:
    """Upper edge of every end, the whole centred in a length."""
    at, found = length - (length - float(side.sum()) - APART * (len(side) - 1)) / 2, {}
    for end, share in side.items():
        found[str(end)] = at
        at -= float(share) + APART
    return found


def _band(axes: Axes, tops: tuple[float, float], share: float, colour: str) -> None:
    """A band that swings from a place at the left to one at the right."""
    x = np.linspace(0.0, 1.0, 60)
    upper = tops[0] + (tops[1] - tops[0]) * x * x * (3.0 - 2.0 * x)
    axes.fill_between(THICK + x * (1 - 2 * THICK), upper - share, upper, color=colour, alpha=0.5, linewidth=0)


def _nodes(
    axes: Axes, side: pd.Series, tops: Mapping[str, float], paint: Mapping[str, str], right: bool
) -> None:
    for end, share in side.items():
        at = tops[str(end)] - float(share)
        axes.bar(
            1.0 - THICK if right else 0.0, float(share), THICK, at, align="edge", color=paint[str(end)],
            edgecolor=QUIET, linewidth=0.4,
        )  # fmt: skip


def _names(
    axes: Axes, part: Moved, about: Entry, key: str, side: pd.Series, tops: Mapping[str, float]
) -> None:
    """Names and shares beside the ends, pushed apart where they would touch, each tied to its end."""
    samples, figure, right = part.samples(key), root(axes), key == "destination"
    titles, paint = end_titles(about, right), _paint(about)
    length = float(axes.get_ylim()[1])
    line, inch = SIZE * LINE / POINTS * length / HIGH, 1.0 / (axes.get_position().width * WIDE)
    texts = [wrap(figure, titles[str(end)], BESIDE - TIE - 0.05, weight="bold") for end in side.index]
    heights = [(len(lines) + 1) * line for lines in texts]
    wanted = [tops[str(end)] - float(share) / 2 for end, share in side.items()]
    places = apart(wanted, heights, length)
    for k, end in enumerate(side.index):
        tie = [1.0, 1.0 + (TIE - 0.04) * inch] if right else [0.0, (0.04 - TIE) * inch]
        axes.plot(tie, [wanted[k], places[k]], color=QUIET, linewidth=0.6, clip_on=False)
        x, top = (1.0 + TIE * inch if right else -TIE * inch), places[k] + heights[k] / 2
        colour = readable(paint[str(end)]) if paint[str(end)] != NOTHING else QUIET
        put(axes, x, top, "\n".join(texts[k]), colour, bold=True, right=not right, va="top")
        number = share_words(part.share(pd.Series(samples.loc[end])))
        put(axes, x, top - len(texts[k]) * line, number, INK, right=not right, va="top")


def apart(middles: Sequence[float], heights: Sequence[float], length: float) -> list[float]:
    """Middles of texts from top to bottom that do not touch, as near to those wanted as that allows.

    The first stays below `length`; they go below zero by a tenth of it, and further only if they must.
    """
    found, ceiling = [], length
    for middle, high in zip(middles, heights, strict=True):
        found.append(min(middle, ceiling - high / 2))
        ceiling = found[-1] - high / 2
    floor = min(-0.1 * length, length - sum(heights))
    for k in reversed(range(len(found))):
        found[k] = max(found[k], floor + heights[k] / 2)
        floor = found[k] + heights[k] / 2
    return found


def share_words(found: Estimate) -> str:
    """A share with its interval: 42 % [40, 44]."""
    span = "" if found.low == found.high else f" [{100 * found.low:.0f},{HARD}{100 * found.high:.0f}]"
    return per_cent(found.mean) + span


def end_titles(about: Entry, after: bool) -> dict[str, str]:
    """Ends in words: before, in the baseline, or after, in the scenario."""
    return {
        STORE: about.store_title,
        SITE: f"{about.brand_title}'s own site",
        HOST: f"{about.host_title}'s own merchants",
        HOST_GROUP: about.group_title,
        RIVALS: "Rival platforms",
        PLATFORMS: "Platforms",
        BRANDS: "Other brands",
        NOBODY: "No longer bought online" if after else "Not bought online",
    }


def _paint(about: Entry) -> dict[str, str]:
    """Colour of every end."""
    paint = colours(about.scenario)
    own = paint[about.brand]
    found = {STORE: own, SITE: own, RIVALS: GROUP, PLATFORMS: GROUP, BRANDS: QUIET, NOBODY: NOTHING}
    near = {HOST: about.hosts, HOST_GROUP: about.group}
    return found | {role: paint[names[0]] for role, names in near.items() if names}


# --- tiers -----------------------------------------------------------------------------------------


def _furthest(moved: Sequence[Moved], groups: Sequence[Sequence[str]]) -> float:
    """The longest bar of tiers or its interval, in purchases."""
    rows = [estimate(part.by_tier(tiers).to_frame().T) for part in moved if part.enough for tiers in groups]
    return max((row.high for row in rows), default=1.0)


def _tiers(
    figure: Figure, part: Moved, about: Entry, groups: Sequence[Sequence[str]],
    place: tuple[float, float, float, float], furthest: float,
) -> None:  # fmt: skip
    """Bars of purchases by tier, in the colours of where they would have been made."""
    if not part.enough:
        return
    axes = panel(figure, *place)
    scale = scale_for([furthest], "purchases")
    for k, tiers in enumerate(groups):
        _tier_bar(axes, part, about, tiers, k + 0.68, scale)
    axes.set(xlim=(0, 1.03 * furthest / scale.factor), ylim=(len(groups), 0), yticks=[])
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(plain_tick)
    heading(
        axes,
        "By tier, coloured by where it was bought in the baseline",
        f"{scale.unit}; per cent of all that moved",
    )


def _tier_bar(axes: Axes, part: Moved, about: Entry, tiers: Sequence[str], y: float, scale: Scale) -> None:
    paint, left = _paint(about), 0.0
    table = part.samples(["tier", "origin"]).mean(axis=1)
    rows = table[table.index.get_level_values("tier").isin(list(tiers))].groupby(level="origin").sum()
    for origin in [end for end in ORDER if end in rows.index]:
        wide = float(rows[origin]) / scale.factor
        axes.barh(y, wide, 0.36, left, color=paint[origin], edgecolor=RULE, linewidth=0.5)
        left += wide
    found = estimate(part.by_tier(tiers).to_frame().T)
    span = [found.low / scale.factor, found.high / scale.factor]
    axes.plot(span, [y, y], color=INK, linewidth=1.2, solid_capstyle="butt")
    inside = part.flows.tier.isin(list(tiers))
    count = part.flows.simulated_buyers[inside].sum()
    share = share_words(part.share(part.by_tier(tiers))) if count >= FEWEST_BUYERS else "too few to say"
    number = f"{share}; {count:,.0f} simulated"
    put(axes, 0.0, y - 0.24, tiers_words(tiers, about), INK, bold=True, across=True, box=True)
    put(axes, 1.0, y - 0.24, number, QUIET, right=True, across=True, box=True)
