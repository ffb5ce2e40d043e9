"""The mixed logit is found again in the model's choices; two mistakes show."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.validation.outside import mixed_logit
from sim.validation.outside.choices import OUTSIDE
from sim.validation.outside.fair import SITE
from sim.validation.outside.mixed_logit import (
    HABIT,
    PARTLY_KNOWN,
    PLATFORMS,
    PRICE,
    SMALL,
    Size,
    blind_to_awareness,
    blind_to_tastes,
    choices,
    estimate,
    several_tastes,
    true_sets,
    truth,
)
from sim.validation.outside.rows import Row


def test_true_sets() -> None:
    """Expected (evidence 39): log price coefficient, its spread, habit, intercepts inside 2.5 s.e."""
    found = true_sets(SMALL, 1)
    assert {row.quantity for row in found} == {PRICE, HABIT, *PLATFORMS, SITE, f"sd.{PRICE}"}
    assert [row for row in found if not row.passed] == []
    assert max(row.standard_error for row in found) < 0.15
    assert_plain_spreads(found)


def test_several_tastes() -> None:
    """Expected: the spreads of three tastes as well."""
    found = several_tastes(SMALL, 1)
    assert {f"sd.{name}" for name in PLATFORMS} < {row.quantity for row in found}
    assert [row for row in found if not row.passed] == []
    assert max(row.standard_error for row in found) < 0.25
    assert_plain_spreads(found)


def assert_plain_spreads(rows: list[Row]) -> None:
    """Expected: people differ by far more than nothing.

    Where they are alike, a spread of zero is estimated with a standard error so large that any truth would
    be inside.
    """
    assert min(row.estimate / row.standard_error for row in rows if row.quantity.startswith("sd.")) > 4.0


def test_ignoring_awareness_shows() -> None:
    """Expected (evidence 40): habit up by about a half or more, the unknown brand down by about one."""
    habit, site = blind_to_awareness(SMALL, 1)
    assert habit.passed
    assert site.passed
    assert habit.estimate - habit.truth > 0.5
    assert site.estimate - site.truth < -0.9


def test_ignoring_tastes_shows() -> None:
    """Expected (evidence 40): habit up, the platforms' intercepts down."""
    habit, *platforms = blind_to_tastes(SMALL, 1)
    assert habit.passed
    assert [row for row in platforms if not row.passed] == []
    assert habit.estimate > 2.0 * habit.truth


def test_the_right_model_shows_no_bias(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected: the check of a bias fails where the analyst makes no mistake."""
    right = mixed_logit.estimate
    monkeypatch.setattr(mixed_logit, "estimate", lambda table, draws, sets: right(table, draws=draws))
    assert [row.passed for row in blind_to_awareness(Size(300, 8, 50, 50), 1)] == [False, False]


def choices_by_numpy(people: int, occasions: int, seed: int) -> pd.DataFrame:
    """A mixed logit of two goods and nothing; log price coefficient normal, ln 3 and 0.6; habit at random."""
    generator = np.random.default_rng(seed)
    names, n = np.array([OUTSIDE, "north", "south"]), people * occasions
    price, habit = np.c_[np.ones(n), generator.uniform(0.5, 1.5, (n, 2))], generator.uniform(size=(n, 3))
    alpha = np.repeat(np.exp(np.log(3.0) + 0.6 * generator.standard_normal(people)), occasions)
    value = alpha[:, None] * (1.0 - price) + 0.7 * habit + [0.0, 0.5, -0.5]
    best = (value + generator.gumbel(size=price.shape)).argmax(axis=1)
    return pd.DataFrame(
        {
            "person": np.repeat(np.arange(people), 3 * occasions),
            "occasion": np.repeat(np.arange(n), 3),
            "alternative": pd.Categorical(np.tile(names, n), categories=names),
            "available": True,
            "price": price.ravel(),
            "habit": habit.ravel(),
            "chosen": (np.arange(3) == best[:, None]).ravel(),
        }
    )


def test_choices_made_elsewhere() -> None:
    """Expected: the numbers of a mixed logit that the model had no part in, within four standard errors."""
    found = estimate(choices_by_numpy(400, 8, 7), draws=60)
    right = {PRICE: np.log(3.0), HABIT: 0.7, "north": 0.5, "south": -0.5, f"sd.{PRICE}": 0.6}
    assert {name: abs(found[name].value - v) < 4.0 * found[name].error for name, v in right.items()} == (
        dict.fromkeys(right, True)
    )
    assert max(estimate.error for estimate in found.values()) < 0.15


def test_errors_are_clustered_by_person() -> None:
    """Expected: everybody's choices written down twice teach nothing, so errors stay.

    Scores and information double. Taken for independent, the copies would shrink errors by the root of two.
    """
    table, names = choices_by_numpy(50, 2, 3), ["north", "sd.north"]
    scores = np.random.default_rng(1).normal(size=(100, 2))
    twice = table.loc[np.repeat(np.arange(len(table)).reshape(-1, 3), 2, axis=0).ravel()]
    errors = []
    for data, score, copies in ((table, scores, 1), (twice, np.repeat(scores, 2, axis=0), 2)):
        model = SimpleNamespace(
            coeff_names=names, coeff_=[1.0, -2.0], grad_n=score, hess_inv=np.diag([0.01, 0.04]) / copies
        )
        found = mixed_logit._found(model, data)
        assert (found["north"].value, found["sd.north"].value) == (1.0, 2.0)
        errors.append([found[name].error for name in names])
    by_person = scores.reshape(50, 2, 2).sum(axis=1)
    assert errors[0] == pytest.approx(np.sqrt((by_person**2).sum(axis=0)) * [0.01, 0.04])
    assert errors[1] == pytest.approx(errors[0])


def test_truth_is_that_of_the_model() -> None:
    """Expected: the mean of the log coefficient is below the log of the mean by half the variance."""
    assert truth(PARTLY_KNOWN)[PRICE] == pytest.approx(np.log(3.0) - 0.35**2 / 2.0)
    drawn = choices(PARTLY_KNOWN, Size(100, 2, 1, 1), 1)
    assert set(drawn["alternative"].cat.categories) == {OUTSIDE, *PLATFORMS, SITE}
