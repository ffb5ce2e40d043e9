"""Pictures of a comparison: functions of a comparison and the name of a scenario that return a figure.

Nothing is shown or written but by `save_all`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from sim.files import write_atomically
from sim.outcomes.comparison import Comparison
from sim.pictures.comparison.books import books
from sim.pictures.comparison.by_tier import weekly_by_tier
from sim.pictures.comparison.effect import weekly_effect
from sim.pictures.comparison.left import what_is_left
from sim.pictures.comparison.market import gmv_by_platform_and_tier
from sim.pictures.comparison.source import source_of_volume
from sim.pictures.comparison.stores import storefronts
from sim.pictures.comparison.summary import summary
from sim.pictures.comparison.switched import switched

__all__ = [
    "books",
    "gmv_by_platform_and_tier",
    "save_all",
    "source_of_volume",
    "summary",
    "switched",
    "weekly_by_tier",
    "weekly_effect",
    "what_is_left",
]

Picture = Callable[[Comparison, str], Figure]
DPI = 150
PICTURES: tuple[tuple[str, Picture], ...] = (
    ("summary", summary),
    ("weekly_effect", weekly_effect),
    ("weekly_by_tier", weekly_by_tier),
    ("source_of_volume", source_of_volume),
    ("switched", switched),
    ("books", books),
    ("what_is_left", what_is_left),
)
"""Pictures of a scenario with storefronts in question."""


def save_all(comparison: Comparison, folder: Path) -> list[Path]:
    """Write the pictures of a comparison as PNG.

    The baseline's market is drawn once, `PICTURES` for every scenario with storefronts in question.
    """
    names = list(dict.fromkeys(comparison.outcomes.scenario))
    written = [_save(gmv_by_platform_and_tier, comparison, names[0], folder / "gmv_by_platform_and_tier.png")]
    for name in names:
        if storefronts(comparison, name):
            written += [
                _save(picture, comparison, name, folder / f"{name}_{kind}.png") for kind, picture in PICTURES
            ]
    return written


def _save(picture: Picture, comparison: Comparison, name: str, path: Path) -> Path:
    figure = picture(comparison, name)
    return write_atomically(path, lambda temporary: figure.savefig(temporary, dpi=DPI))
