"""Widgets of levers: each has its name and unit, what its number rests on, and says what it does not take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from html import escape
from typing import Any

import panel as pn

from sim.page.levers import Lever, Value

WIDTH = 320
BESIDE = """
.bk-input-group { align-items: center; flex-direction: row; gap: 8px; justify-content: space-between; }
.bk-input-group > label { flex: 1 1 0; padding: 0; white-space: normal; }
.bk-input-group > .bk-spin-wrapper { flex: 0 0 104px; max-width: 104px; min-width: 0; }
.bk-spin-wrapper > input.bk-input { min-width: 0; width: 104px; }
"""
"""Name and box in one line. (Not the sliders with boxes of the library: they read names as markup, and
scenario files are data.)"""
Moved = Callable[[Value], None]
Refused = Callable[[str], None]


class NumberWidget:
    """A number: a box to type in, a slider to pull, and where the number comes from.

    Args:
        lever: what is moved.
        mark: name of its style.
        moved: told every new number.
        refused: told why a number that was typed is not taken.
        style: style sheet of the texts.
    """

    def __init__(self, lever: Lever, mark: str, moved: Moved, refused: Refused, style: str) -> None:
        self.lever, self.moved, self.refused = lever, moved, refused
        self.value = float(str(lever.value))
        wide: dict[str, Any] = {"width": WIDTH, "margin": (0, 5)}
        self.box = pn.widgets.FloatInput(
            label=name_of(lever), value=self.value, step=lever.step, stylesheets=[BESIDE],
            format=digits(lever.step), **wide,
        )  # fmt: skip
        self.slider = pn.widgets.FloatSlider(
            value=self.value, start=lever.low, end=lever.high, step=lever.step, show_value=False,
            tooltips=False, **wide,
        )  # fmt: skip
        self.box.param.watch(lambda event: self._typed(event.new), "value")
        self.slider.param.watch(lambda event: self._take(event.new), "value")
        # A slider's first move may be to 0, which is what `value_throttled` begins with: told all the same.
        self.slider.param.watch(lambda event: self._pulled(event.new), "value_throttled", onlychanged=False)
        about = pn.pane.HTML(source_of(lever), stylesheets=[style], **wide)
        parts = [self.box, self.slider, *([about] if lever.unknown else [])]
        self.view = pn.Column(*parts, css_classes=[mark], width=WIDTH + 10, margin=(4, 5))

    def _take(self, value: float) -> None:
        """Show a number in box and slider."""
        self.value = value
        self.box.value = value

    def _pulled(self, value: float) -> None:
        self._take(value)
        self.moved(value)

    def _typed(self, value: float | None) -> None:
        """Take a number from the box, if it is one and on the scale."""
        if value is None or value == self.value:
            return
        low, high = self.lever.low, self.lever.high
        if not low <= value <= high:
            ends = f"expected {low:g} to {high:g} {self.lever.unit}".rstrip()
            self.refused(f"{self.lever.title}: {value:g} is not on the scale, {ends}")
            self.box.value = self.value
            return
        self.value = value
        self.slider.value = value
        self.moved(value)


def widget(
    lever: Lever, mark: str, moved: Moved, refused: Refused, style: str, days: tuple[date, date]
) -> Any:
    """What a lever is moved with.

    Args:
        lever: the lever.
        mark: name of its style.
        moved: told every new value.
        refused: told why a value is not taken.
        style: style sheet of the texts.
        days: first and last day that can be chosen.
    """
    if lever.kind == "number":
        return NumberWidget(lever, mark, moved, refused, style).view
    wide: dict[str, Any] = {"label": name_of(lever), "width": WIDTH, "css_classes": [mark]}
    if lever.kind == "date":
        made: Any = _day(lever, days, wide)
        made.param.watch(lambda event: moved(event.new), "value_throttled")
        return made
    made = pn.widgets.Select(options=dict(lever.choices or {}), value=str(lever.value), **wide)
    made.param.watch(lambda event: moved(event.new), "value")
    return made


def _day(lever: Lever, days: tuple[date, date], wide: Mapping[str, Any]) -> Any:
    """Days of the horizon, day by day with the arrow keys."""
    assert isinstance(lever.value, date)
    return pn.widgets.DateSlider(
        start=min(days[0], lever.value), end=days[1], value=lever.value, step=1, format="%a %d %b %Y", **wide
    )  # fmt: skip


def name_of(lever: Lever) -> str:
    """Name and unit."""
    return f"{lever.title}, {lever.unit}" if lever.unit else lever.title


def source_of(lever: Lever) -> str:
    """Where the number of an unknown comes from, and how far it may go."""
    ends = f"{lever.low:,.4g} to {lever.high:,.4g}"
    said = f"; {lever.source}" if lever.source else ""
    return f'<p class="source">Not known: {escape(ends)}{escape(said)}</p>'


def digits(step: float) -> str:
    """Digits that a step needs."""
    return "0,0" if step >= 1 else "0,0.0" if step >= 0.1 else "0,0.00"
