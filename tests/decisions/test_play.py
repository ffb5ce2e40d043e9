"""The game of a question from made-up runs, and all its tables against loops over all profiles."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from sim.decisions import play
from sim.decisions.game import EmpiricalGame
from sim.decisions.question import STAY_OUT, Question
from sim.decisions.samples import Samples
from sim.decisions.studies import distinct, profile_settings
from tests.decisions import tiny

Floats = npt.NDArray[np.float64]
Profile = tuple[int, ...]
NASH = 0.05
ENTRANT, HOST, RIVALS = ("short", "long", "on_south"), ("little", "much"), ("nothing", "match")
ACTIONS = {"entrant": (STAY_OUT, *ENTRANT), "host": HOST, "rivals": RIVALS}
PROFILES = list(product(range(4), range(2), range(2)))
DRAWS = 6


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """The small question."""
    return tiny.question(tmp_path_factory.mktemp("question"))


def runs(asked: Question, payoffs: Floats) -> Samples:
    """Made-up runs of the profiles that give some payoffs, shape (draws, 3, 3, 2, 2), staying out left out.

    Of the option on South those at the first terms count, as it is run once for all terms. What the rivals
    have is split unevenly between South and West.
    """
    names = distinct(profile_settings(asked, NASH))[1]
    made: dict[str, dict[str, tiny.Column]] = {}
    for i, j, k in product(range(3), range(2), range(2)):
        own = payoffs[:, :, i, 0 if ENTRANT[i] == "on_south" else j, k]
        made[names[ENTRANT[i], HOST[j], RIVALS[k]]] = {
            "value_faraway": own[:, 0], "value_north": own[:, 1], "value_south": 3 * own[:, 2],
            "value_west": -2 * own[:, 2],
        }  # fmt: skip
    return tiny.samples(made, len(payoffs))


@pytest.fixture(scope="module")
def drawn() -> Floats:
    """Payoffs without ties, with noise that differs from draw to draw."""
    rng = np.random.default_rng(5)
    means = 3 * rng.permutation(36).reshape(1, 3, 3, 2, 2) - 40.0
    return np.asarray(means + rng.normal(0, 12, (DRAWS, 3, 3, 2, 2)))


@pytest.fixture(scope="module")
def game(asked: Question, drawn: Floats) -> EmpiricalGame:
    """The game of these payoffs."""
    return play.game_of(asked, runs(asked, drawn), NASH)


# --- payoffs -------------------------------------------------------------------------------------


def test_payoffs_stand_at_their_profiles(game: EmpiricalGame, drawn: Floats) -> None:
    assert {name: tuple(actions) for name, actions in game.players.items()} == ACTIONS
    assert game.payoffs.shape == (DRAWS, 3, 4, 2, 2)
    for i, j, k in product(range(3), range(2), range(2)):
        terms = 0 if ENTRANT[i] == "on_south" else j
        np.testing.assert_allclose(game.payoffs[:, :, i + 1, j, k], drawn[:, :, i, terms, k], rtol=1e-12)


def test_staying_out_is_worth_nothing_to_anybody(game: EmpiricalGame) -> None:
    assert (game.payoffs[:, :, 0] == 0.0).all()
    table = play.payoffs(game)
    assert (table[table.entrant == STAY_OUT][["mean", "low", "high"]] == 0.0).all(axis=None)


def test_the_host_and_its_rivals_have_all_platforms_of_an_owner_once(asked: Question) -> None:
    """The focal host is North, also where the shop stands on South."""
    made = {
        name: {"value_faraway": 1.0, "value_north": 10.0, "value_south": 100.0, "value_west": 1000.0}
        for name in distinct(profile_settings(asked, NASH))[0]
    }  # fmt: skip
    found = play.game_of(asked, tiny.samples(made, 2), NASH)
    assert (found.payoffs[:, 0, 1:] == 1.0).all()
    assert (found.payoffs[:, 1, 1:] == 10.0).all()
    assert (found.payoffs[:, 2, 1:] == 1100.0).all()


def test_words_of_actions(asked: Question) -> None:
    words = play.titles(asked)
    assert words["entrant"][STAY_OUT] == "Keep the own site only"
    assert words["entrant"]["on_south"] == "The same on South"
    assert (words["host"]["much"], words["rivals"]["match"]) == ("Much", "South matches prices")
    assert {name: tuple(own) for name, own in words.items()} == ACTIONS


# --- tables --------------------------------------------------------------------------------------


def mean_of(payoffs: Floats, player: int, profile: Profile) -> float:
    return sum(float(draw[(player, *profile)]) for draw in payoffs) / len(payoffs)


def others(profile: Profile, player: int) -> list[Profile]:
    """Profiles in which one player may do something else."""
    return [(*profile[:player], a, *profile[player + 1 :]) for a in range((4, 2, 2)[player])]


def gain(payoffs: Floats, player: int, profile: Profile) -> float:
    """What a player could gain alone."""
    best = max(mean_of(payoffs, player, other) for other in others(profile, player))
    return best - mean_of(payoffs, player, profile)


def names_of(profile: Profile) -> tuple[str, ...]:
    return tuple(actions[k] for actions, k in zip(ACTIONS.values(), profile, strict=True))


def resampled(count: int = 2000) -> Floats:
    """The draws of the bootstrap, shape (resamples, draws)."""
    rng = np.random.default_rng(0)
    return np.array([rng.integers(DRAWS, size=DRAWS) for _ in range(count)])


def test_equilibria_and_regret_tables_are_those_of_loops_over_all_profiles(game: EmpiricalGame) -> None:
    """Means, gains, equilibria, shares of draws and resamples, and regrets, each recomputed one by one."""
    payoffs = game.payoffs
    table = play.payoffs(game).set_index(["entrant", "host", "rivals", "party"])
    assert len(table) == 16 * 3
    for profile, (player, party) in product(PROFILES, enumerate(ACTIONS)):
        row = table.loc[(*names_of(profile), party)]
        assert row["mean"] == pytest.approx(mean_of(payoffs, player, profile), abs=1e-9)
        assert row["gain"] == pytest.approx(gain(payoffs, player, profile), abs=1e-9)

    firm = dict.fromkeys(PROFILES, 0)
    for sample in resampled():
        means = sum(payoffs[draw] for draw in sample) / DRAWS
        for profile in PROFILES:
            firm[profile] += all(
                means[(player, *profile)]
                >= max(means[(player, *other)] for other in others(profile, player)) - 1e-9
                for player in range(3)
            )
    found = play.equilibria(game).set_index(["entrant", "host", "rivals"])
    for profile in PROFILES:
        gains = [gain(payoffs, player, profile) for player in range(3)]
        single = [max(gain(draw[None], player, profile) for player in range(3)) <= 0 for draw in payoffs]
        share, stable = firm[profile] / 2000, max(gains) <= 1e-9
        listed = names_of(profile) in found.index
        assert listed == (stable or share >= 0.05), names_of(profile)
        if listed:
            row = found.loc[names_of(profile)]
            assert bool(row.equilibrium) == stable
            assert row.regret == pytest.approx(max(gains), abs=1e-9)
            assert row.in_resamples == pytest.approx(share)
            assert row.in_draws == pytest.approx(sum(single) / DRAWS)
    assert list(found.equilibrium) == sorted(found.equilibrium, reverse=True)

    regrets = play.regrets(game).set_index(["player", "action"])
    assert set(regrets.index.get_level_values(0)) == {"entrant", "host"}
    for player, party in enumerate(("entrant", "host")):
        for action, name in enumerate(ACTIONS[party]):
            behind = {p: gain(payoffs, player, p) for p in PROFILES if p[player] == action}
            row = regrets.loc[party, name]
            assert row["mean"] == pytest.approx(sum(behind.values()) / len(behind), abs=1e-9)
            assert row["max"] == pytest.approx(max(behind.values()), abs=1e-9)
            worst = max(behind, key=lambda p: behind[p])
            words = zip(ACTIONS, names_of(worst), strict=True)
            assert row.worst == ", ".join(f"{who}: {what}" for who, what in words if who != party)


def test_replies_are_those_of_loops(game: EmpiricalGame) -> None:
    table = play.replies(game).set_index(["host", "rivals"])
    for j, k in product(range(2), range(2)):
        values = [mean_of(game.payoffs, 0, (i, j, k)) for i in range(4)]
        best = max(range(4), key=lambda i: values[i])
        row = table.loc[(HOST[j], RIVALS[k])]
        assert (row.action, row.payoff) == (ACTIONS["entrant"][best], pytest.approx(values[best], abs=1e-9))
        wins = [max(range(4), key=lambda i: draw[0, i, j, k]) == best for draw in game.payoffs]
        assert row.in_draws == pytest.approx(sum(wins) / DRAWS)
        means = [sum(game.payoffs[d] for d in sample)[0, :, j, k] for sample in resampled()]
        assert row.in_resamples == pytest.approx(sum(one.argmax() == best for one in means) / 2000)


def test_the_sequence_is_that_of_loops(game: EmpiricalGame) -> None:
    """The host offers knowing what the entrant takes, who knows what the rivals answer."""

    def answer(i: int, j: int) -> int:
        return max(range(2), key=lambda k: mean_of(game.payoffs, 2, (i, j, k)))

    def take(j: int) -> int:
        return max(range(4), key=lambda i: mean_of(game.payoffs, 0, (i, j, answer(i, j))))

    offer = max(range(2), key=lambda j: mean_of(game.payoffs, 1, (take(j), j, answer(take(j), j))))
    profile = (take(offer), offer, answer(take(offer), offer))
    table = play.in_sequence(game)
    assert tuple(table.action) == names_of(profile)
    assert table.payoff.tolist() == pytest.approx([mean_of(game.payoffs, p, profile) for p in range(3)])
    if profile[0] != 0:
        assert not table.tied.any()


def test_dominated_actions_are_those_of_loops(game: EmpiricalGame) -> None:
    table = play.dominance(game)
    for kind, beats in (
        ("strict", lambda lead: min(lead) > 0),
        ("weak", lambda lead: min(lead) >= 0 < max(lead)),
    ):
        wanted: set[tuple[str, str]] = set()
        for player, (party, actions) in enumerate(ACTIONS.items()):
            for a, b in product(range(len(actions)), repeat=2):
                pairs = [(p, (*p[:player], b, *p[player + 1 :])) for p in PROFILES if p[player] == a]
                lead = [mean_of(game.payoffs, player, q) - mean_of(game.payoffs, player, p) for p, q in pairs]
                if beats(lead):
                    wanted.add((party, actions[a]))
        strict = set(
            zip(table[table.kind == "strict"].player, table[table.kind == "strict"].action, strict=True)
        )
        found = set(zip(table[table.kind == kind].player, table[table.kind == kind].action, strict=True))
        assert found == (wanted if kind == "strict" else wanted - strict)


def fixed(entrant: Floats, host: Floats, rivals: Floats) -> EmpiricalGame:
    """A game with the same payoffs in all draws."""
    return EmpiricalGame(ACTIONS, np.repeat(np.array([entrant, host, rivals])[None], 3, axis=0))


def test_a_game_with_known_dominance_and_sequence() -> None:
    """Long is better than short, staying out than South; much is better than little once they stay out."""
    entrant = np.array([0.0, 1.0, 2.0, -1.0])[:, None, None] + np.zeros((4, 2, 2))
    host = np.zeros((4, 2, 2))
    host[1:, 1] = 1.0
    rivals = np.zeros((4, 2, 2))
    rivals[1:, :, 1] = -1.0
    found = fixed(entrant, host, rivals)
    table = play.dominance(found)
    by = {(row.player, row.action, row.kind): row.by for row in table.itertuples()}
    assert by["entrant", STAY_OUT, "strict"] == "short"
    assert by["entrant", "on_south", "strict"] == STAY_OUT
    assert by["host", "little", "weak"] == "much"
    assert by["rivals", "match", "weak"] == "nothing"
    turns = {
        (row.player, row.action): row.kind for row in table.itertuples() if row.kind.startswith("in turn")
    }
    assert turns["entrant", "short"] == "in turn, round 1"
    assert turns["host", "little"] == "in turn, round 2"
    sequence = play.in_sequence(found).set_index("player")
    assert sequence.action.to_dict() == {"entrant": "long", "host": "much", "rivals": "nothing"}
    assert sequence.payoff.to_dict() == {"entrant": 2.0, "host": 1.0, "rivals": 0.0}
    assert (sequence.in_resamples == 1.0).all()
    assert not sequence.tied.any()
    listed = play.equilibria(found)
    assert listed[["entrant", "host", "rivals"]].to_numpy().tolist() == [["long", "much", "nothing"]]


def test_ties_on_the_path_are_told() -> None:
    nothing = np.zeros((4, 2, 2))
    entrant = nothing.copy()
    entrant[2] = 1.0
    table = play.in_sequence(fixed(entrant, nothing, nothing)).set_index("player")
    assert table.tied.to_dict() == {"entrant": False, "host": True, "rivals": True}


def test_mixed_equilibria_leave_nothing_to_gain(game: EmpiricalGame) -> None:
    """Whatever the rivals do: shares add up to one, and no action alone is better than the mixture."""
    table = play.mixed(game)
    assert set(table.rivals) == set(RIVALS)
    for (answer, _), rows in table.groupby(["rivals", "number"]):
        k = RIVALS.index(answer)
        x, y = np.zeros(4), np.zeros(2)
        for row in rows.itertuples():
            (x if row.player == "entrant" else y)[ACTIONS[row.player].index(row.action)] = row.probability
        assert (x.sum(), y.sum()) == (pytest.approx(1.0), pytest.approx(1.0))
        entrant, host = game.mean[0, :, :, k], game.mean[1, :, :, k]
        assert (entrant @ y).max() == pytest.approx(x @ entrant @ y, abs=1e-9)
        assert (x @ host).max() == pytest.approx(x @ host @ y, abs=1e-9)


def test_pennies_are_mixed_evenly() -> None:
    """Short against little and long against much win for the entrant, the others for the host."""
    entrant = np.full((4, 2, 2), -9.0)
    entrant[1:3] = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None]
    table = play.mixed(fixed(entrant, -entrant, np.zeros((4, 2, 2))))
    assert table.probability.tolist() == pytest.approx([0.5] * 8)
    assert set(table.action) == {"short", "long", "little", "much"}
