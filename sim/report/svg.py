"""Pictures as SVG that stands inside a page: letters as outlines, no styles, names of its own.

Several drawings in one page must not share names of parts, and a strict page lets no inline style work, so
what Matplotlib writes is cleaned: styles become attributes, names that nothing refers to go, the others begin
with the picture's name. Letters as outlines look the same on every machine.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

NAMESPACE = re.compile(r"^\{[^}]*\}")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
LONG = re.compile(r"-?\d+\.\d{3,}")
DRAWN = ("d", "points", "x", "y")
"""Attributes that hold places in points, for which a hundredth is fine enough."""
MOVED = re.compile(r"translate\([^)]*\)")
DROPPED = ("metadata", "style", "title")
INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}
"""What the style sheet says that Matplotlib writes into each drawing."""


def inline(figure: Figure, name: str, alt: str) -> str:
    """A drawing as the text of an `<svg>` element.

    Args:
        figure: the drawing.
        name: begins the names of its parts; unique in the page.
        alt: what it shows.

    Returns:
        The element without a declaration: it scales to the width that it is given. The same figure gives the
        same text.
    """
    root = _parsed(figure)
    for element in root.iter():
        _plain(element)
    used = dict.fromkeys(target for element in root.iter() for target in _targets(element))
    names = {target: f"{name}-{number}" for number, target in enumerate(used)}
    for element in root.iter():
        _rename(element, names)
    width, height = root.attrib["viewBox"].split()[2:]
    root.attrib = {
        "viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": alt, **INHERITED,
        "width": f"{float(width) / 72:.1f}in",
    }  # fmt: skip
    title = ElementTree.Element("title")
    title.text = alt
    root.insert(0, title)
    return ElementTree.tostring(root, encoding="unicode")


def _parsed(figure: Figure) -> ElementTree.Element:
    """The drawing as Matplotlib writes it, without comments, metadata and style sheets."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.image_inline": True}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in [child for child in parent if NAMESPACE.sub("", child.tag) in DROPPED]:
            parent.remove(child)
    return root


def _plain(element: ElementTree.Element) -> None:
    """Names without namespaces, styles as attributes, short numbers, no idle space."""
    element.tag = NAMESPACE.sub("", element.tag)
    attributes = {NAMESPACE.sub("", key): value for key, value in element.attrib.items()}
    for declaration in filter(None, attributes.pop("style", "").split(";")):
        key, _, value = declaration.partition(":")
        attributes[key.strip()] = value.strip()
    for key in DRAWN:
        if key in attributes:
            attributes[key] = LONG.sub(_short, attributes[key])
    if "transform" in attributes:
        attributes["transform"] = MOVED.sub(lambda one: LONG.sub(_short, one[0]), attributes["transform"])
    element.attrib = {key: " ".join(value.split()) for key, value in attributes.items()}
    element.text = element.tail = None


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _targets(element: ElementTree.Element) -> Iterator[str]:
    """Names of other parts that a part refers to."""
    for key, value in element.attrib.items():
        if key == "href" and value.startswith("#"):
            yield value[1:]
        yield from REFERENCE.findall(value)


def _rename(element: ElementTree.Element, names: Mapping[str, str]) -> None:
    """Keep names that are referred to, under new ones."""
    own = element.attrib.pop("id", "")
    if own in names:
        element.attrib["id"] = names[own]
    for key, value in element.attrib.items():
        if key == "href" and value.startswith("#"):
            element.attrib[key] = f"#{names[value[1:]]}"
        else:
            element.attrib[key] = REFERENCE.sub(lambda found: f"url(#{names[found[1]]})", value)
