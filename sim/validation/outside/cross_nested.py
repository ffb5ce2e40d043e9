"""The model's choices re-estimated as a cross-nested logit by maximum likelihood.

People are alike; prices and what people consider differ between choices. With a_jm the weight of channel j
on nest m and lam_m the nest's parameter,

    P_j = sum_m G_m / (sum_l G_l) * y_jm / (sum_k y_km),    y_jm = (a_jm e^V_j)^(1 / lam_m),
    G_m = (sum_k y_km)^lam_m

(Vovsha 1997; Bierlaire, M. (2006), "A theoretical analysis of the cross-nested logit model", Annals of
Operations Research 144, 287-300). The formula is written anew here, over all choices at once; the model's
own is not used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.validation.outside.choices import record_choices
from sim.validation.outside.fair import CATEGORY, SITE, Fair, People, storefront
from sim.validation.outside.rows import Estimate, Row, compare

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

PRICE, HOST_LAM, BRAND_LAM, WEIGHT = "price", "lam of platforms", "lam of the brand", "om"
HOSTS = {"bazaar": 0.6, "depot": 0.3, "group": 0.2}
WITH_STOREFRONT = ("bazaar", "group")
INTERCEPTS = HOSTS | {SITE: 0.4, storefront("bazaar"): 0.5, storefront("group"): 0.3}
TRUTH: dict[str, float] = {**INTERCEPTS, PRICE: 3.0, HOST_LAM: 0.6, BRAND_LAM: 0.45, WEIGHT: 0.4}


class Size(NamedTuple):
    """How much data: who choose, and how often each."""

    people: int
    weeks: int


SMALL, FULL = Size(1_000, 12), Size(40_000, 25)


class Cells(NamedTuple):
    """Choices of people who saw the same: C situations, J alternatives with buying nothing first.

    Attributes:
        channels: names of the alternatives but the first, length J - 1.
        price: shape (C, J).
        available: shape (C, J).
        chosen: how often each was chosen, shape (C, J).
    """

    channels: tuple[str, ...]
    price: Floats
    available: Flags
    chosen: Floats


def choices(size: Size, seed: int) -> pd.DataFrame:
    """What people choose in a fair of three platforms, a brand's own site and two storefronts."""
    fair = Fair(
        size.weeks, People(price=TRUTH[PRICE], access=0.8, known=0.7), INTERCEPTS, WITH_STOREFRONT,
        host_similarity=TRUTH[HOST_LAM], brand_similarity=TRUTH[BRAND_LAM], host_weight=TRUTH[WEIGHT],
        seed=seed,
    )  # fmt: skip
    return record_choices(fair.scenario(), CATEGORY, consumers=size.people, seed=seed)


def cells(table: pd.DataFrame) -> Cells:
    """Choices as `sim.validation.outside.choices.Recorder.table` gives them, counted by situation."""
    names = list(table["alternative"].cat.categories)

    def wide(column: str) -> Floats:
        return table[column].to_numpy(np.float64).reshape(-1, len(names))

    seen = np.hstack([wide("price"), wide("available")])
    situations, which = np.unique(seen, axis=0, return_inverse=True)
    count = np.zeros((len(situations), len(names)))
    np.add.at(count, which.ravel(), wide("chosen"))
    price, available = np.hsplit(situations, 2)
    return Cells(tuple(names[1:]), price, available > 0.0, count)


def allocation(channels: tuple[str, ...], weight: float) -> Floats:
    """Weights on nests, shape (J, M): each platform's, then the brand's; buying nothing is in none."""
    hosts = list(HOSTS)
    out = np.zeros((len(channels) + 1, len(hosts) + 1))
    for j, name in enumerate(channels, start=1):
        if name in HOSTS:
            out[j, hosts.index(name)] = 1.0
        elif name == SITE:
            out[j, -1] = 1.0
        else:
            host = next(h for h in hosts if storefront(h) == name)
            out[j, [hosts.index(host), -1]] = weight, 1.0 - weight
    return out


def chances(data: Cells, utility: Floats, share: Floats, lam: Floats) -> Floats:
    """P of each alternative, shape (C, J).

    Args:
        data: the situations.
        utility: V, shape (C, J), that of buying nothing first.
        share: a, shape (J, M).
        lam: shape (M,).
    """
    inside = np.where(data.available, np.exp(utility), 0.0)
    nest = (share * inside[:, :, None]) ** (1.0 / lam)
    total = nest.sum(axis=1)
    size = total**lam
    within = nest / np.where(total > 0.0, total, 1.0)[:, None, :]
    out = np.einsum("cm,cjm->cj", size, within)
    out[:, 0] = inside[:, 0]
    return np.asarray(out / (size.sum(axis=1) + inside[:, 0])[:, None])


def unpack(data: Cells, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Utilities, weights and nest parameters from intercepts, price, lam of platforms and brand, om."""
    intercepts, (alpha, host_lam, brand_lam, weight) = np.r_[0.0, theta[:-4]], theta[-4:]
    utility = intercepts - alpha * (data.price - 1.0)
    utility[:, 0] = 0.0
    lam = np.r_[np.full(len(HOSTS), host_lam), brand_lam]
    return utility, allocation(data.channels, weight), lam


def log_chances(theta: Floats, data: Cells, /) -> Any:
    """ln P of each alternative, shape (C J,); a constant where it is not available."""
    return np.log(np.maximum(chances(data, *unpack(data, theta)), 1e-300)).ravel()


def estimate(data: Cells) -> dict[str, Estimate]:
    """Maximum likelihood, from the plain logit on; standard errors from the expected information.

    Raises:
        RuntimeError: if the search does not arrive.
    """
    from scipy.optimize import minimize

    chosen, size = data.chosen.ravel(), len(data.channels)

    def loss(theta: Floats) -> float:
        return -float(chosen @ log_chances(theta, data)) / chosen.sum()

    def slope(theta: Floats) -> Floats:
        return np.asarray(chosen @ _slopes(theta, data)) / -chosen.sum()

    start = np.r_[np.zeros(size), 1.0, 0.9, 0.9, 0.5]
    bounds = [(-10.0, 10.0)] * size + [(0.0, 30.0), (0.05, 1.0), (0.05, 1.0), (0.01, 0.99)]
    found = minimize(
        loss, start, jac=slope, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-13, "gtol": 1e-7}
    )
    if not found.success:
        raise RuntimeError(f"maximum likelihood: {found.message}")
    names = (*data.channels, PRICE, HOST_LAM, BRAND_LAM, WEIGHT)
    errors = _standard_errors(found.x, data)
    return {n: Estimate(float(v), float(e)) for n, v, e in zip(names, found.x, errors, strict=True)}


def _slopes(theta: Floats, data: Cells) -> Floats:
    """Derivatives of `log_chances`, shape (C J, parameters)."""
    from scipy.optimize import approx_fprime

    return np.asarray(approx_fprime(theta, log_chances, 1e-7, data))


def _standard_errors(theta: Floats, data: Cells) -> Floats:
    """From sum over situations of N sum_j P_j s_j s_j', s_j the slopes of ln P_j, shape (parameters,)."""
    slopes, chance = _slopes(theta, data), np.exp(log_chances(theta, data))
    expected = np.repeat(data.chosen.sum(axis=1), data.chosen.shape[1]) * chance
    information = (slopes * expected[:, None]).T @ slopes
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))


def rows(size: Size, seed: int) -> list[Row]:
    """All parameters."""
    found = estimate(cells(choices(size, seed)))
    return compare("cross-nested logit", TRUTH, found)
