"""Words in which the schema is written: numbers with units, shares, values by tier or date, windows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=40)]


def number(unit: str, description: str, **bounds: Any) -> Any:
    """Declare a numeric field with its unit, description and pydantic bounds (ge, gt, le, lt)."""
    default = bounds.pop("default", ...)
    return Field(default, description=description, json_schema_extra={"unit": unit}, **bounds)


def share(description: str, **extra: Any) -> Any:
    """Declare a share between 0 and 1."""
    return number("share", description, ge=0, le=1, **extra)


def utility(description: str, **extra: Any) -> Any:
    """Declare a utility in logit units."""
    return number("util", description, **extra)


class Part(BaseModel):
    """Base of every section: unknown keys, NaN and later mutation are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Share = Annotated[float, Field(ge=0, le=1)]
Depth = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
ByTier = float | dict[Name, float]
"""A number for all tiers, or one per tier (every tier must then be named)."""
ShareByTier = Share | dict[Name, Share]
"""A share for all tiers, or one per tier."""
NotNegativeByTier = NotNegative | dict[Name, NotNegative]
"""A number of at least zero for all tiers, or one per tier."""
Dated = NotNegative | dict[date, NotNegative]
"""A constant, or values at dates, linear in between and constant outside."""
Stepped = NotNegative | dict[date, NotNegative]
"""A constant, or values that hold from their date on (steps)."""


class Window(Part):
    """A span of days, both ends included."""

    from_: date = Field(alias="from", description="first day")
    to: date = Field(description="last day, included")


class Opening(Part):
    """Days on which a storefront sells; without a first (last) day it is open from before (beyond)."""

    from_: date | None = Field(None, alias="from", description="first day; none = already open")
    to: date | None = Field(None, description="last day, included; none = stays open")
    by_policy: bool = Field(False, description="closed until a policy opens it; without `from` and `to`")
