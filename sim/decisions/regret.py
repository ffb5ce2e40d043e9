"""Values of options over worlds, and what each option falls behind the best one in each world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.outcomes.intervals import LEVEL, effective, student

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """What options are worth in the same worlds, more being better.

    Attributes:
        names: of the options.
        values: shape (worlds, options), in one unit.
        given: weights of worlds, not all 0, shape (worlds,); None if all weigh the same.
    """

    names: tuple[str, ...]
    values: Floats
    given: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse values that are not there.

        Raises:
            ValueError: if names and values do not match, a name is there twice, a value is not finite, or
                weights are negative, all zero or of another number than worlds.
        """
        if self.values.ndim != 2 or not len(self.values) or self.values.shape[1] != len(self.names):
            raise ValueError(f"{len(self.names)} options need values of shape (worlds, options)")
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError("options need different names, and there is to be one at least")
        if not np.isfinite(self.values).all():
            raise ValueError("a value is not finite")
        given = self.given
        if given is not None and (len(given) != len(self.values) or (given < 0).any() or given.sum() <= 0):
            raise ValueError("weights need one number a world, none below 0 and some above")

    @property
    def weights(self) -> Floats:
        """Weights of worlds that add up to 1, shape (worlds,)."""
        given = np.ones(len(self.values)) if self.given is None else self.given
        return given / given.sum()

    @property
    def worlds(self) -> float:
        """Effective number of worlds."""
        return effective(self.weights)

    @property
    def mean(self) -> Floats:
        """Expected value of each option, shape (options,)."""
        return self.weights @ self.values

    @property
    def relative(self) -> Floats:
        """Values less the mean of options in each world: what worlds have in common decides nothing."""
        return self.values - self.values.mean(axis=1, keepdims=True)

    @property
    def regrets(self) -> Floats:
        """Value of the best option of a world less that of each, at least 0, shape (worlds, options)."""
        return self.values.max(axis=1, keepdims=True) - self.values

    def quantile(self, values: Floats, share: float) -> Floats:
        """Least value of each column that at least a share of the worlds does not exceed.

        Args:
            values: of worlds, shape (worlds, columns).
            share: between 0 and 1.
        """
        return np.quantile(values, share, axis=0, weights=self.weights, method="inverted_cdf")


def regret_table(options: Options, level: float = LEVEL) -> pd.DataFrame:
    """Regret of each option over worlds (Savage 1951, doi:10.1080/01621459.1951.10500768).

    Regret is against the options of the table: a bad option added changes none, a good one all.

    Args:
        options: values over worlds.
        level: coverage of the intervals.

    Returns:
        One row an option: option, mean, low, high (Student's over worlds), quantile_95, max, world (where it
        is greatest). Worlds of weight 0 do not count for the greatest.
    """
    regrets = options.regrets
    mean, low, high = student(regrets, options.weights, level)
    counted = np.where(options.weights[:, None] > 0, regrets, -np.inf)
    return pd.DataFrame(dict(
        option=options.names, mean=mean, low=low, high=high, quantile_95=options.quantile(regrets, 0.95),
        max=counted.max(axis=0), world=counted.argmax(axis=0),
    ))  # fmt: skip
