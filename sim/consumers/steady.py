"""The stationary baseline of a brand's awareness.

If base advertising were set by hand, awareness would drift without any entry and an entry would be
credited with repairing it. So the base hazard of the brand and the discovery of its own site are
solved such that the shares at the start are steady.
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from sim import linear
from sim.scenario.schema import Awareness

Floats = npt.NDArray[np.float64]


class Steady(NamedTuple):
    """Base hazards, and the chance of knowing the site given (not) knowing the brand at the start."""

    hazard: float  # per week, external
    discovery: float  # per week, of the own site by those who know the brand
    site_if_known: float
    site_if_unknown: float


def brand_hazard(share: float, forgetting: float, word_of_mouth: float) -> float:
    """External hazard p0 at which `share` is steady when contacts know the brand as often.

    A person who is hit again in the week does not forget, so F = h / (h + f (1 - h)), hence
    h = f F / (1 - F + f F) and p0 = -ln(1 - h) - q F.

    Raises:
        ValueError: if word of mouth alone would push awareness above `share`.
    """
    if share >= 1.0:
        return 50.0
    hit = forgetting * share / (1.0 - share + forgetting * share)
    hazard = -log(1.0 - hit) - word_of_mouth * share
    if hazard < 0.0:
        raise ValueError("awareness cannot be steady: word of mouth is stronger than forgetting")
    return hazard


def joint_shares(hit: float, forgetting: float, discovery: float, site_forgetting: float) -> Floats:
    """Stationary shares of (brand unknown/known) x (site unknown/known), shape (2, 2)."""
    lose = forgetting * (1.0 - hit)
    brand = np.array([[1.0 - hit, hit], [lose, 1.0 - lose]])
    step = np.zeros((4, 4))
    for b in range(2):
        found = discovery * b
        site = np.array(
            [[1.0 - found, found], [site_forgetting * (1.0 - found), 1.0 - site_forgetting * (1.0 - found)]]
        )
        for s in range(2):
            step[2 * b + s] = np.outer(brand[b], site[s]).ravel()
    system = np.vstack([(step.T - np.eye(4))[:3], np.ones(4)])  # the fourth balance follows from the others
    return linear.solve(system, np.array([0.0, 0.0, 0.0, 1.0])).reshape(2, 2)


def solve(awareness: Awareness) -> Steady:
    """Base hazards of a brand: solved when `steady`, else as written.

    Raises:
        ValueError: if no hazards keep the start steady.
    """
    a = awareness
    if not a.steady:
        return Steady(a.hazard, a.site_discovery, a.site_known, a.site_known)
    hazard = brand_hazard(a.initial, a.forgetting, a.word_of_mouth)
    if a.forgetting == 0.0 or a.channel_forgetting == 0.0:
        raise ValueError("awareness cannot be steady without forgetting: set steady to false")
    hit = 1.0 - exp(-(hazard + a.word_of_mouth * a.initial))

    def gap(discovery: float) -> float:
        return (
            float(joint_shares(hit, a.forgetting, discovery, a.channel_forgetting)[:, 1].sum()) - a.site_known
        )

    if a.site_known == 0.0:
        return Steady(hazard, 0.0, 0.0, 0.0)
    if gap(1.0) < 0.0:
        raise ValueError(
            "awareness of the own site cannot be steady: more know it than the brand can support"
        )
    discovery = float(brentq(gap, 0.0, 1.0, xtol=1e-12))
    joint = joint_shares(hit, a.forgetting, discovery, a.channel_forgetting)
    given = joint[:, 1] / np.maximum(joint.sum(axis=1), 1e-300)
    return Steady(hazard, discovery, float(given[1]), float(given[0]))
