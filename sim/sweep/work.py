"""What a run does: the interface between the sweep and what is swept, and plain functions as the simplest.

A sweep knows nothing about markets. It asks its work which plain data a point stands for (`subject`), and
lets it make a run (`run`) under a `Watch`. `sim.sweep.market_work` runs markets.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any, Protocol

import cloudpickle
import pandas as pd

from sim.engine.watch import Watch
from sim.sweep.factors import Value
from sim.sweep.runs import Run, digest


@dataclass(frozen=True)
class Found:
    """Result of a run.

    Attributes:
        values: outcomes by name.
        units: their units, as far as there are any.
        panel: rows to keep beside, if any.
    """

    values: Mapping[str, float]
    units: Mapping[str, str] = field(default_factory=dict)
    panel: pd.DataFrame | None = None


class Work(Protocol):
    """What is swept. It travels to other processes."""

    @property
    def preload(self) -> tuple[str, ...]:
        """Modules to import once before processes are forked."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables that these modules look at."""
        ...

    @property
    def code(self) -> str:
        """Digest of the code that answers."""
        ...

    def describe(self) -> Any:
        """Plain data from which it can be made again (see `sim.sweep.reproduce`); None if that cannot be."""
        ...

    def subject(self, parameters: Mapping[str, Value]) -> Any:
        """Plain data that says all that a run at these parameters follows from, beside its seeds.

        Raises:
            ValueError: if they make no sense.
        """
        ...

    def run(self, run: Run, watch: Watch) -> Found:
        """Make a run."""
        ...


Function = Callable[..., Mapping[str, float]]


class FunctionWork:
    """A Python function, also one written in a notebook: function(seeds, **parameters) -> outcomes by name.

    Args:
        function: what to run; `seeds` has a `world` and a `shock`, which replace all other sources of chance.
        preload: modules that take long to import.
    """

    def __init__(self, function: Function, preload: tuple[str, ...] = ()) -> None:
        self._pickled = cloudpickle.dumps(function)  # a function of a notebook has no module to import
        self.name = _name(function)
        self.code = digest(_anatomy(function))
        self.preload = preload
        self.environment: Mapping[str, str] = {}
        self._function: Function | None = function

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the function itself, which travels by value."""
        return {**self.__dict__, "_function": None}

    def describe(self) -> None:
        """A function cannot be written down as data."""

    def subject(self, parameters: Mapping[str, Value]) -> Any:
        """Name of the function and its parameters."""
        return {"function": self.name, "parameters": dict(parameters)}

    def run(self, run: Run, watch: Watch) -> Found:
        """Call the function."""
        if self._function is None:
            self._function = cloudpickle.loads(self._pickled)
        watch.stage = "running"
        assert self._function is not None
        return Found(self._function(run.seeds, **run.parameters))


def _anatomy(function: Any) -> Any:
    """Plain data that functions are told apart by: their source and what they hold.

    That is the arguments of a partial, the attributes of an object that can be called, the variables of
    enclosing functions, and plain numbers, words and lists that are global. Functions called by the function
    are not looked at.
    """
    if isinstance(function, partial):
        held = {"": function.args, **function.keywords}
        return [_anatomy(function.func), {name: _state(value) for name, value in held.items()}]
    if inspect.ismethod(function):
        return [_anatomy(function.__func__), _state(function.__self__)]
    if not inspect.isfunction(function):
        own = {name: _state(value) for name, value in getattr(function, "__dict__", {}).items()}
        return [_source(type(function)), own]
    around = inspect.getclosurevars(function)
    enclosing = {name: _state(value) for name, value in around.nonlocals.items()}
    outside = {name: value for name, value in around.globals.items() if _is_plain(value)}
    return [_source(function), enclosing, outside]


def _state(value: Any) -> Any:
    """Plain data that stands for something that a function holds."""
    if _is_plain(value):
        return value
    if inspect.isroutine(value) or inspect.isclass(value):
        return _source(value)
    return blake2b(cloudpickle.dumps(value)).hexdigest()


def _is_plain(value: Any) -> bool:
    try:
        digest(value)
    except (TypeError, ValueError):
        return False
    return True


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


def _source(function: Any) -> str:
    """Source of a function or class; its name where there is none, as in an interactive session."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return _name(function)
