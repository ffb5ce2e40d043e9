"""How a result was made, as names and words, from its provenance.json."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sim.experiments.stored import RESOLVED

WORDS = {
    "written": "written", "commit": "commit", "package": "version of this package",
    "kernels": "compiled code", "python": "Python", "machine": "machine",
}  # fmt: skip
"""What provenance says in one word each, and its name on the page."""


def facts(about: Mapping[str, Any], part: str = "") -> dict[str, str]:
    """Command, settings, commit and versions; names begin with the part if there are several."""
    settings = dict(about.get("settings", {}))
    words = [str(word) for word in about.get("command", ())]
    found = {"command": shlex.join([*(Path(word).name for word in words[:1]), *words[1:]])}
    found |= {f"setting: {name}": said(value) for name, value in settings.items()}
    found |= {words: said(about[key]) for key, words in WORDS.items() if key in about}
    if about.get("versions"):
        found["packages"] = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return {f"{part}: {name}" if part else name: value for name, value in found.items()}


def facts_of_parts(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The same of a result that was made part by part."""
    return {name: value for part, about in parts.items() for name, value in facts(about, part).items()}


def said(value: object) -> str:
    """A value on one line."""
    if value in ("", None):
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def resolved(folder: Path) -> dict[str, str]:
    """Resolved scenarios that lie in a folder, by title."""
    files = sorted((folder / "scenarios").glob(f"*{RESOLVED}"))
    return {
        f"Scenario {file.name.removesuffix(RESOLVED)}, every value": file.read_text(encoding="utf-8")
        for file in files
    }
