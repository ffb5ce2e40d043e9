"""A picture that is as high as its headline and what stands below it need."""

from __future__ import annotations

from matplotlib.figure import Figure

from sim.pictures.style import canvas, headline


def headed(wide: float, below: float, title: str, subtitle: str) -> tuple[Figure, float]:
    """A picture with title and subtitle, however many lines they take.

    Args:
        wide: width in inches.
        below: height of what comes below the headline, in inches.
        title: the finding.
        subtitle: the measure.

    Returns:
        The picture, and where its headline ends, in inches from its lower edge.
    """
    high = 10.0
    taken = high - headline(canvas(wide, high), title, subtitle)
    figure = canvas(wide, taken + below)
    return figure, headline(figure, title, subtitle)
