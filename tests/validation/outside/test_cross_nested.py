"""The cross-nested logit is found again in the model's choices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.consumers import nests
from sim.validation.outside.cross_nested import (
    BRAND_LAM,
    HOST_LAM,
    HOSTS,
    INTERCEPTS,
    PRICE,
    SMALL,
    TRUTH,
    WEIGHT,
    Cells,
    allocation,
    cells,
    chances,
    choices,
    estimate,
    log_chances,
    rows,
    unpack,
)

CHANNELS = ("bazaar", "depot", "group", "faraway_site", "faraway_on_bazaar", "faraway_on_group")
THETA = np.array([*(INTERCEPTS[name] for name in CHANNELS), TRUTH[PRICE], 0.6, 0.45, 0.4])


@pytest.fixture(scope="module")
def data() -> Cells:
    return cells(choices(SMALL, 1))


def test_the_truth_is_found() -> None:
    """Expected (evidence 41): all ten parameters inside 2.5 standard errors, lam and om known to 0.05."""
    found = {row.quantity: row for row in rows(SMALL, 1)}
    assert found.keys() == TRUTH.keys()
    assert [row for row in found.values() if not row.passed] == []
    assert all(found[name].standard_error < 0.05 for name in (HOST_LAM, BRAND_LAM, WEIGHT))


def test_the_plain_logit_is_refused(data: Cells) -> None:
    """Expected: lam = 1 is many standard errors away, and the likelihood ratio says the same."""
    found = estimate(data)
    for name in (HOST_LAM, BRAND_LAM):
        assert (1.0 - found[name].value) / found[name].error > 5.0
    plain = THETA.copy()
    plain[-3:-1] = 1.0
    gain = data.chosen.ravel() @ (log_chances(THETA, data) - log_chances(plain, data))
    assert gain > 30.0


def test_standard_errors_are_those_of_the_curvature(data: Cells) -> None:
    """Expected: a parameter one standard error off, the others chosen anew, costs half a log point.

    With all others left where they are it costs more, so the least is half a point.
    """
    found = estimate(data)
    values = np.array([found[name].value for name in (*CHANNELS, PRICE, HOST_LAM, BRAND_LAM, WEIGHT)])
    errors = np.array([found[name].error for name in (*CHANNELS, PRICE, HOST_LAM, BRAND_LAM, WEIGHT)])
    best = data.chosen.ravel() @ log_chances(values, data)
    for step in np.diag(errors):
        loss = best - 0.5 * sum(data.chosen.ravel() @ log_chances(values + s * step, data) for s in (1, -1))
        assert 0.45 < loss < 50.0


def test_cells_count_all_choices(data: Cells) -> None:
    assert data.chosen.sum() == SMALL.people * SMALL.weeks
    assert (data.chosen[~data.available] == 0.0).all()
    assert len(data.price) < data.chosen.sum() / 10


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(-3.0, 3.0), min_size=6, max_size=6),
    st.floats(0.3, 1.0),
    st.floats(0.3, 1.0),
    st.floats(0.05, 0.95),
    st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_the_formula_is_the_models(
    utility: list[float], host: float, brand: float, weight: float, seen: list[bool]
) -> None:
    """Expected: the same probabilities as `sim.consumers.nests`, which this code does not use."""
    available = np.array([True, *seen])
    lam = np.array([host] * len(HOSTS) + [brand])
    share = allocation(CHANNELS, weight)
    one = Cells(CHANNELS, np.ones((1, 7)), available[None, :], np.zeros((1, 7)))
    value = np.array([[0.0, *utility]])
    alone = np.zeros((7, 1))
    alone[0] = 1.0
    nesting = nests.Nesting(np.hstack([alone, share]), np.r_[1.0, lam])
    expected = nests.probabilities(np.where(available, value[0], -np.inf), nesting)
    assert chances(one, value, share, lam)[0] == pytest.approx(expected, abs=1e-10)


def test_parameters_go_where_they_belong(data: Cells) -> None:
    utility, share, lam = unpack(data, THETA)
    assert data.channels == CHANNELS
    assert (utility[:, 0] == 0.0).all()
    assert utility[0, 1:] == pytest.approx(THETA[:6] - 3.0 * (data.price[0, 1:] - 1.0))
    assert lam.tolist() == [0.6, 0.6, 0.6, 0.45]
    assert share[1:].sum(axis=1) == pytest.approx(np.ones(6))
    assert share[5].tolist() == [0.4, 0.0, 0.0, 0.6]
    assert share[6].tolist() == [0.0, 0.0, 0.4, 0.6]
