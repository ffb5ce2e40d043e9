"""What every picture must pass: text that can be read, whole and apart."""

import re
from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxBase


def ticks(axes: Axes) -> Iterator[Text]:
    """Labels of ticks inside the axes."""
    for axis, position in ((axes.xaxis, 0), (axes.yaxis, 1)):
        low, high = sorted(axis.get_view_interval())
        for label in axis.get_ticklabels():
            if low <= label.get_position()[position] <= high:
                yield label


def texts(figure: Figure) -> list[Text]:
    """Every visible text that is not empty."""
    figure.canvas.draw()
    found = list(figure.texts)
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *ticks(axes)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def plain_spaces(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def words(figure: Figure) -> str:
    """All text of a picture, with plain spaces."""
    return plain_spaces("\n".join(text.get_text() for text in texts(figure)))


def title(figure: Figure) -> str:
    return plain_spaces(figure.texts[0].get_text())


def check(figure: Figure) -> None:
    """No text overlaps another, is cut at the edge, is small, or holds a number that cannot be read."""
    found = texts(figure)
    assert isinstance(figure.canvas, FigureCanvasAgg)
    renderer = figure.canvas.get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in found]
    assert [(a, b) for (a, one), (b, two) in combinations(boxes, 2) if touch(one, two)] == []
    cut = [(text, each.extents.round(1)) for text, each in boxes if not inside(each, figure.bbox)]
    assert cut == [], cut
    assert [text.get_text() for text in found if text.get_fontsize() < 9] == []
    said = "\n".join(text for text, _ in boxes)
    assert not re.search(r"\de[+\d−-]|nan|inf\b", said)


def touch(one: Bbox, two: Bbox) -> bool:
    """Whether two boxes share more than a line of pixels."""
    shared = Bbox.intersection(one, two)
    return shared is not None and shared.width > 1 and shared.height > 1


def inside(one: Bbox, edge: BboxBase) -> bool:
    return one.x0 >= 0 and one.y0 >= 0 and one.x1 <= edge.width and one.y1 <= edge.height
