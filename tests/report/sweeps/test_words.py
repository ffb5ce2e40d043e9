"""Sentences about a sweep: who is named, on which side, and with which shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.analysis.discovery import prim
from sim.report.sweeps.words import Threshold, box_words, extent, sobol_words
from sim.sweep.designs import design
from sim.sweep.factors import Factor
from sim.sweep.responses import Responses
from tests.analysis.functions import respond

FACTORS = (
    Factor("exposure", low=0.0, high=1.0, title="Share of visits"),
    Factor("appeal", low=0.0, high=1.0),
    Factor("weeks", low=0.0, high=1.0),
)


@pytest.fixture
def responses() -> Responses:
    """Rises with the share of visits, amid noise that stays at a point."""
    points = design("lhs", FACTORS, points=60, seed=1)
    noise = np.random.default_rng(1).normal(size=(60, 1))
    return respond(points, FACTORS, lambda p: 4 * p["exposure"].to_numpy() - 2, noise, 2)


def test_indices_whose_intervals_reach_that_of_the_largest_are_named(responses: Responses) -> None:
    table = pd.DataFrame({"factor": responses.names, "first": [0.1, 0.2, 0.6], "total": [0.3, 0.2, 0.7]})
    for order in ("first", "total"):
        table = table.assign(**{f"{order}_low": table[order] - 0.2, f"{order}_high": table[order] + 0.2})
    said = sobol_words(responses, table)
    assert said[0].startswith("*Weeks* has the largest total index")
    assert said[1] == "The interval of its total index overlaps that of *Share of visits*."
    assert said[2] == "First-order indices add up to 0.90."


@pytest.mark.parametrize(("side", "count"), [("below", 2), ("above", 1)])
def test_on_the_threshold_is_on_neither_side(side: str, count: int) -> None:
    assert Threshold(3.0, side).holds(np.array([1.0, 2.0, 3.0, 3.1])).sum() == count


def test_a_box_is_told_with_density_coverage_and_mass(responses: Responses) -> None:
    boxes = prim(responses, below=0.0, step=4)
    inside = boxes.inside()
    shares = [
        boxes.interest[inside].mean(),
        boxes.interest[inside].sum() / boxes.interest.sum(),
        inside.mean(),
    ]
    density, coverage, mass = (f"{100 * share:.0f} %" for share in shares)
    assert len({density, coverage, mass}) == 3
    (said,) = box_words(boxes, Threshold(asked=True))
    said = said.replace("\xa0", " ")
    assert f"it is so at {density} of the points (density); the box holds {coverage} of all such" in said
    assert said.endswith(f"and {mass} of all points.")


def test_the_extent_is_told_of_one_point_too(responses: Responses) -> None:
    one = replace(responses, points=responses.points[:1], values=responses.values[:1])
    assert extent(one, Threshold())[0].startswith("Over 1\xa0point it runs")
