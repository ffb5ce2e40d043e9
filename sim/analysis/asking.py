"""Samplers that propose points and learn from what they are told: Optuna behind a small window.

Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization framework, KDD 2019; version 5. The
study lives in memory only and asks the same points whenever it is told the same answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil, floor
from types import ModuleType
from typing import Any, Literal

from sim.extras import optional
from sim.sweep.factors import Factor, Value

Sampler = Literal["cmaes", "nsga2", "nsga3", "tpe", "random", "sobol"]
Direction = Literal["minimize", "maximize"]
Point = tuple[Value, ...]
"""Values of the factors in their order."""


@dataclass(frozen=True)
class Answer:
    """What came out at a point.

    Attributes:
        distances: what is to be minimised or maximised, by aim.
        excesses: by how much each bound is broken; not above zero where it is kept.
    """

    distances: tuple[float, ...]
    excesses: tuple[float, ...] = ()


class Asker:
    """Asks for points, batch by batch.

    Args:
        factors: what may vary.
        directions: of the aims.
        sampler: how points are proposed, see `sim.analysis.search.Search`.
        batch: points asked for together; the population of cmaes, nsga2 and nsga3.
        seed: of the sampler's draws.

    Raises:
        ModuleNotFoundError: if the sampler is not installed.
    """

    def __init__(
        self,
        factors: Sequence[Factor],
        directions: Sequence[Direction],
        sampler: Sampler,
        batch: int,
        seed: int,
    ) -> None:
        optuna = _optuna()
        self._factors = factors
        self._batch = batch
        self._space = {factor.name: _distribution(optuna, factor) for factor in factors}
        self._failed = optuna.trial.TrialState.FAIL
        self._asked: list[Any] = []
        with _quiet(optuna):
            made = _sampler(optuna, sampler, self._space, batch, seed)
            self._study = optuna.create_study(directions=list(directions), sampler=made)

    def ask(self) -> list[Point]:
        """The next batch, not to be asked for before the last one is told."""
        with _quiet(_optuna()):
            self._asked = [self._study.ask(self._space) for _ in range(self._batch)]
        return [
            tuple(_value(factor, trial.params[factor.name]) for factor in self._factors)
            for trial in self._asked
        ]

    def tell(self, answers: Sequence[Answer | None]) -> None:
        """What came out at the points of the last batch, in their order; None where a point failed.

        Samplers pass over failures: they fill their population in the next batch.
        """
        with _quiet(_optuna()):
            for trial, answer in zip(self._asked, answers, strict=True):
                if answer is None:
                    self._study.tell(trial, state=self._failed)
                    continue
                for k, excess in enumerate(answer.excesses):
                    trial.set_constraint(str(k), excess)
                self._study.tell(trial, list(answer.distances))
        self._asked = []


def importance(
    factors: Sequence[Factor], points: Sequence[Point], values: Sequence[float], direction: Direction
) -> dict[str, float]:
    """Share of each factor in reaching the best tenth of the values, by PED-ANOVA.

    Raises:
        ModuleNotFoundError: if Optuna is not installed.
    """
    optuna = _optuna()
    space = {factor.name: _distribution(optuna, factor) for factor in factors}
    with _quiet(optuna):
        study = optuna.create_study(direction=direction)
        for point, value in zip(points, values, strict=True):
            params = {f.name: _param(f, v) for f, v in zip(factors, point, strict=True)}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=space, value=value))
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {factor.name: float(shares.get(factor.name, 0.0)) for factor in factors}


def _optuna(part: str = "optuna") -> ModuleType:
    """Optuna, or what it needs for a sampler."""
    return optional(part, "analysis")


@contextmanager
def _quiet(optuna: ModuleType) -> Iterator[None]:
    """No log lines and no notes that a sampler is new; the level of the log is put back."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(level)


def _levels(factor: Factor) -> list[Value]:
    """Levels in the order in which they are numbered: numbers ascend, names stay as they are."""
    return sorted(factor.levels, key=float) if factor.numeric else list(factor.levels)


def _distribution(optuna: ModuleType, factor: Factor) -> Any:
    """Where the values of a factor lie. Levels go by number: in order if they are numbers, else without."""
    kinds = optuna.distributions
    if factor.levels:
        count = len(factor.levels)
        return (
            kinds.IntDistribution(0, count - 1)
            if factor.numeric
            else kinds.CategoricalDistribution(tuple(range(count)))
        )
    low, high, log = factor.low or 0.0, factor.high or 0.0, factor.scale == "log"
    if factor.whole:
        return kinds.IntDistribution(ceil(low), floor(high), log=log)
    return kinds.FloatDistribution(low, high, log=log)


def _value(factor: Factor, param: Any) -> Value:
    """Value of a factor from the sampler's number."""
    if factor.levels:
        return _levels(factor)[param]
    return int(param) if factor.whole else float(param)


def _param(factor: Factor, value: Value) -> Any:
    """The sampler's number for a value, the inverse of `_value`."""
    return _levels(factor).index(value) if factor.levels else value


def _sampler(optuna: ModuleType, name: Sampler, space: dict[str, Any], batch: int, seed: int) -> Any:
    """The sampler of a name, with the settings of its authors as far as they concern us."""
    kinds = optuna.samplers
    if name == "cmaes":
        _optuna("cmaes")
        kind = _knowing(kinds.CmaEsSampler, space)
        return kind(seed=seed, popsize=batch, n_startup_trials=0, warn_independent_sampling=False)
    if name in ("nsga2", "nsga3"):
        kind = kinds.NSGAIISampler if name == "nsga2" else kinds.NSGAIIISampler
        crossover, mutation = kinds.nsgaii.SBXCrossover(), kinds.nsgaii.PolynomialMutation()
        return kind(population_size=batch, crossover=crossover, mutation=mutation, seed=seed)
    if name == "sobol":
        return _knowing(kinds.QMCSampler, space)(qmc_type="sobol", scramble=True, seed=seed)
    return {"tpe": kinds.TPESampler, "random": kinds.RandomSampler}[name](seed=seed)


def _knowing(kind: Any, space: dict[str, Any]) -> Any:
    """A kind of sampler that knows the space from the start.

    Left alone it infers the space from completed points and draws the whole first batch at random.
    """
    known = {name: distribution for name, distribution in space.items() if not distribution.single()}
    return type(kind.__name__, (kind,), {"infer_relative_search_space": lambda self, study, trial: known})
