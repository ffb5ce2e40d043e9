"""Findings in words, computed from the numbers: titles and labels of pictures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.entry import Entry, Kind
from sim.pictures.comparison.numbers import (
    Estimate,
    estimate,
    gains,
    interval_words,
    outcome,
    sources,
    weekly_sales,
)
from sim.pictures.comparison.stores import value_outcome
from sim.pictures.style import HARD, Scale, bracket, capital, day_words, per_cent, plain

OPEN: Mapping[Kind, str] = {
    "new": "open",
    "longer": "open in the scenario only,",
    "shorter": "open in the baseline only,",
    "moved": "open in one of the two only,",
    "changed": "open in both,",
}
"""What the storefronts are in the weeks of the picture."""

MANNER: Mapping[Kind, str] = {
    "new": "",
    "longer": ", open longer,",
    "shorter": ", closed earlier,",
    "moved": ", open at other times,",
    "changed": "",
}
"""What the scenario does to storefronts that the baseline has too, in a sentence."""


def amount(value: float, unit: str) -> str:
    """An amount without its sign: 283 m yuan."""
    factor, word = money_scale(value)
    return f"{plain(abs(value) / factor)}{HARD}{word}{unit}"


def money_scale(value: float) -> tuple[float, str]:
    """Factor and word, with a space after it, in which an amount has one to three digits."""
    for factor, word in ((1e9, "bn"), (1e6, "m"), (1e3, "thousand")):
        if abs(value) >= factor:
            return factor, word + HARD
    return 1.0, ""


def money_with_interval(found: Estimate, unit: str, sign: bool = True) -> str:
    """Money with its interval: +745 m yuan [693, 798]."""
    factor, word = money_scale(found.mean)
    return f"{plain(found.mean / factor, sign)}{HARD}{word}{unit}{_interval(found, factor)}"


def with_interval(found: Estimate, scale: Scale, sign: bool = True) -> str:
    """A number in the unit of an axis with its interval: +54 [48, 59]."""
    return plain(found.mean / scale.factor, sign) + _interval(found, scale.factor)


def _interval(found: Estimate, factor: float) -> str:
    return "" if found.low == found.high else f" {bracket(found.low / factor, found.high / factor)}"


def clear(found: Estimate) -> bool:
    """Whether the interval leaves out zero."""
    return found.low > 0 or found.high < 0


def sold_more(found: Estimate, unit: str) -> str:
    """What became of sales: "sold 745 m yuan more", or that nothing is clear."""
    if not clear(found):
        return "sold neither clearly more nor clearly less"
    return f"sold {amount(found.mean, unit)} {'more' if found.mean > 0 else 'less'}"


def lost(found: Estimate, unit: str) -> str:
    """What became of sales: "lost 76 m yuan", "gained 3 m yuan", or that nothing is clear."""
    if not clear(found):
        return "neither clearly lost nor gained"
    return f"{'gained' if found.mean > 0 else 'lost'} {amount(found.mean, unit)}"


def after_words(weeks: int) -> str:
    """The time after closing."""
    if 24 <= weeks <= 28:
        return "in the half-year after"
    return f"in the {weeks} weeks after" if weeks > 1 else "in the week after"


def window_words(about: Entry) -> str:
    """When the storefront is open, or in which weeks it is open in one scenario only."""
    runs, count = about.weeks.runs, about.replications
    some = f", in {runs} of {count} runs" if 0 < runs < count else ""
    return f"{OPEN[about.weeks.kind]} {days_words(about)}{some}"


def days_words(about: Entry) -> str:
    """The weeks of the picture as days."""
    if about.closed is None or about.closed > about.calendar.end:
        return f"from {day_words(about.opened)}"
    if about.opened.year == about.closed.year:
        return f"{day_words(about.opened).rsplit(HARD, 1)[0]} to {day_words(about.closed)}"
    return f"{day_words(about.opened)} to {day_words(about.closed)}"


def against(comparison: Comparison, marks: str = "Bands, lines") -> str:
    """The baseline and the meaning of intervals."""
    return f"Baseline: {comparison.scenarios[comparison.base].title}. {interval_words(comparison, marks)}."


def during(samples: pd.DataFrame, about: Entry) -> Estimate:
    """Sum over the weeks in which the storefront is open."""
    return estimate(samples.loc[about.first : about.last])


def after(samples: pd.DataFrame, about: Entry) -> Estimate:
    """Sum over the weeks after closing, to the end of the horizon."""
    return estimate(samples.loc[about.last + 1 : about.horizon - 1])


def own_site_finding(comparison: Comparison, name: str, about: Entry) -> str:
    """What the own site sold against the baseline, in a clause; empty if there is none."""
    if not about.own_sites:
        return ""
    samples = weekly_sales(comparison, name, about.own_sites)
    found, when = during(samples, about), "meanwhile"
    if about.weeks_after:
        found, when = after(samples, about), after_words(about.weeks_after)
    return f"; {about.brand_title}'s own site {sold_more(found, about.scenario.currency.name)} {when}"


def value_words(comparison: Comparison, name: str, about: Entry) -> str:
    """Value to entrant and host in a clause."""
    unit = about.scenario.currency.name
    words = []
    firms = [(about.brand, about.brand_title)]
    firms += [(about.hosts[0], about.host_title)] if about.hosts else []
    for firm, title in firms:
        found = outcome(comparison, name, value_outcome(comparison), firm)
        factor, word = money_scale(found.mean)
        number = f"{plain(found.mean / factor, True)}{HARD}{word}{unit}"
        number = number if clear(found) else "not clearly above or below 0"
        words.append(f"to {title} {number}")
    return "Value " + ", ".join(words)


def summary_title(comparison: Comparison, name: str, about: Entry) -> str:
    """The finding of a scenario in a sentence."""
    return (
        f"In the model {store_finding(comparison, name, about)}{own_site_finding(comparison, name, about)}. "
        f"{value_words(comparison, name, about)}"
    )


def store_finding(comparison: Comparison, name: str, about: Entry) -> str:
    """What the storefronts sold; if the baseline has them, how much more or less than there."""
    unit = about.scenario.currency.name
    if about.new:
        sold = during(weekly_sales(comparison, name, about.stores, "with_scenario"), about)
        return f"{about.store_title} sold {amount(sold.mean, unit)}"
    more = during(weekly_sales(comparison, name, about.stores), about)
    return f"{about.store_title}{MANNER[about.weeks.kind]} {sold_more(more, unit)} than in the baseline"


def effect_title(comparison: Comparison, name: str, about: Entry) -> str:
    """Who lost what while the storefront was open and after."""
    unit = about.scenario.currency.name
    rivals = weekly_sales(comparison, name, about.others)
    now = lost(during(rivals, about), unit)
    later = ""
    if about.weeks_after:
        then = lost(after(rivals, about), unit)
        verb = now.split(" ")[0] + " "
        later = f" and {then.removeprefix(verb)} {after_words(about.weeks_after)}"
    hosts = ""
    if about.hosts:
        found = during(weekly_sales(comparison, name, about.hosts), about)
        hosts = f"{about.host_title}'s own merchants {lost(found, unit)}; "
    others = f"{about.others_title} {now} meanwhile{later}"
    return f"While {store_finding(comparison, name, about)}, {hosts}{others}"


def group_words(group: str, about: Entry) -> str:
    """A group of origins with its firm named."""
    named = {
        "host's own merchants": f"{about.host_title}'s own merchants",
        "entrant's own site": f"{about.brand_title}'s own site",
        "host's group": about.group_title,
    }
    return capital(named.get(group, group))


def source_list(comparison: Comparison, name: str, about: Entry) -> str:
    """All sources with their shares, largest first; where sales were lost, where they went."""
    shares, gained = sources(comparison, name), gains(comparison, about, name)
    groups = shares[shares.origin == ""]
    nothing = "not bought online in the baseline" if gained else "no longer bought online"
    named = {"not bought online": nothing}
    named |= {group: group for group in ("rival platforms", "platforms", "other brands")}
    return ", ".join(
        f"{named.get(group) or group_words(group, about)} {per_cent(share)}"
        for group, share in zip(groups.group, groups["mean"], strict=True)
    )


def whole_words(comparison: Comparison, name: str, about: Entry) -> str:
    """What the shares of sources add up to."""
    if about.new:
        return "its sales"
    return "what it gained" if gains(comparison, about, name) else "what it lost"


def source_words(comparison: Comparison, name: str, about: Entry, most: int) -> str:
    """The largest sources in a clause, largest first; where sales were lost, where they went."""
    gained = gains(comparison, about, name)
    nothing = "was not bought online in the baseline" if gained else "is no longer bought online"
    way = "came from" if gained else "went to"
    named = {group: group for group in ("rival platforms", "platforms", "other brands")}
    named |= {
        "host's own merchants": f"{about.host_title}'s own merchants",
        "entrant's own site": f"{about.brand_title}'s own site",
        "host's group": about.group_title,
    }
    shares = sources(comparison, name)
    groups = shares[shares.origin == ""].head(most)
    parts = [
        f"{per_cent(share)} {f'{way} {named[group]}' if group in named else nothing}"
        for group, share in zip(groups.group, groups["mean"], strict=True)
    ]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
