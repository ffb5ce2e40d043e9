"""The table of outcomes: everything that the model reports, by theme, with one name for each.

Comparisons, sweeps, questions, reports and the page use these names. How an outcome is read stands in the
module of its theme: `sim.outcomes.table` names the reader of each theme, and `sim.outcomes.measures` the
readers of single markets. This module loads neither a market nor compiled code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sim.outcomes.outcome import Outcome, PeriodName
from sim.scenario.errors import unknown

WHOLE: tuple[PeriodName, ...] = ("window", "after", "horizon")
ENDS: tuple[PeriodName, ...] = ("window", "horizon")
"""Periods of what is looked at on their last day: that of "after" is that of the horizon."""
FIRM_VALUE = "NPV with run-off"
"""What a firm gains: the value that questions keep for every firm."""
WITHIN = (4, 12, 26)
"""Weeks after the first purchase in which people may come back."""

SALES = (
    Outcome(
        "channel GMV", "money", ("channel",), WHOLE, "What consumers paid at the channel, tax included.",
        tiers="each", words="sales",
    ),
    Outcome(
        "category GMV", "money", ("category",), WHOLE,
        "What consumers paid for goods of the category on all channels.",
        tiers="each", words="sales of the category",
    ),
    Outcome(
        "brand GMV", "money", ("brand",), WHOLE, "What consumers paid on all channels of the brand.",
        tiers="each", words="sales on all its channels",
    ),
    Outcome(
        "brand orders", "orders", ("brand",), WHOLE, "Orders on all channels of the brand.",
        tiers="each", words="orders on all its channels",
    ),
    Outcome(
        "host GMV", "money", ("platform",), WHOLE,
        "What consumers paid on the platform, to its own merchants and to the storefronts that it hosts.",
        tiers="each", words="all sales on the platform",
    ),
    Outcome(
        "host GMV, upper tiers", "money", ("platform",), WHOLE,
        "The part of host GMV from tiers with an income above the mean.",
        tiers="upper", words="all sales on the platform, in richer tiers",
    ),
    Outcome(
        "host orders", "orders", ("platform",), WHOLE, "Orders on the platform, of storefronts as well.",
        tiers="each", words="all orders on the platform",
    ),
    Outcome(
        "concentration (HHI)", "points", ("category",), WHOLE,
        "Herfindahl-Hirschman index of online sales of the category by place of sale; 10,000 is one seller.",
        words="concentration of sales (HHI)",
    ),
    Outcome(
        "consumer surplus, decision", "money", ("consumers",), (*WHOLE, "decision"),
        "What the choice is worth to consumers beyond prices, with all terms of utility.",
        tiers="each", words="surplus, as people decide", column="surplus",
    ),
    Outcome(
        "consumer surplus, core", "money", ("consumers",), WHOLE,
        "The same without habit, loyalty and the pull of events.",
        tiers="each", words="surplus without habit, loyalty and event pull",
    ),
    Outcome(
        "consumer surplus, pathwise", "money", ("consumers",), WHOLE,
        "The same on the realised tastes of each person.",
        tiers="each", words="surplus, person by person",
    ),
)  # fmt: skip
HOSTED = (
    Outcome(
        "hosted GMV", "money", ("brand",), (*WHOLE, "decision"),
        "What consumers paid at storefronts of the brand that stand on platforms; in a comparison, at those "
        "in question.",
        words="sales of its storefronts on other platforms", column="sales",
    ),
    Outcome(
        "GMV of other channels", "money", ("brand",), (*ENDS, "decision"),
        "What consumers paid on all other channels of the brand.",
        words="sales of its other channels", column="own_sales",
    ),
    Outcome(
        "carry-over GMV", "money", ("brand",), ("after",),
        "What consumers paid on the other channels of the brand after the window.",
        words="sales of its other channels (what is left)",
    ),
    Outcome(
        "cannibalisation of other channels", "share", ("brand",), ("window",),
        "Fall of GMV of other channels per rise of hosted GMV; negative if they gain.",
        words="fall of its other channels, per sales of the storefront",
    ),
    Outcome(
        "incremental share of hosted GMV", "share", ("brand",), ("window",),
        "Rise of the GMV of all channels of the brand per rise of hosted GMV.",
        words="sales of the storefront that the brand would not have made otherwise",
    ),
    Outcome(
        "taken directly from other channels", "share", ("brand",), ("window",),
        "Share of what came to the storefronts that the same people spent on the brand's other channels for "
        "the same need in the baseline.",
        words="sales of the storefront taken directly from its other channels",
    ),
    Outcome(
        "carry-over per hosted GMV", "share", ("brand",), ("after",),
        "Rise of carry-over GMV per rise of hosted GMV in the window.",
        words="what is left, per sales of the storefront",
    ),
    Outcome(
        "sales per visitor of the storefront", "money/person", ("storefront",), ("window",),
        "What consumers paid at the storefront, per person and week in which a visit to the host showed it.",
    ),
)  # fmt: skip
EXPERIENCED = (
    Outcome(
        "consumer surplus, experienced", "money", ("consumers",), WHOLE,
        "Surplus of the decision, corrected by how authentic the goods turned out to be.",
        tiers="each", words="surplus, as experienced",
    ),
)  # fmt: skip
POLICIES = (
    Outcome(
        "weeks until the policy acts", "weeks", ("storefront",), ("horizon",),
        "Weeks to the first decision of a policy about the storefront; all weeks if there is none.",
    ),
    Outcome(
        "weeks until a policy enters", "weeks", ("storefront",), ("horizon",),
        "Weeks to the first decision to enter; all weeks if there is none.",
    ),
    Outcome("entries", "acts", ("storefront",), ("horizon",), "Decisions of policies to enter."),
    Outcome(
        "weeks until a policy extends", "weeks", ("storefront",), ("horizon",),
        "Weeks to the first decision to extend; all weeks if there is none.",
    ),
    Outcome("extensions", "acts", ("storefront",), ("horizon",), "Decisions of policies to extend."),
    Outcome(
        "weeks until a policy leaves", "weeks", ("storefront",), ("horizon",),
        "Weeks to the first decision to leave; all weeks if there is none.",
    ),
    Outcome("exits", "acts", ("storefront",), ("horizon",), "Decisions of policies to leave."),
    Outcome(
        "false exits", "acts", ("storefront",), ("horizon",),
        "Exits after which the storefront would have earned something within half a year.",
    ),
)  # fmt: skip
CONTRIBUTION = (
    Outcome(
        "contribution", "money", ("brand", "platform", "rivals"), WHOLE,
        "What a brand keeps of the sales of its channels after the costs of selling and running them; the "
        "net flow of a platform in the books.",
    ),
)  # fmt: skip
PEOPLE = (
    Outcome(
        "new customers", "people", ("brand",), (*WHOLE, "decision"),
        "People who bought from the brand for the first time.",
        tiers="each", column="new_customers", periods_of_tiers=("window", "after"),
    ),
    Outcome(
        "yearly buyers", "people", ("brand", "platform"), ENDS,
        "People who bought in the 52 weeks up to the last week of the period.",
        tiers="each", words="buyers of the 52 weeks before the end",
    ),
    Outcome(
        "yearly buyers, upper tiers", "people", ("platform",), ENDS,
        "Those of them who live in tiers with an income above the mean.",
        tiers="upper", words="buyers of the 52 weeks before the end, in richer tiers",
    ),
    Outcome(
        "share of team orders that filled", "share", ("platform",), WHOLE,
        "Orders in teams whose team filled, of all orders in teams.",
    ),
    Outcome(
        "invitations per team order", "invitations/order", ("platform",), WHOLE,
        "Invitations that arrived, per order in a team.",
    ),
    Outcome(
        "share of new access by invitation", "share", ("platform",), WHOLE,
        "People who came to the platform through an invitation, of all who came.",
    ),
    Outcome(
        "half-life of the awareness gap", "weeks", ("brand",), ("after",),
        "Weeks after the window until at most half of the additional people who know the brand are left.",
        words="weeks until half of the gained awareness is gone",
    ),
)  # fmt: skip
VALUES = (
    Outcome(
        "NPV, cut at the horizon", "money", ("brand", "platform"), ("horizon", "decision"),
        "Net present value of all flows of the firm to the end of the horizon.",
        words="value: net present value, cut at the end", column="cut",
    ),
    Outcome(
        "NPV, cut at the horizon, with its platforms", "money", ("owner group",), ("horizon",),
        "The same of a firm and of the platforms that it owns, each from the day of its purchase.",
        words="value with all its platforms, cut at the end",
    ),
    Outcome(
        "NPV with run-off", "money", ("brand", "platform"), ("horizon", "decision"),
        "Net present value of all flows of the firm, those of the weeks after the horizon as well.",
        words="value: net present value, with run-off", column="value_FIRM",
    ),
    Outcome(
        "NPV with run-off, with its platforms", "money", ("owner group",), ("horizon",),
        "The same of a firm and of the platforms that it owns, each from the day of its purchase.",
        words="value with all its platforms, with run-off",
    ),
)  # fmt: skip
LOYALTY = (
    Outcome(
        "loyalty kept", "share", ("brand",), ENDS,
        "Mean loyalty of people to the brand at the end of the period, between 0 and 1.",
        tiers="each", words="mean loyalty at the end",
    ),
)  # fmt: skip
REPEATS = tuple(
    Outcome(
        f"{what} within {weeks} weeks", "share", ("storefront",), ("after",),
        f"Share of those who first bought from the brand at this storefront in the window who bought again "
        f"{where} within {weeks} weeks.",
    )
    for weeks in WITHIN
    for what, where in (
        ("repeat", "at any of its channels"), ("repeat on other channels", "at another of its channels"),
    )
)  # fmt: skip
TIMING = (
    Outcome(
        "pull-forward share", "share", ("brand",), ("after",),
        "Fall of sales of the same categories on all channels after the window, per rise of hosted GMV.",
        words="sales only moved in time, of those of the storefront",
    ),
)  # fmt: skip
REVENUE = (
    Outcome(
        "net revenue", "money", ("brand", "platform"), WHOLE,
        "What the firm is paid for sales, fees and services, less import tax and what it adds to discounts.",
    ),
)  # fmt: skip
HOSTS = (
    Outcome(
        "GMV of the host's own merchants", "money", ("host",), WHOLE,
        "What consumers paid its own merchants in the categories of the storefronts in question.",
        tiers="each", words="sales of the platform's own merchants, same kinds of goods",
    ),
    Outcome(
        "new buyers of the category at the host", "people", ("host",), ("window",),
        "People who bought goods of these categories there in the window, and in no earlier week.",
        tiers="each",
    ),
    Outcome(
        "trust in the host", "share", ("host",), ENDS,
        "Mean over people of how authentic they believe its goods to be, at the end of the period.",
        tiers="each", words="mean trust in the host at the end",
    ),
    Outcome(
        "commission and fees received from the brand", "money", ("host",), WHOLE,
        "Commission, annual fee and guarantee that the brands of the storefronts paid the host.",
    ),
    Outcome(
        "discounts paid for the storefront", "money", ("host",), WHOLE,
        "What the host added to discounts of these brands.",
    ),
    Outcome("subsidies", "money", ("host",), WHOLE, "Subsidies of the host to all who sell there."),
    Outcome(
        "merchants who list", "share", ("host",), ENDS,
        "Share of its potential merchants who list in these categories, in the last week of the period.",
    ),
)  # fmt: skip
AT_THE_HORIZON = (
    Outcome(
        "customers ever", "people", ("brand",), ("horizon",), "People who ever bought from the brand.",
        tiers="each", words="customers who ever bought",
    ),
    Outcome(
        "cost per incremental new customer", "money/person", ("brand",), ("horizon",),
        "What the brand paid once and for advertising, and what it lost by selling, per additional customer.",
        words="cost of one new customer",
    ),
    Outcome(
        "people better off", "people", ("consumers",), ("horizon",),
        "People whose realised utility is higher than in the baseline by more than half a cent.",
        tiers="each",
    ),
    Outcome(
        "people worse off", "people", ("consumers",), ("horizon",),
        "People whose realised utility is lower than in the baseline by more than half a cent.",
        tiers="each",
    ),
)  # fmt: skip
QUESTIONS = (
    Outcome(
        "hosted GMV, present value", "money", ("brand",), ("decision",),
        "Hosted GMV discounted to the day of the decision: what a commission is paid on.",
        column="volume",
    ),
    Outcome(
        "contribution of hosted storefronts", "money", ("brand",), ("decision",),
        "What the brand keeps of the sales of its storefronts on platforms after costs.",
        column="contribution",
    ),
    Outcome(
        "weeks open", "weeks", ("brand",), ("decision",),
        "Weeks in which a storefront of the brand on a platform was open.",
        column="weeks_open",
    ),
)  # fmt: skip

THEMES: Mapping[str, tuple[Outcome, ...]] = {
    "sales": SALES,
    "hosted storefronts": HOSTED,
    "surplus as experienced": EXPERIENCED,
    "policies": POLICIES,
    "contribution": CONTRIBUTION,
    "people": PEOPLE,
    "present values": VALUES,
    "customers and loyalty": LOYALTY,
    "repeat purchases": REPEATS,
    "timing": TIMING,
    "net revenue": REVENUE,
    "hosts": HOSTS,
    "at the horizon": AT_THE_HORIZON,
    "questions": QUESTIONS,
}
"""Outcomes by theme, in the order of the rows of a comparison."""
OUTCOMES: Mapping[str, Outcome] = {one.name: one for theme in THEMES.values() for one in theme}
"""Outcomes by name."""


def declared(name: str) -> Outcome:
    """Return the outcome of a name.

    Raises:
        ValueError: if none is declared under it; the message names the nearest one.
    """
    if name not in OUTCOMES:
        raise ValueError(unknown("outcome", name, list(OUTCOMES)))
    return OUTCOMES[name]


def upper_only() -> Iterable[str]:
    """Names of outcomes that are given for the upper tiers together."""
    return [name for name, one in OUTCOMES.items() if one.tiers == "upper"]
