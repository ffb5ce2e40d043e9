"""Scalars of the YAML 1.2 core schema, with ``_`` allowed between digits (``5_000_000``)."""

from __future__ import annotations

import re

from sim.scenario.reading.nodes import Scalar

NULL = re.compile(r"~|null|Null|NULL|")
TRUE = re.compile(r"true|True|TRUE")
FALSE = re.compile(r"false|False|FALSE")
DECIMAL = re.compile(r"[-+]?\d[\d_]*")
PREFIXED = re.compile(r"0o[0-7_]+|0x[0-9a-fA-F_]+")
FLOAT = re.compile(r"[-+]?(\.\d[\d_]*|\d[\d_]*(\.[\d_]*)?)([eE][-+]?\d+)?")
INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
NOT_A_NUMBER = re.compile(r"\.(nan|NaN|NAN)")


def scalar(text: str) -> Scalar:
    """Resolve an unquoted scalar by the core schema of YAML 1.2 (dates stay text)."""
    if NULL.fullmatch(text):
        return None
    if TRUE.fullmatch(text) or FALSE.fullmatch(text):
        return text.lower() == "true"
    return number(text)


def number(text: str) -> int | float | str:
    """Resolve a number; whole numbers such as ``2e4`` are integers; the rest stays text."""
    if DECIMAL.fullmatch(text):
        return int(text.replace("_", "")) if len(text) < 400 else float(text.replace("_", ""))
    if PREFIXED.fullmatch(text):
        return int(text.replace("_", ""), 0)
    if FLOAT.fullmatch(text):
        return whole(float(text.replace("_", "")), text)
    return not_finite(text)


def whole(value: float, text: str) -> int | float:
    """Read ``2e4`` as the integer it is; ``2.0`` stays a float."""
    return int(value) if "." not in text and value.is_integer() else value


def not_finite(text: str) -> float | str:
    """Resolve ``.inf`` and ``.nan``, which the schema then refuses by name."""
    if match := INFINITE.fullmatch(text):
        return float(f"{match[1]}inf")
    return float("nan") if NOT_A_NUMBER.fullmatch(text) else text
