"""The pictures of a comparison for the gallery (`docs/gallery.md`): drawn small, from a small comparison."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from sim.experiments.compare import Comparison, Settings, compare
from sim.files import write_atomically
from sim.pictures import gallery
from sim.pictures.comparison.market import gmv_by_platform_and_tier
from sim.scenario import load

BASE, SCENARIO = "stay_out", "popup_on_pinduoduo_2019"
"""Files of the comparison in `scenarios`."""
SETTINGS = Settings(replications=5, consumers=10_000)
"""Enough to see what a picture shows; not what a result is read from."""
DPI = 110
COLOURS = 256
"""Colours of a file: flat areas and lines need few, and each firm keeps its own."""


def small_comparison(folder: Path = Path("scenarios"), settings: Settings = SETTINGS) -> Comparison:
    """The comparison that the gallery shows.

    Args:
        folder: where the scenario files are.
        settings: size.
    """
    base, scenario = (load(folder / f"{name}.yaml").scenario for name in (BASE, SCENARIO))
    return compare((BASE, base), {SCENARIO: scenario}, settings)


def figures(comparison: Comparison) -> Iterator[tuple[str, Figure]]:
    """Every picture of a comparison with its name."""
    name = next(key for key in comparison.scenarios if key != comparison.base)
    yield "gmv_by_platform_and_tier", gmv_by_platform_and_tier(comparison, name)
    for kind, picture in gallery.PICTURES:
        yield kind, picture(comparison, name)


def draw(folder: Path, comparison: Comparison | None = None) -> list[Path]:
    """Write every picture as a small PNG file.

    Args:
        folder: where to.
        comparison: what to draw; `small_comparison` if not given.

    Returns:
        The files, named `gallery_<picture>.png`.
    """
    shown = small_comparison() if comparison is None else comparison
    return [_save(figure, folder / f"gallery_{name}.png") for name, figure in figures(shown)]


def _save(figure: Figure, path: Path) -> Path:
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    few = Image.open(drawn).convert("RGB").quantize(COLOURS, kmeans=3, dither=Image.Dither.NONE)
    return write_atomically(path, lambda temporary: few.save(temporary, format="png", optimize=True))
