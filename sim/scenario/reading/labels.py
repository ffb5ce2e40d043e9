"""Labels of cases: short names under which scenarios are listed and their results are kept."""

from __future__ import annotations

import re

from sim.scenario.errors import sentence

LABEL = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,7}"
"""A label is a name of a folder as well."""


def label_fault(value: object) -> str:
    """Say what is wrong with a label; empty if nothing is."""
    if isinstance(value, str) and re.fullmatch(LABEL, value):
        return ""
    words = {type(None): "nothing", dict: "a mapping", list: "a list", str: f"text '{value}'"}
    found = words.get(type(value), f"{value}")
    return sentence(f"found {found}", "up to 8 letters, digits, dots, hyphens or underscores, like S4")


def natural(label: str) -> tuple[list[str | int], str]:
    """Sort key in which S2 comes before S10, and upper and lower case are alike."""
    parts = re.split(r"(\d+)", label.lower())
    return [int(part) if k % 2 else part for k, part in enumerate(parts)], label
