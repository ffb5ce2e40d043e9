"""The schema of a question file: what can be done, what is not known, who plays, what is asked.

An editor finds its JSON Schema, beside those of scenario and experiment files, by the first line of a file::

    # yaml-language-server: $schema=../schema/question.schema.json
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from sim.scenario.schema.units import Name, Part, Share, number, share
from sim.sweep.file.json_schema import schema_of, write_schema

Json = dict[str, Any]
Names = Annotated[list[Name], Field(min_length=1)]
Shares = Annotated[list[Share], Field(min_length=2)]

AFTER_EXIT = 26
"""Weeks after an exit that tell whether it was false."""


class Choice(Part):
    """One way to act, or one way in which somebody else may act."""

    title: str = Field(description="in words, as on a page")
    like: Name | None = Field(None, description="another one whose settings come first")
    set: Json = Field({}, description="dotted paths in the scenario and their values")


class Asked(Part):
    """One part of the question: which of some options."""

    title: str = Field(description="the question in words")
    options: Names = Field(description="names of options; the first is the one to compare with")
    edges: dict[Name, str] = Field(
        {}, description="options at the edge of what was tried, and what to say if one of them is best"
    )


class Markets(Part):
    """The markets that history does not rule out."""

    parameters: str = Field(description="experiment file whose factors the sets give")
    surviving: str = Field(description="table of the sets, a column a factor")
    central: str = Field(description="table whose one row is the most central set")


class Clause(Part):
    """A clause of the contract, and how the contract would be otherwise."""

    title: str = Field(description="what the clause says, in words")
    adds: bool = Field(
        False, description="whether `set` adds the clause to the contract, instead of taking it away"
    )
    set: Json = Field(description="dotted paths in the scenario and their values")


class PriceCheck(Part):
    """What is published about how buyers react to prices, to judge what the model says of them."""

    price: str = Field(description="place of the price index")
    published: float = number("", "own-price elasticity of quantity, as published", lt=0)
    weakest: float = number("", "elasticity nearest to zero that is still believed", lt=0)
    source: str


class TermsSpec(Part):
    """The contract that is bargained over."""

    option: Name = Field(description="option whose contract it is")
    commission: str = Field(description="place of the commission")
    tried: Shares = Field(description="commissions simulated to see that values are straight lines")
    exposure: str = Field(description="place of the exposure")
    exposures: Shares = Field(description="exposures simulated for the map")
    power: float = share("bargaining power of the host", default=0.5)
    hosts: Names = Field(description="options that are the same shop on other hosts, for the ranking")
    clauses: dict[Name, Clause] = Field({}, description="clauses to be valued")
    price_check: PriceCheck | None = None


class Rule(Part):
    """A rule that decides what comes after the term: the best of some thresholds against a fixed date."""

    option: Name = Field(description="option with a threshold policy")
    dixit: Name = Field(description="option with the same policy on Dixit's thresholds")
    naive: Name = Field(description="option that leaves on a fixed date")
    stay: Name = Field(description="option that stays, which tells a false exit")
    exit_below: str = Field(description="place of the threshold at which the policy leaves")
    tried: list[float] = number("currency/week", "thresholds tried", min_length=2)


class HostAction(Choice):
    """Terms that a host may offer."""

    commission: Share | Literal["nash"] = Field(description="a share, or the Nash rate of the terms")


class GameSpec(Part):
    """The empirical game of entrant, host and rivals."""

    entrant: Names = Field(description="options that the entrant may take; staying out is always there")
    host: Name = Field(description="platform that offers terms")
    terms: dict[Name, HostAction] = Field(description="what it may offer", min_length=1)
    rivals: Names = Field(description="platforms whose values are added up")
    answers: dict[Name, Choice] = Field(description="what they may do, the first being nothing", min_length=1)
    replications: int = number("", "pairs of seeds", default=8, ge=2)


class FieldTest(Part):
    """A cheap test that would measure an unknown with some error."""

    title: str = Field(description="what is done, in words")
    unknown: Name = Field(description="factor that it measures")
    error: float = number("", "s.d. of its error, as a share of the unknown's range (of its logs)", gt=0)
    cost: float = number("currency", "what it costs", ge=0)
    source: str = Field("", description="where error and cost come from")


class QuestionFile(Part):
    """A question, as its file says it."""

    schema_: Literal[1] = Field(alias="schema", description="version of the format")
    title: str = Field(description="one line")
    question: str = Field(description="what is to be decided")
    unknowns: str = Field(description="experiment file: scenario, baseline, unknowns and their design")
    markets: Markets
    entrant: Name = Field(description="brand that decides")
    decided_on: date = Field(description="a Monday; until then all options share one history")
    stay_out: str = Field(description="the baseline in words")
    caveat: str = Field("", description="what a reader must know before believing any number")
    options: dict[Name, Choice] = Field(description="what can be done, by name", min_length=1)
    asked: dict[Name, Asked] = Field(description="parts of the question, in the order of the page")
    recommend: Names = Field(description="options among which the recommendation is made")
    terms: TermsSpec
    afterwards: Rule | None = None
    game: GameSpec | None = None
    tests: dict[Name, FieldTest] = Field({}, description="field tests to be valued")
    replications: int = number("", "pairs of seeds in the central market", default=8, ge=2)
    good_enough: float = number("currency", "least value at which an option is good enough", default=0.0)


# --- for editors ---------------------------------------------------------------------------------

NAME = "question.schema.json"


def question_schema() -> Json:
    """Return the JSON Schema of a question file."""
    return schema_of(QuestionFile, NAME, "Question")


def write(folder: str | os.PathLike[str]) -> Path:
    """Write the JSON Schema into a folder, which is made if need be, and return the file."""
    return write_schema(question_schema(), Path(folder) / NAME)
