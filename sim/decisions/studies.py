"""The runs behind an answer: options over worlds, terms and game in the most central market.

Runs lie in stores (see `sim.sweep.store`), one a study, so that a killed study goes on where it was and every
number can be traced to its runs and made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sim.decisions.question import Question, Settings
from sim.decisions.samples import Samples
from sim.scenario.changes import Assignment, content
from sim.sweep.experiment import Experiment
from sim.sweep.results import Results, open_experiment
from sim.sweep.runs import digest
from sim.sweep.sweep import require_complete, run

Size = Literal["small", "full"]
Note = Callable[[str], object]
NASH = "nash"


@dataclass(frozen=True)
class Scale:
    """How much is run.

    Attributes:
        consumers: simulated consumers.
        worlds: worlds in which options are tried.
        replications: pairs of seeds in the central market; the question's own by default.
    """

    consumers: int
    worlds: int
    replications: int | None = None


SCALES: Mapping[Size, Scale] = {
    "small": Scale(consumers=3_000, worlds=24, replications=3),
    "full": Scale(consumers=10_000, worlds=120),
}


@dataclass
class Studies:
    """The studies of a question; each is run when it is first asked for.

    Args:
        question: the question.
        store: folder of the runs, a folder a study.
        scale: how much is run.
        executor: where runs are made.
        note: called with what is being done, in words.
        mixed_code: whether stored runs of other code count.
    """

    question: Question
    store: Path
    scale: Scale
    executor: str = "local"
    note: Note = lambda _: None
    mixed_code: bool = False
    _done: dict[str, Samples] = field(default_factory=dict, init=False)

    def worlds(self) -> Samples:
        """All options over worlds."""
        options, runs = world_options(self.question)
        experiment = self.question.over_worlds("worlds", options, self.scale.consumers, self.scale.worlds)
        return self._samples("worlds", experiment).renamed(runs)

    def terms(self) -> Samples:
        """The contract at some commissions and exposures, without clauses and on other hosts."""
        replications = self.scale.replications or self.question.spec.replications
        return self._samples("terms", self.question.in_central(
            "terms", term_options(self.question), self.scale.consumers, replications
        ))  # fmt: skip

    def game(self, nash: float) -> Samples:
        """The profiles of the game; `nash` is the commission that the terms call so."""
        game = self.question.spec.game
        assert game is not None
        profiles = distinct(profile_settings(self.question, nash))[0]
        replications = self.scale.replications or game.replications
        return self._samples(
            "game", self.question.in_central("game", profiles, self.scale.consumers, replications)
        )

    def _samples(self, part: str, experiment: Experiment) -> Samples:
        if part not in self._done:
            results = self._run(part, experiment)
            self._done[part] = Samples.of(results, [*experiment.work.options])  # type: ignore[attr-defined]
        return self._done[part]

    def _run(self, part: str, experiment: Experiment) -> Results:
        folder = self.store / part
        begun = lambda todo, workers: self.note(f"{part}: {todo} runs on {workers} workers")  # noqa: E731
        require_complete(run(experiment, folder, self.executor, before=begun, mixed_code=self.mixed_code))
        return open_experiment(folder)


# --- what options are laid out -------------------------------------------------------------------


def thresholds(question: Question) -> Settings:
    """The option with a threshold policy at every threshold that is tried, by name."""
    rule = question.spec.afterwards
    if rule is None:
        return {}
    below = question.options[rule.option]
    return {f"leaves_at_{k}": (*below, Assignment(rule.exit_below, at)) for k, at in enumerate(rule.tried)}


def world_options(question: Question) -> tuple[dict[str, tuple[Assignment, ...]], dict[str, str]]:
    """Options and the thresholds that are tried; what comes to the same scenario is run once.

    The option whose threshold is tried at several values is run at its own only if it is asked for.

    Returns:
        What is run, by name, and the name of the run of every option.
    """
    spec, rule = question.spec, question.spec.afterwards
    asked = {*spec.recommend, *(name for part in spec.asked.values() for name in part.options)}
    own = {
        name: made for name, made in question.options.items()
        if rule is None or name != rule.option or name in asked
    }  # fmt: skip
    tried = thresholds(question)
    work = question.work({}, 100)
    trees = {name: digest(content(work.scenario_of(made, {}))) for name, made in {**tried, **own}.items()}
    runs: dict[str, str] = {}
    for name, tree in trees.items():
        runs.setdefault(tree, name)
    kept = {name: made for name, made in own.items() if runs[trees[name]] == name}
    return {**kept, **tried}, {name: runs[tree] for name, tree in trees.items()}


def term_options(question: Question) -> dict[str, tuple[Assignment, ...]]:
    """Options of the terms by name: `at_K` and `seen_K` count commissions and exposures that are tried."""
    terms = question.spec.terms
    own = question.options[terms.option]
    found: dict[str, tuple[Assignment, ...]] = {name: question.options[name] for name in terms.hosts}
    found |= {terms.option: own}
    found |= {f"at_{k}": (*own, Assignment(terms.commission, f)) for k, f in enumerate(terms.tried)}
    found |= {f"seen_{k}": (*own, Assignment(terms.exposure, e)) for k, e in enumerate(terms.exposures)}
    return found | clause_options(question) | dearer_options(question)


DEARER = 1.05
"""Factor on the price of the options that tell how buyers react to it."""


def dearer_options(question: Question) -> dict[str, tuple[Assignment, ...]]:
    """The shop on every host at a somewhat higher price, by name."""
    check, terms = question.spec.terms.price_check, question.spec.terms
    if check is None:
        return {}
    change = Assignment(check.price, DEARER, "multiply")
    return {f"dearer_{name}": (*question.options[name], change) for name in terms.hosts}


def clause_options(question: Question) -> dict[str, tuple[Assignment, ...]]:
    """The contract of the terms with each clause taken away or added, by name."""
    own = question.options[question.spec.terms.option]
    return {f"clause_{name}": (*own, *made) for name, made in question.clauses.items()}


Profile = tuple[str, str, str]
"""Names of the entrant's option, the host's terms and the rivals' answer."""


def profile_settings(question: Question, nash: float) -> dict[Profile, tuple[Assignment, ...]]:
    """What every profile of the game sets; an option on another host is not touched by this host's terms."""
    game = question.spec.game
    assert game is not None
    found = {}
    for option in game.entrant:
        own = question.options[option]
        hosted = host_of(question, own) == game.host
        for terms, action in game.terms.items():
            commission = nash if action.commission == NASH else float(action.commission)
            offer = (Assignment(question.spec.terms.commission, commission), *question.terms[terms])
            for answer in game.answers:
                made = (*own, *(offer if hosted else ()), *question.answers[answer])
                found[option, terms, answer] = made
    return found


def host_of(question: Question, settings: tuple[Assignment, ...]) -> str:
    """Platform on which the storefront of the terms stands under some settings."""
    path = ".".join([*question.spec.terms.commission.split(".")[:2], "host"])
    own = [one.value for one in settings if one.path == path]
    return str(own[-1] if own else question.at(path))


def distinct(
    settings: Mapping[Profile, tuple[Assignment, ...]],
) -> tuple[dict[str, tuple[Assignment, ...]], dict[Profile, str]]:
    """Settings that differ, by name, and the name of each profile's; equal ones are run once."""
    names: dict[str, str] = {}
    made: dict[str, tuple[Assignment, ...]] = {}
    of: dict[Profile, str] = {}
    for profile, one in settings.items():
        name = names.setdefault(repr(one), f"profile_{len(names)}")
        made.setdefault(name, one)
        of[profile] = name
    return made, of
