"""Prices at which no owner wants to change theirs: static Bertrand-Nash equilibrium.

Owner f sets the prices of its channels to maximise sum_j (p_j - c_j) s_j(p). The first-order
conditions, with O_jk = 1 where j and k have one owner, are

    s_k + sum_j O_jk (p_j - c_j) ds_j/dp_k = 0        for every k.

Split the Jacobian ds/dp = Lambda - Gamma with Lambda diagonal (what would be lost if nobody's other
options mattered). The conditions are then the fixed point p = c + zeta(p),

    zeta_k = [sum_j O_jk Gamma_jk (p_j - c_j) - s_k] / Lambda_kk,

which for logits converges where Newton's method and p = c - (O ds/dp)^-1 s may not: Morrow, W. R. and
Skerlos, S. J. (2011), "Fixed-point approaches to computing Bertrand-Nash equilibrium prices under
mixed-logit demand", Operations Research 59, 328-345. Steps are damped when the distance grows, which
nested logits and demand with steep answers to rivals need.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sim import linear

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Owners = Sequence[Hashable] | npt.NDArray[np.generic]
"""Labels of owners, length J, or an ownership matrix of 0 and 1, shape (J, J)."""

_SLOWEST = 1e-3
"""Least share of a step; less would be standing still."""
_NUDGE = 1e-5
"""Share by which a price is moved to measure curvature."""


class Response(Protocol):
    """How demand answers prices: what is sold of each channel, and how that changes."""

    @property
    def shares(self) -> Floats:
        """Sales s_j in any one unit, shape (J,)."""

    @property
    def own(self) -> Floats:
        """Lambda_jj < 0: the own derivative if people's other options did not react, shape (J,)."""

    @property
    def jacobian(self) -> Floats:
        """ds_j / dp_k, shape (J, J)."""


Demand = Callable[[Floats], Response]
"""Answers prices of shape (J,)."""


class Search(NamedTuple):
    """How to look for the equilibrium.

    Attributes:
        tolerance: largest distance |p - c - zeta(p)| accepted, in units of price.
        rounds: evaluations of demand at most.
        step: share of the way to c + zeta(p) that is gone at first; halved whenever the distance grows.
    """

    tolerance: float = 1e-10
    rounds: int = 2_000
    step: float = 1.0


class Equilibrium(NamedTuple):
    """Prices that are best answers to each other.

    Attributes:
        prices: shape (J,).
        gap: largest distance |p - c - zeta(p)| left.
        curvature: largest eigenvalue of any owner's Hessian of profit, see `largest_curvature`; negative:
            a strict local maximum.
        rounds: evaluations of demand that the search took.
    """

    prices: Floats
    gap: float
    curvature: float
    rounds: int


class NoEquilibriumError(ValueError):
    """No prices were found at which every owner does its best."""


def ownership(owners: Owners) -> Floats:
    """Ownership matrix of 0 and 1, shape (J, J), from labels; a matrix is checked and returned.

    Raises:
        ValueError: if a matrix is not square, symmetric, of 0 and 1 with 1 on its diagonal.
    """
    if isinstance(owners, np.ndarray) and owners.ndim == 2:
        matrix = owners.astype(np.float64)
        square = matrix.shape[0] == matrix.shape[1]
        if not (square and np.isin(matrix, (0.0, 1.0)).all() and (np.diag(matrix) == 1.0).all()):
            raise ValueError("an ownership matrix is square, of 0 and 1, with 1 on its diagonal")
        reached = linear.product(matrix, matrix) > 0.0
        if not np.array_equal(reached, matrix > 0.0) or not np.array_equal(matrix, matrix.T):
            raise ValueError("an ownership matrix puts every channel into one group of channels")
        return matrix
    labels = list(owners)
    return np.array([[float(a == b) for b in labels] for a in labels])


def profit_slopes(prices: Floats, costs: Floats, response: Response, matrix: Floats) -> Floats:
    """Derivative of each owner's profit in each of its prices, shape (J,): the first-order conditions."""
    return np.asarray(response.shares + linear.product(matrix * response.jacobian.T, prices - costs))


def zeta(prices: Floats, costs: Floats, response: Response, matrix: Floats) -> Floats:
    """Map of Morrow and Skerlos from prices to markups, shape (J,); not finite where nobody could buy."""
    gamma = np.diag(response.own) - response.jacobian
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((linear.product(matrix * gamma.T, prices - costs) - response.shares) / response.own)


def marginal_costs(prices: Floats, response: Response, owners: Owners) -> Floats:
    """Costs at which the prices would be an equilibrium: c = p + (O * ds/dp')^-1 s, shape (J,).

    Args:
        prices: observed prices, shape (J,).
        response: demand at those prices.
        owners: labels or ownership matrix.

    Raises:
        ValueError: if the answers to prices do not identify the costs (somebody sells nothing).
    """
    try:
        markup = linear.solve(ownership(owners) * response.jacobian.T, -response.shares)
    except np.linalg.LinAlgError:
        raise ValueError("answers to prices do not identify the costs: does every channel sell?") from None
    return np.asarray(prices - markup)


def equilibrium(
    demand: Demand,
    costs: Floats,
    owners: Owners,
    *,
    start: Floats | None = None,
    free: Flags | None = None,
    search: Search | None = None,
) -> Equilibrium:
    """Prices at which no owner gains by a small change of its own.

    Args:
        demand: answers prices of shape (J,).
        costs: marginal costs, shape (J,), in units of price.
        owners: labels or ownership matrix.
        start: prices to start from; the costs by default.
        free: channels whose prices are set, shape (J,); the others stay at `start`. All by default. An
            owner still counts what its fixed channels lose or gain.
        search: tolerance, rounds, first step.

    Raises:
        NoEquilibriumError: if the search does not arrive, or arrives where an owner is not at a maximum.
        ValueError: if a free channel's sales do not answer its own price.
    """
    search = search or Search()
    costs = np.asarray(costs, np.float64)
    prices = costs.copy() if start is None else np.asarray(start, np.float64).copy()
    chosen = np.ones(len(costs), bool) if free is None else np.asarray(free, bool)
    game = _Game(demand, costs, ownership(owners), chosen)
    prices, gap, rounds = _settle(game, prices, search)
    curvature = _check_conditions(game, prices, search.tolerance)
    return Equilibrium(prices, gap, curvature, rounds)


class _Game(NamedTuple):
    """Who sets which prices against which demand."""

    demand: Demand
    costs: Floats
    matrix: Floats
    free: Flags

    def distance(self, prices: Floats) -> Floats:
        """C + zeta(p) - p, and 0 for prices that stay, shape (J,)."""
        response = self.demand(prices)
        dead = self.free & ~(response.own < 0.0)
        if dead.any():
            raise ValueError(f"sales do not answer the own price at channels {np.flatnonzero(dead).tolist()}")
        way = self.costs + zeta(prices, self.costs, response, self.matrix) - prices
        return np.where(self.free, way, 0.0)

    def slopes(self, prices: Floats) -> Floats:
        """First-order conditions of all channels."""
        return profit_slopes(prices, self.costs, self.demand(prices), self.matrix)


def _settle(game: _Game, prices: Floats, search: Search) -> tuple[Floats, float, int]:
    """Walk towards c + zeta(p), with smaller steps where the distance grows."""
    step, last = search.step, np.inf
    for rounds in range(1, search.rounds + 1):
        way = game.distance(prices)
        gap = float(np.abs(way).max(initial=0.0))
        if gap <= search.tolerance:
            return prices, gap, rounds
        if not np.isfinite(gap):
            raise NoEquilibriumError(f"prices ran away after {rounds} rounds; try another start or step")
        step = max(step / 2.0, _SLOWEST) if gap > last else step
        last = gap
        prices = prices + step * way
    raise NoEquilibriumError(
        f"prices still move by {last:.2g} after {search.rounds} rounds; try more rounds or a smaller step"
    )


def _check_conditions(game: _Game, prices: Floats, tolerance: float) -> float:
    """First- and second-order conditions at the end. Returns the largest curvature of any owner's profit."""
    response, free = game.demand(prices), game.free
    slopes = profit_slopes(prices, game.costs, response, game.matrix)
    off = np.abs(slopes[free] / response.own[free])
    if off.size and not off.max() <= 10.0 * tolerance + 1e-12:
        raise NoEquilibriumError(f"an owner still gains by moving a price: {off.max():.2g} off")
    curvature = largest_curvature(game.slopes, prices, response.own, game.matrix, free)
    if not curvature < 0.0:
        raise NoEquilibriumError(f"an owner is not at a maximum of its profit: curvature {curvature:.2g}")
    return curvature


def largest_curvature(
    slopes: Callable[[Floats], Floats], prices: Floats, own: Floats, matrix: Floats, free: Flags
) -> float:
    """Largest eigenvalue of the Hessians of all owners' profits in their own free prices.

    Second derivatives are central differences of `slopes`. Rows and columns are divided by the square
    root of -Lambda, which keeps signs (Sylvester) and lets rare channels count like frequent ones.
    """
    width = _NUDGE * np.maximum(np.abs(prices), 1e-3)
    hessian = np.zeros((len(prices), len(prices)))
    for k in np.flatnonzero(free):
        ahead, back = prices.copy(), prices.copy()
        ahead[k] += width[k]
        back[k] -= width[k]
        hessian[:, k] = (slopes(ahead) - slopes(back)) / (2.0 * width[k])
    largest = -np.inf
    for group in np.unique(matrix[free] > 0.0, axis=0):
        mine = np.flatnonzero(group & free)
        block = hessian[np.ix_(mine, mine)] / np.sqrt(np.outer(own[mine], own[mine]))
        largest = max(largest, float(np.linalg.eigvalsh((block + block.T) / 2.0).max()))
    return largest
