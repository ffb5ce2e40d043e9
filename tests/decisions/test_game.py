"""Empirical games: names, means and intervals, regrets against loops, how firm best replies are."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.decisions.game import (
    EmpiricalGame,
    equilibrium_stability,
    payoff_table,
    regret,
    stability,
    strategy_regret,
)

Floats = npt.NDArray[np.float64]
PLAYERS = {"entrant": ["out", "in"], "host": ["low", "high", "none"], "rival": ["passive", "match"]}


def game(seed: int = 0, draws: int = 6) -> EmpiricalGame:
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 5, (draws, 1, 1, 1, 1))
    mean = rng.normal(0, 1, (3, 2, 3, 2))
    return EmpiricalGame(PLAYERS, mean + common + rng.normal(0, 0.5, (draws, 3, 2, 3, 2)))


def dilemma(noise: Floats) -> EmpiricalGame:
    """Prisoners' dilemma with noise in what the first player gets from action b; shape (draws,)."""
    base = np.array([[[-1, -3], [0, -2]], [[-1, 0], [-3, -2]]], float)
    payoffs = np.tile(base, (len(noise), 1, 1, 1))
    payoffs[:, 0, 1, :] += noise[:, None]
    return EmpiricalGame({"one": ["a", "b"], "two": ["a", "b"]}, payoffs)


def test_profiles_and_payoffs_are_in_step() -> None:
    made = game()
    table = payoff_table(made)
    assert len(table) == 3 * 12
    for row in table.sample(8, random_state=0).to_dict("records"):
        place = made.index({player: row[player] for player in PLAYERS})
        assert made.named(place) == {player: row[player] for player in PLAYERS}
        draws = made.payoffs[(slice(None), list(PLAYERS).index(row["party"]), *place)]
        half = stats.t.ppf(0.95, 5) * draws.std(ddof=1) / np.sqrt(6)
        assert row["mean"] == pytest.approx(draws.mean())
        assert (row["low"], row["high"]) == pytest.approx((draws.mean() - half, draws.mean() + half))


def test_differences_are_paired() -> None:
    made = game()
    versus = {"entrant": "out", "host": "none", "rival": "match"}
    table = payoff_table(made, versus)
    same = (table[list(PLAYERS)] == list(versus.values())).all(axis=1)
    assert (table.loc[same, ["difference", "difference_low", "difference_high"]] == 0).all(axis=None)
    other = table[~same]
    width = (other["difference_high"] - other["difference_low"]) / (other["high"] - other["low"])
    assert width.median() < 0.5
    base = table[same].set_index("party")["mean"]
    assert (table["mean"] - table["party"].map(base)).tolist() == pytest.approx(table["difference"].tolist())


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_regrets_are_those_of_loops(seed: int) -> None:
    made = game(seed, draws=3)
    place = tuple(np.random.default_rng(seed).integers(shape) for shape in (2, 3, 2))
    means = sum(made.payoffs[d] for d in range(3)) / 3
    found = regret(made, made.named(place), resamples=20).set_index("player")
    for k, player in enumerate(PLAYERS):
        outcomes = []
        for action in range(len(PLAYERS[player])):
            changed = list(place)
            changed[k] = action
            outcomes.append(means[(k, *changed)])
        assert found.loc[player, "gain"] == pytest.approx(max(outcomes) - means[(k, *place)])
        assert found.loc[player, "best_reply"] == PLAYERS[player][int(np.argmax(outcomes))]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6))
def test_strategy_regrets_are_those_of_loops(seed: int) -> None:
    made = game(seed, draws=3)
    found = strategy_regret(made, "host", resamples=5).set_index("action")
    means = made.payoffs.mean(axis=0)[1]
    for a, action in enumerate(PLAYERS["host"]):
        behind = {}
        for e, r in product(range(2), range(2)):
            behind[e, r] = max(means[e, other, r] for other in range(3)) - means[e, a, r]
        e, r = max(behind, key=lambda key: behind[key])
        assert found.loc[action, "mean"] == pytest.approx(np.mean(list(behind.values())))
        assert found.loc[action, "max"] == pytest.approx(behind[e, r])
        assert found.loc[action, "worst"] == f"entrant: {PLAYERS['entrant'][e]}, rival: {PLAYERS['rival'][r]}"


def test_without_noise_everything_is_certain() -> None:
    made = dilemma(np.zeros(4))
    assert made.equilibria().to_dict("records") == [{"one": "b", "two": "b"}]
    found = regret(made, {"one": "a", "two": "a"}, resamples=50)
    assert found[["gain", "low", "high"]].to_numpy().tolist() == [[1.0, 1.0, 1.0]] * 2
    shares = equilibrium_stability(made, resamples=50)
    assert shares["equilibrium"].tolist() == [False, False, False, True]
    assert shares["in_resamples"].tolist() == shares["in_draws"].tolist() == [0, 0, 0, 1]
    assert shares["regret"].tolist() == [1.0, 1.0, 1.0, 0.0]


def test_stability_is_the_chance_that_the_mean_keeps_its_sign() -> None:
    """Action b leads by 1 plus noise against either action of the other."""
    noise = np.random.default_rng(0).normal(0, 4, 25)
    noise += -0.5 - noise.mean()
    made = dilemma(noise)
    profile = {"one": "b", "two": "b"}
    found = stability(made, profile, resamples=4000).set_index(["player", "action"])
    expected = stats.norm.cdf(0.5 / (noise.std() / 5))
    assert found.loc[("one", "b"), "in_resamples"] == pytest.approx(expected, abs=0.03)
    assert found.loc[("one", "b"), "in_draws"] == pytest.approx((noise > -1).mean())
    assert found.loc[("two", "b"), "in_resamples"] == 1.0
    assert found["best"].tolist() == [False, True, False, True]
    shares = equilibrium_stability(made, resamples=4000).set_index(["one", "two"])
    assert shares.loc[("b", "b"), "in_draws"] == found.loc[("one", "b"), "in_draws"]
    assert shares.loc[("b", "b"), "in_resamples"] == found.loc[("one", "b"), "in_resamples"]


def test_the_interval_of_a_regret_covers() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for k in range(120):
        found = regret(dilemma(rng.normal(1.0, 1.0, 8)), {"one": "a", "two": "b"}, resamples=200, seed=k)
        covered.append(found["low"].iloc[0] <= 2.0 <= found["high"].iloc[0])
    assert 0.78 < np.mean(covered) < 0.97


def test_one_draw_has_no_interval_and_wrong_names_are_refused() -> None:
    made = game(draws=1)
    profile = {"entrant": "in", "host": "low", "rival": "match"}
    assert regret(made, profile, resamples=5)["low"].isna().all()
    assert payoff_table(made)["low"].isna().all()
    with pytest.raises(ValueError, match="no action"):
        made.index({**profile, "host": "free"})
    with pytest.raises(ValueError, match="each of"):
        made.index({"entrant": "in"})
    with pytest.raises(ValueError, match="shape"):
        EmpiricalGame({"one": ["a"]}, np.zeros((2, 1, 2)))
    with pytest.raises(ValueError, match="one name"):
        EmpiricalGame({"one": ["a", "a"]}, np.zeros((2, 1, 2)))
