"""Works: functions that travel, and what tells them apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cloudpickle
import numpy as np
import pytest

from sim.engine.watch import RunTimeoutError, Watch
from sim.sweep.runs import Draws, runs_of
from sim.sweep.work import Found, FunctionWork
from tests.sweep.toys import double

(RUN,) = runs_of({"x": 3}, {"x": 3}, Draws())


def scaled(seeds: Any, x: float, factor: float = 1.0) -> dict[str, float]:
    return {"y": factor * x}


def enclosed(factor: Any) -> Callable[..., dict[str, float]]:
    def function(seeds: Any, x: float) -> dict[str, float]:
        return {"y": float(np.sum(factor)) * x}

    return function


class Model:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, seeds: Any, x: float) -> dict[str, float]:
        return {"y": self.factor * x}

    def method(self, seeds: Any, x: float) -> dict[str, float]:
        return {"y": self.factor + x}


def of_text(text: str, **outside: Any) -> Any:
    """A function as a notebook defines it, with its global variables."""
    space: dict[str, Any] = {"__name__": "__main__", **outside}
    exec(text, space)
    return space["function"]


NOTEBOOK = "def function(seeds, x):\n    return {'y': K * x}\n"


def test_a_watch_tells_when_time_is_over() -> None:
    Watch().check()
    watch = Watch(0.01)
    watch.check()
    time.sleep(0.02)
    with pytest.raises(RunTimeoutError, match=r"longer than 0.01 s"):
        watch.check()


def test_a_function_is_called_with_seeds_and_parameters() -> None:
    work, watch = FunctionWork(double), Watch()
    assert work.run(RUN, watch) == Found(double(RUN.seeds, 3))
    assert watch.stage == "running"
    assert work.subject({"x": 3}) == {"function": "double", "parameters": {"x": 3}}


@pytest.mark.parametrize(
    "function",
    [
        scaled,
        lambda seeds, x: {"y": x},
        partial(scaled, factor=2.0),
        enclosed(2.0),
        Model(2.0),
        Model(2.0).method,
    ],
    ids=["function", "lambda", "partial", "closure", "object", "method"],
)
def test_functions_of_all_kinds_travel(function: Any) -> None:
    work = cloudpickle.loads(cloudpickle.dumps(FunctionWork(function)))
    assert work.run(RUN, Watch()).values == function(RUN.seeds, 3)


def test_a_function_of_a_notebook_travels_by_value() -> None:
    work = cloudpickle.loads(cloudpickle.dumps(FunctionWork(of_text(NOTEBOOK, K=4))))
    assert work.run(RUN, Watch()).values == {"y": 12}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (partial(scaled, factor=1.0), partial(scaled, factor=2.0)),
        (enclosed(1.0), enclosed(2.0)),
        (enclosed(np.zeros(3)), enclosed(np.ones(3))),
        (Model(1.0), Model(2.0)),
        (Model(1.0).method, Model(2.0).method),
        (of_text(NOTEBOOK, K=1), of_text(NOTEBOOK, K=2)),
        (scaled, double),
    ],
    ids=["partial", "closure", "array", "object", "method", "global", "source"],
)
def test_functions_that_hold_other_things_are_other_code(one: Any, other: Any) -> None:
    assert FunctionWork(one).code != FunctionWork(other).code


@pytest.mark.parametrize(
    "make",
    [
        lambda: partial(scaled, factor=1.0),
        lambda: enclosed(1.0),
        lambda: enclosed(np.ones(3)),
        lambda: Model(1.0),
        lambda: Model(1.0).method,
        lambda: of_text(NOTEBOOK, K=1),
    ],
    ids=["partial", "closure", "array", "object", "method", "global"],
)
def test_the_same_function_made_again_is_the_same_code(make: Any) -> None:
    assert FunctionWork(make()).code == FunctionWork(make()).code


def test_what_cannot_travel_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"cannot pickle '_thread.lock'"):
        FunctionWork(enclosed(threading.Lock()))
