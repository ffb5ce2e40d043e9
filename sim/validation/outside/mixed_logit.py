"""The model's choices re-estimated by xlogit: tastes known to the model are found again from its diaries.

With all similarities at one the model's choice is a mixed logit of panel data: price coefficient log-normal
between people, persistent tastes normal, and habit that follows from each person's own earlier choices.
Habits start at zero, so there is no problem of initial conditions (Heckman 1981).

Two mistakes that an analyst could make must show: to take everybody for knowing everything, and to take
tastes for alike. Either turns lasting differences between people into habit (Heckman 1981: spurious state
dependence).

xlogit: Arteaga, C., Park, J., Beeramoole, P. B. and Paz, A. (2022), "xlogit: An open-source Python
package for GPU-accelerated estimation of mixed logit models", Journal of Choice Modelling 42, 100339.
Heckman, J. J. (1981), "Statistical models for discrete panel data", in Manski, C. F. and McFadden, D.
(eds), Structural Analysis of Discrete Data with Econometric Applications, MIT Press.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.extras import optional
from sim.validation.outside.choices import OUTSIDE, record_choices
from sim.validation.outside.fair import CATEGORY, SITE, Fair, People
from sim.validation.outside.rows import Estimate, Row, biased, compare

Floats = npt.NDArray[np.float64]

PRICE, HABIT = "price", "habit"
INTERCEPTS = {"north": 0.8, "south": 0.4, "west": 0.2, SITE: 0.6}
PLATFORMS = ("north", "south", "west")
PARTLY_KNOWN = People(price_spread=0.35, habit=1.2, access=0.8, known=0.4)
"""Alike but for the price coefficient; most have each platform in mind, fewer know the brand."""
OF_SEVERAL_TASTES = People(price_spread=0.35, habit=1.2, taste=0.8)
"""Everybody knows everything; people have lasting tastes for platforms."""
SETTLED, WARM_UP = replace(OF_SEVERAL_TASTES, retention=0.92), 20
"""The same people with habits that last, and weeks in which these form before anything is recorded: what an
analyst finds who takes tastes for alike."""


@dataclass(frozen=True)
class Size:
    """How much data, and how many draws to integrate over tastes.

    Attributes:
        people: who choose.
        weeks: choices of each.
        draws: Halton draws where only the price coefficient differs between people.
        taste_draws: where tastes differ as well.
    """

    people: int
    weeks: int
    draws: int
    taste_draws: int


SMALL = Size(600, 12, 100, 100)
FULL = Size(2_000, 12, 300, 300)


def choices(people: People, size: Size, seed: int, warm_up: int = 0) -> pd.DataFrame:
    """What people choose in a fair of three platforms and a brand's own site."""
    fair = Fair(size.weeks, people, INTERCEPTS, warm_up=warm_up, seed=seed)
    return record_choices(fair.scenario(), CATEGORY, consumers=size.people, seed=seed)


def truth(people: People) -> dict[str, float]:
    """What an estimator should find: names as in `estimate`."""
    out = {PRICE: people.log_price, HABIT: people.habit, **INTERCEPTS, f"sd.{PRICE}": people.price_spread}
    if people.taste > 0.0:
        out |= {f"sd.{name}": people.taste for name in PLATFORMS}
    return out


def estimate(
    table: pd.DataFrame, *, draws: int, tastes: bool = False, sets: bool = True
) -> dict[str, Estimate]:
    """Mixed logit by simulated maximum likelihood.

    Args:
        table: choices as `sim.validation.outside.choices.Recorder.table` gives them.
        draws: Halton draws a person.
        tastes: whether tastes for platforms differ between people (normal, independent).
        sets: whether what people consider is known; otherwise everybody is taken to consider everything.

    Returns:
        Estimates of the mean log price coefficient and its s.d., of habit, of the channels' intercepts,
        and of the s.d. of tastes. Standard errors are of the sandwich, clustered by person.

    Raises:
        ModuleNotFoundError: if xlogit is not installed.
        RuntimeError: if the estimation does not converge.
    """
    xlogit = optional("xlogit", "validation")
    design = _design(table)
    random = {PRICE: "ln"} | (dict.fromkeys(PLATFORMS, "n") if tastes else {})
    data = dict(
        X=design.to_numpy(),
        y=table["chosen"].to_numpy(),
        varnames=list(design.columns),
        alts=table["alternative"].cat.codes.to_numpy(),
        ids=table["occasion"].to_numpy(),
        avail=table["available"].to_numpy(float) if sets else None,
    )
    start = _start(xlogit, data, design, len(random))
    model = xlogit.MixedLogit()
    # The line search tries coefficients far away, where exponentials overflow and the likelihood is zero.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        model.fit(
            **data, panels=table["person"].to_numpy(), randvars=random, n_draws=draws, init_coeff=start,
            num_hess=True, verbose=0,
        )  # fmt: skip
    if not model.convergence:
        raise RuntimeError(f"xlogit: {model.estimation_message}")
    return _found(model, table)


def _design(table: pd.DataFrame) -> pd.DataFrame:
    """What utility is linear in: 1 - price, whose coefficient is positive, habit, and the channels."""
    names = [name for name in table["alternative"].cat.categories if name != OUTSIDE]
    return pd.DataFrame(
        {PRICE: 1.0 - table["price"], HABIT: table["habit"]}
        | {name: (table["alternative"] == name).astype(float) for name in names}
    )


def _start(xlogit: Any, data: Mapping[str, Any], design: pd.DataFrame, random: int) -> Floats:
    """Coefficients to start from: the plain logit's, the price coefficient in logarithms, small spreads."""
    plain = xlogit.MultinomialLogit()
    plain.fit(**data, skip_std_errs=True, verbose=0)
    start = np.array(plain.coeff_, np.float64)
    place = list(design.columns).index(PRICE)
    start[place] = np.log(np.maximum(start[place], 0.1))
    return np.concatenate([start, np.full(random, 0.3)])


def _found(model: Any, table: pd.DataFrame) -> dict[str, Estimate]:
    """Estimates with standard errors H^-1 (sum over people of s s') H^-1, s a person's score."""
    first = table["person"].to_numpy()[:: len(table["alternative"].cat.categories)]
    begins = np.flatnonzero(np.r_[True, first[1:] != first[:-1]])
    score = np.add.reduceat(model.grad_n, begins, axis=0)
    inverse = model.hess_inv
    errors = np.sqrt(np.diag(inverse @ (score.T @ score) @ inverse))
    names = [str(name) for name in model.coeff_names]
    values = [abs(v) if n.startswith("sd.") else v for n, v in zip(names, model.coeff_, strict=True)]
    return {n: Estimate(float(v), float(e)) for n, v, e in zip(names, values, errors, strict=True)}


def true_sets(size: Size, seed: int) -> list[Row]:
    """The price coefficients' mean and spread, habit and intercepts, from who considered what."""
    found = estimate(choices(PARTLY_KNOWN, size, seed), draws=size.draws)
    return compare("mixed logit, true sets", truth(PARTLY_KNOWN), found)


def several_tastes(size: Size, seed: int) -> list[Row]:
    """Tastes found beside the price coefficients: four dimensions to integrate over."""
    found = estimate(choices(OF_SEVERAL_TASTES, size, seed), draws=size.taste_draws, tastes=True)
    return compare("mixed logit, tastes differ", truth(OF_SEVERAL_TASTES), found)


def blind_to_awareness(size: Size, seed: int) -> list[Row]:
    """Everybody taken to know everything: habit comes out too strong, the unknown brand too weak."""
    right = truth(PARTLY_KNOWN)
    wrong = estimate(choices(PARTLY_KNOWN, size, seed), draws=size.draws, sets=False)
    check = "bias if awareness is ignored"
    return [
        biased(check, HABIT, right[HABIT], wrong[HABIT], sign=1),
        biased(check, SITE, right[SITE], wrong[SITE], sign=-1),
    ]


def blind_to_tastes(size: Size, seed: int) -> list[Row]:
    """Tastes taken for alike: habit comes out too strong, the platforms' intercepts too small."""
    right = truth(SETTLED)
    wrong = estimate(choices(SETTLED, size, seed, WARM_UP), draws=size.draws)
    check = "bias if tastes are taken for alike"
    return [
        biased(check, HABIT, right[HABIT], wrong[HABIT], sign=1),
        *(biased(check, name, right[name], wrong[name], sign=-1) for name in PLATFORMS),
    ]


CHECKS: tuple[Callable[[Size, int], list[Row]], ...] = (
    true_sets, several_tastes, blind_to_awareness, blind_to_tastes,
)  # fmt: skip
