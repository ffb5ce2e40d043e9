"""Equilibrium prices of `sim.firms.bertrand` beside those that pyblp finds for the same market.

pyblp: Conlon, C. and Gortmaker, J. (2020), "Best practices for differentiated products demand estimation
with PyBLP", RAND Journal of Economics 51, 1108-1161. Its nested logit has rho = 1 - lam.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.consumers.nests import Nesting
from sim.consumers.response import PriceResponse
from sim.extras import optional
from sim.firms.bertrand import equilibrium
from sim.validation.outside.rows import Row, exact

Floats = npt.NDArray[np.float64]
TOLERANCE = 1e-7
"""Of prices, in units of the price index."""
PEOPLE = 50


@dataclass(frozen=True)
class Game:
    """Firms that sell in one market: J channels, n kinds of people.

    Attributes:
        quality: utility at price zero, shape (J,).
        cost: marginal costs, shape (J,).
        owner: firm of each channel, shape (J,).
        nest: nest of each channel, shape (J,); buying nothing is alone.
        similarity: lam of all nests.
        alpha: price coefficients of the kinds of people, who are equally many, shape (n,).
    """

    quality: tuple[float, ...] = (2.0, 1.5, 1.0, 0.5)
    cost: tuple[float, ...] = (0.6, 0.6, 0.5, 0.7)
    owner: tuple[int, ...] = (0, 0, 1, 2)
    nest: tuple[int, ...] = (0, 1, 2, 3)
    similarity: float = 1.0
    alpha: tuple[float, ...] = (3.0,)


def spread_out(mean: float, spread: float, people: int) -> tuple[float, ...]:
    """Price coefficients at the normal quantiles of equally many people."""
    from scipy.stats import norm

    return tuple(mean + spread * norm.ppf((np.arange(people) + 0.5) / people))


PLAIN = Game()
NESTED = replace(PLAIN, nest=(0, 1, 1, 0), similarity=0.6)
MIXED = replace(NESTED, alpha=spread_out(3.0, 0.5, PEOPLE))
GAMES = {
    "plain logit": PLAIN,
    "merger in the plain logit": replace(PLAIN, owner=(0, 0, 1, 1)),
    "nested logit": NESTED,
    "merger in the nested logit": replace(NESTED, owner=(0, 0, 1, 1)),
    "mixed nested logit": MIXED,
}


def our_prices(game: Game) -> Floats:
    """Prices by the model's own demand and search, shape (J,)."""
    size, people = len(game.quality), len(game.alpha)
    member = np.array(game.nest)[:, None] == np.unique(game.nest)
    demand = PriceResponse(
        channels=tuple(str(j) for j in range(size)),
        prices=np.zeros(size),
        utility=np.tile(game.quality, (people, 1)),
        outside=np.zeros(people),
        alpha=np.array(game.alpha),
        weight=np.full(people, 1.0 / people),
        nesting=Nesting(member.astype(np.float64), np.full(member.shape[1], game.similarity)),
    )
    return equilibrium(demand.at, np.array(game.cost), game.owner).prices


def their_prices(game: Game) -> Floats:
    """Prices by pyblp, shape (J,).

    Raises:
        ModuleNotFoundError: if pyblp is not installed.
    """
    pyblp = optional("pyblp", "validation")
    talks, pyblp.options.verbose = pyblp.options.verbose, False
    try:
        result = _simulation(pyblp, game).replace_endogenous()
    finally:
        pyblp.options.verbose = talks
    return np.asarray(result.product_data.prices, np.float64).ravel()


def _simulation(pyblp: Any, game: Game) -> Any:
    """The same market in pyblp's terms; a person's price coefficient is -mean - 1 x (alpha - mean)."""
    size, alpha = len(game.quality), np.array(game.alpha)
    products: dict[str, object] = {
        "market_ids": np.zeros(size, int),
        "firm_ids": np.array(game.owner),
        "quality": np.array(game.quality),
        "cost": np.array(game.cost),
    }
    more: dict[str, object] = {}
    if game.similarity < 1.0:
        products["nesting_ids"] = np.array(game.nest)
        more["rho"] = 1.0 - game.similarity
    written, random = pyblp.Formulation("0 + prices + quality"), None
    if len(alpha) > 1:
        random = pyblp.Formulation("0 + prices")
        more |= {"sigma": [[1.0]], "agent_data": _people(alpha)}
    return pyblp.Simulation(
        (written, random, pyblp.Formulation("0 + cost")), products,
        beta=[-alpha.mean(), 1.0], gamma=[1.0], xi=np.zeros(size), omega=np.zeros(size), **more,
    )  # fmt: skip


def _people(alpha: Floats) -> dict[str, Floats]:
    """Kinds of people as integration nodes."""
    people = len(alpha)
    return {
        "market_ids": np.zeros(people),
        "weights": np.full(people, 1.0 / people),
        "nodes": -(alpha - alpha.mean())[:, None],
    }


def rows() -> list[Row]:
    """Prices of all channels in all games."""
    return [
        exact(f"Bertrand prices, {name}", f"price of channel {j}", theirs, ours, TOLERANCE)
        for name, game in GAMES.items()
        for j, (theirs, ours) in enumerate(zip(their_prices(game), our_prices(game), strict=True))
    ]
