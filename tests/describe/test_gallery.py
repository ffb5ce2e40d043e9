"""The gallery shows every picture that the package draws, in small files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TypeGuard

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from sim.describe import gallery
from sim.pictures import gallery as pictures

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "gallery.md"
HELPERS = {"refused", "single"}
"""Functions that return a figure and are no pictures: an empty page, and one that others fill."""
LARGEST = 120_000


def drawn() -> Iterator[tuple[str, str]]:
    """Public functions of the rooms of pictures that return a figure, with their modules."""
    for file in sorted((ROOT / "sim" / "pictures").glob("*/*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if is_picture(node):
                yield node.name, module


def is_picture(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    if not isinstance(node, ast.FunctionDef) or node.returns is None:
        return False
    public = not node.name.startswith("_") and node.name not in HELPERS
    return public and ast.unparse(node.returns) == "Figure"


def test_every_picture_is_in_the_gallery_with_its_module() -> None:
    page = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^(?:### |- )(?=`)", page, flags=re.MULTILINE)
    told = {re.match(r"`(\w+)`", part)[1]: part for part in parts[1:]}  # type: ignore[index]
    everything = dict(drawn())
    assert set(told) == set(everything)
    assert [name for name, module in everything.items() if f"`{module}`" not in told[name]] == []


def test_pictures_of_a_comparison_are_shown_and_small() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = ["gmv_by_platform_and_tier", *(name for name, _ in pictures.PICTURES)]
    files = [ROOT / "docs" / "pictures" / f"gallery_{name}.png" for name in names]
    assert [file.name for file in files if f"(pictures/{file.name})" not in page] == []
    assert [file.name for file in files if not file.is_file() or file.stat().st_size > LARGEST] == []


def test_the_page_says_how_large_the_comparison_is() -> None:
    settings = gallery.SETTINGS
    size = f"{settings.consumers:,} consumers, {settings.replications} replications"
    assert size in PAGE.read_text(encoding="utf-8")


def coloured(*_: object) -> Figure:
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().imshow(np.linspace(0, 1, 400).reshape(20, 20))
    return figure


def test_every_picture_becomes_a_file_of_few_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "gmv_by_platform_and_tier", coloured)
    monkeypatch.setattr(pictures, "PICTURES", (("one", coloured), ("two", coloured)))
    comparison = SimpleNamespace(base="stay", scenarios={"stay": None, "go": None})
    files = gallery.draw(tmp_path, comparison)  # type: ignore[arg-type]
    kinds = ("gmv_by_platform_and_tier", "one", "two")
    assert [file.name for file in files] == [f"gallery_{kind}.png" for kind in kinds]
    with Image.open(files[0]) as image:
        assert image.mode == "P"
        assert image.size == (3 * gallery.DPI, 2 * gallery.DPI)
