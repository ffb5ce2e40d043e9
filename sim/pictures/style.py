"""One look for all pictures: colours, sizes, wrapped headlines, month axes, units.

Everything is laid out in inches and drawn on `matplotlib.figure.Figure`, so pictures need no
display and may be drawn in several threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator

from sim.scenario.schema import Brand, Platform, Scenario

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
INK = "#222222"
QUIET = "#555555"
RULE = "#cccccc"
SHADE = "#ececec"
GROUP = "#7f7f7f"
"""Colour of a group of firms."""
NOTHING = "#d9d9d9"
"""Colour of what was not bought online."""
SIZE = 9.0
"""Smallest type, in points at the printed size."""
HEAD = 10.0
TITLE = 13.0
LINE = 1.35
"""Line height in units of the type size."""
HARD = "\N{NO-BREAK SPACE}"
POINTS = 72.0
"""Points in an inch."""
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DASHES = (0, (4, 1.6))
"""Line style of a difference against the baseline."""
DOTS = (0, (1, 1.4))
"""Line style of the baseline itself."""


# --- canvas and text ---------------------------------------------------------------------------


def canvas(width: float, height: float) -> Figure:
    """An empty picture, in inches, that can measure its text."""
    figure = Figure(figsize=(width, height), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def text_width(figure: Figure, text: str, size: float = SIZE, weight: str = "normal") -> float:
    """Width of a text in inches: that of its widest line."""
    return max(_width(line, size, weight, float(figure.dpi)) for line in text.split("\n"))


@lru_cache(maxsize=20_000)
def _width(text: str, size: float, weight: str, dpi: float) -> float:
    """The same; kept, because wrapping asks for the same lines again and again."""
    font = FontProperties(size=size, weight=weight)
    width, _, _ = _renderer(dpi).get_text_width_height_descent(text, font, False)  # type: ignore[no-untyped-call]
    return float(width / dpi)


@lru_cache(maxsize=4)
def _renderer(dpi: float) -> RendererAgg:
    return RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]


def wrap(figure: Figure, text: str, width: float, size: float = SIZE, weight: str = "normal") -> list[str]:
    """Lines of a text that are no wider than `width` inches."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}".strip()
            if line and text_width(figure, longer, size, weight) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines


def write(
    figure: Figure, x: float, top: float, text: str, width: float, size: float = SIZE, weight: str = "normal",
    colour: str = INK,
) -> float:  # fmt: skip
    """Write wrapped text below `top`, in inches from the lower left corner; returns where it ends."""
    lines = wrap(figure, text, width, size, weight)
    across, high = figure.get_size_inches()
    figure.text(
        x / across, top / high, "\n".join(lines), size=size, weight=weight, color=colour, va="top", ha="left",
        linespacing=1.2, parse_math=False,
    )  # fmt: skip
    return top - len(lines) * size * LINE / POINTS


def headline(figure: Figure, title: str, subtitle: str) -> float:
    """Finding in bold and measure below it, at the top; returns where they end, in inches."""
    across, high = figure.get_size_inches()
    width = _balanced(figure, title, across - 0.4)
    below = write(figure, 0.2, high - 0.15, title, width, TITLE, "bold")
    return write(figure, 0.2, below - 0.03, subtitle, across - 0.4, SIZE, colour=QUIET)


def _balanced(figure: Figure, title: str, width: float) -> float:
    """The least width that needs no more lines, so that no word is left alone on the last one."""
    count = len(wrap(figure, title, width, TITLE, "bold"))
    while width > 2 and len(wrap(figure, title, width - 0.2, TITLE, "bold")) == count:
        width -= 0.2
    return width


def panel(figure: Figure, x: float, y: float, width: float, height: float, share: Axes | None = None) -> Axes:
    """Axes at a place in inches; `share` gives both scales."""
    across, high = figure.get_size_inches()
    place = (x / across, y / high, width / across, height / high)
    axes = figure.add_axes(place, sharex=share, sharey=share)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(RULE)
    axes.tick_params(labelsize=SIZE, color=RULE, labelcolor=INK, length=3)
    axes.set_axisbelow(True)
    return axes


def heading(axes: Axes, text: str, note: str = "", colour: str = INK) -> None:
    """Name of a panel above it, and its unit or number in lighter type below the name; both wrapped."""
    width = axes.get_position().width * float(root(axes).get_size_inches()[0]) + 0.25
    up = 5.0
    if note:
        lines = wrap(root(axes), note, width)
        _above(axes, "\n".join(lines), up, SIZE, QUIET, "normal")
        up += len(lines) * SIZE * LINE
    _above(axes, "\n".join(wrap(root(axes), text, width, HEAD, "bold")), up, HEAD, readable(colour), "bold")


def _above(axes: Axes, text: str, up: float, size: float, colour: str, weight: str) -> None:
    """Text `up` points above the upper left corner."""
    axes.annotate(
        text, (0, 1), (0, up), "axes fraction", "offset points", size=size, weight=weight, color=colour,
        va="bottom", linespacing=1.2, parse_math=False, annotation_clip=False,
    )  # fmt: skip


def put(
    axes: Axes, x: float, y: float, text: str, colour: str = INK, bold: bool = False, right: bool = False,
    va: str = "bottom", box: bool = False, across: bool = False,
) -> None:  # fmt: skip
    """Text at a place in the data, or (`across`) at a share of the width; `box` hides lines behind it."""
    axes.text(
        x, y, text, size=SIZE, color=colour, weight="bold" if bold else "normal",
        ha="right" if right else "left", va=va, linespacing=1.2, parse_math=False,
        transform=axes.get_yaxis_transform() if across else axes.transData,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6} if box else None,
    )  # fmt: skip


def root(axes: Axes) -> Figure:
    """The picture that axes belong to."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


# --- colours -----------------------------------------------------------------------------------


def readable(colour: str) -> str:
    """The colour, darkened until text in it can be read on white (contrast 4.5 to 1)."""
    rgb = np.array(to_rgb(colour))
    while _contrast(rgb) < 4.5:
        rgb *= 0.95
    return to_hex(tuple(rgb))


def _contrast(rgb: npt.NDArray[np.float64]) -> float:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ np.array([0.2126, 0.7152, 0.0722]) + 0.05))


def colours(scenario: Scenario) -> Mapping[str, str]:
    """Colour of every platform, brand and channel; an own site has the colour of its brand."""
    firms: dict[str, Brand | Platform] = {**scenario.brands, **scenario.platforms}
    found = {
        name: firm.colour or OKABE_ITO[k % len(OKABE_ITO)] for k, (name, firm) in enumerate(firms.items())
    }
    return found | {name: found[store.owner] for name, store in scenario.storefronts.items()}


def short_title(title: str) -> str:
    """A firm's name without what stands in brackets, with a capital."""
    return capital(title.split(" (")[0])


def capital(words: str) -> str:
    """The words with a capital first letter."""
    return words[:1].upper() + words[1:]


# --- numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scale:
    """Unit of an axis: `amount / factor` is in `unit`."""

    factor: float
    unit: str


def scale_for(amounts: Iterable[float], unit: str) -> Scale:
    """Unit in which the largest of some amounts has one to four digits."""
    largest = max((abs(a) for a in amounts), default=0.0)
    for factor, word in ((1e9, "bn"), (1e6, "m"), (1e3, "thousand")):
        if largest >= 2 * factor:
            return Scale(factor, f"{word} {unit}")
    return Scale(1.0, unit)


def plain(value: float, sign: bool = False) -> str:
    """A number of two to three digits, never in scientific notation, with a true minus sign."""
    digits = 0 if abs(value) >= 9.95 else 1 if abs(value) >= 0.95 else 2
    text = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
    if not text.strip("+-0.,"):
        return "0"
    return text.replace("-", "−")


def bracket(low: float, high: float) -> str:
    """An interval in square brackets."""
    return f"[{plain(low)},{HARD}{plain(high)}]"


def per_cent(share: float) -> str:
    """A share as whole per cent, "under 1 %" if it rounds to nothing."""
    return f"under 1{HARD}%" if 0 < share < 0.005 else f"{share:.0%}".replace("%", f"{HARD}%")


def value_axis(axes: Axes, unit: str, count: int = 5) -> None:
    """Plain numbers, few ticks, grid lines and the unit on the vertical axis."""
    axes.yaxis.set_major_locator(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(plain_tick))
    axes.set_ylabel(unit, size=SIZE, color=QUIET)
    axes.grid(axis="y", color=RULE, linewidth=0.5)


def share_tick(share: float, position: float = 0.0) -> str:
    """A share at a tick, in per cent."""
    return f"{100 * share:.0f} %"


def plain_tick(value: float, position: float = 0.0) -> str:
    """A number at a tick, never in scientific notation."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:,.0f}"
    return text.replace("-", "−")


# --- time --------------------------------------------------------------------------------------


def day_words(day: date) -> str:
    """A date in words: 25 Nov 2019."""
    return f"{day.day}{HARD}{MONTHS[day.month - 1]}{HARD}{day.year}"


def day_number(day: date) -> float:
    """A day on a date axis."""
    return float(date2num(day))  # type: ignore[no-untyped-call]


def middles(mondays: Sequence[date]) -> npt.NDArray[np.float64]:
    """Middle of each week on a date axis."""
    return np.asarray([day_number(day) + 3.5 for day in mondays], np.float64)


def month_axis(axes: Axes, first: date, last: date) -> None:
    """First days of months from `first` to `last`, as many as fit, the year below the first and January."""
    starts = [date(y, m, 1) for y in range(first.year, last.year + 1) for m in range(1, 13)]
    starts = [day for day in starts if first <= day <= last - timedelta(days=10)]
    width = axes.get_position().width * float(root(axes).get_size_inches()[0])
    room = max(1, int(width / 0.42))
    step = next((s for s in (1, 2, 3, 6, 12) if len(starts) <= s * room), 24)
    shown = [day for day in starts if (day.month - 1) % step == 0] or starts[:1]
    labels = [_month(day, k == 0) for k, day in enumerate(shown)]
    axes.xaxis.set_major_locator(FixedLocator([day_number(day) for day in shown]))
    axes.xaxis.set_major_formatter(FixedFormatter(labels))
    axes.set_xlim(day_number(first), day_number(last) + 1)


def _month(day: date, with_year: bool) -> str:
    name = MONTHS[day.month - 1]
    return f"{name}\n{day.year}" if with_year or day.month == 1 else name


def shade(axes: Axes, first: date, last: date) -> None:
    """Shade a window of days, both included."""
    axes.axvspan(day_number(first), day_number(last) + 1, color=SHADE, linewidth=0, zorder=0)
