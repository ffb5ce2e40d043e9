"""What intercepts are solved to: a file of sales by channel, tier and category."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

Floats = npt.NDArray[np.float64]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TargetWindow(_Part):
    """Weeks over which sales are added up."""

    from_: date = Field(alias="from")
    to: date


class Target(_Part):
    """Sales of one channel in some categories: total, tier mix (user weights), category mix."""

    channel: str
    gmv: float = Field(gt=0)
    source: str
    tiers: dict[str, float]
    categories: dict[str, float]


class TargetFile(_Part):
    """A targets file."""

    scenario: str
    window: TargetWindow
    tier_shares: dict[str, float]
    sales: dict[str, Target]


@dataclass(frozen=True)
class TargetTable:
    """Targets as money: `tiers` (rows, tiers) and, row by row, `categories`."""

    rows: tuple[Target, ...]
    tiers: Floats
    categories: tuple[dict[str, float], ...]


def read_targets(path: Path) -> TargetFile:
    """Read a targets file.

    Raises:
        ValueError: with the reasons, if it is not one.
    """
    return TargetFile.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))


def fit_margins(seed: Floats, rows: Floats, columns: Floats, rounds: int = 500) -> Floats:
    """Scale a positive table to given row and column totals (iterative proportional fitting)."""
    table = seed * (rows / seed.sum(axis=1))[:, None]
    columns = columns * rows.sum() / columns.sum()
    for _ in range(rounds):
        table = table * columns / table.sum(axis=0)
        table = table * (rows / table.sum(axis=1))[:, None]
    return np.asarray(table)


def table(file: TargetFile, spend: dict[str, float]) -> TargetTable:
    """Targets by row and tier: user mix times spend per shopper, scaled to channel and tier totals."""
    rows = tuple(file.sales.values())
    seed = np.array([[row.tiers[t] * spend[t] for t in spend] for row in rows])
    totals = np.array([row.gmv for row in rows])
    tiers = fit_margins(seed, totals, np.array([file.tier_shares[t] for t in spend]))
    mixes = [
        {c: row.gmv * share / sum(row.categories.values()) for c, share in row.categories.items()}
        for row in rows
    ]
    return TargetTable(rows, tiers, tuple(mixes))
