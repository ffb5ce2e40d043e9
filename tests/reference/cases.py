"""Scenarios in which the two models are compared, and changes that the comparison must notice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sim.scenario import load
from sim.scenario.schema import Scenario

HERE = Path(__file__).parent
POPUP = HERE.parents[1] / "scenarios" / "popup_on_pinduoduo_2019.yaml"
AROUND_THE_POPUP = (
    "time.start=2019-10-28", "time.end=2020-01-05", "time.warm_up_weeks=3",
    "storefronts.amazon_marketplace.open.to=2019-12-04",
)  # fmt: skip
TEAMS_ON_PINDUODUO = {
    "hassle": 0.1, "belief": 0.8, "belief_gain": 0.3, "invites": 0.7, "access_gained": 0.5, "reconsider": 0.8,
    "social": 1.5, "strangers": 0.4, "full_density": 0.5, "pay_alone": 0.3,
}  # fmt: skip
"""Strong, except for strangers: many teams fail."""


class Replaced(NamedTuple):
    """An equation of the reference model and what stands in its place."""

    title: str
    where: object
    name: str
    instead: Callable[..., Any]
    seen_in: str


def strong(*sets: str) -> Scenario:
    """The made-up market in which everything happens often."""
    return load(HERE / "strong.yaml", sets=sets).scenario


def strong_teams(*sets: str) -> Scenario:
    """The made-up market with teams on two platforms."""
    return load(HERE / "teams.yaml", sets=sets).scenario


def popup(*sets: str) -> Scenario:
    """Ten weeks around the pop-up."""
    return passive(load(POPUP, sets=[*AROUND_THE_POPUP, *sets]).scenario)


def passive(spec: Scenario) -> Scenario:
    """The same scenario with firms that do as written: here it is consumers who are compared.

    Subsidies and merchants answer expected sales, which the reference model does not compute.
    """
    platforms = {
        name: p.model_copy(
            update={
                "assortments": {c: a.model_copy(update={"merchants": None}) for c, a in p.assortments.items()}
            }
        )
        for name, p in spec.platforms.items()
    }
    stores = {name: s.model_copy(update={"marketplace": None}) for name, s in spec.storefronts.items()}
    return spec.model_copy(
        update={
            "platforms": platforms, "storefronts": stores, "subsidies": {}, "reactions": {}, "policies": {}
        }
    )  # fmt: skip


def popup_in_teams(size: int, *sets: str) -> Scenario:
    """Ten weeks around a widely seen pop-up that sells in teams, as does its host."""
    terms = {"size": size, **TEAMS_ON_PINDUODUO}
    host, store = "platforms.pinduoduo", "storefronts.amazon_on_pinduoduo"
    discounts = (("everyday", 0.15), ("fashion", 0.2), ("electronics", 0.1), ("imported", 0.1))
    return popup(
        *[f"{host}.teams.{name}={value}" for name, value in terms.items()],
        *[f"{host}.assortments.{category}.team_discount={cut}" for category, cut in discounts],
        f"{host}.access.initial=0.3",
        f"{store}.price.imported.team_discount=0.2",
        f"{store}.exposure=0.9",
        f"{store}.appeal=3",
        *sets,
    )
