"""A page as a reader, a browser and a spreadsheet see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr", "wbr"}
TEXTLESS = {"script", "style"}


@dataclass
class Seen(HTMLParser):
    """What stands in a page.

    Attributes:
        ids: names of parts, as often as they are given.
        links: targets of links and sources, of drawings too.
        tags: elements as often as they come.
        rows: cells of all tables by row.
        text: all that is shown.
        faults: elements that are closed wrongly.
    """

    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""
    faults: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for key, value in attrs:
            self.attributes.append((key, value or ""))
            if key == "id":
                self.ids.append(value or "")
            if key in ("href", "src", "xlink:href"):
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> within {self.open[-3:]}")
            return
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not set(self.open) & TEXTLESS:
            self.text += data
            if self.rows and {"td", "th"} & set(self.open):
                self.rows[-1][-1] += data


def seen(html: str) -> Seen:
    """A page, read."""
    found = Seen()
    found.feed(html)
    found.close()
    return found


def check(html: str) -> Seen:
    """A page that is whole: closed, names once, links within it with their targets, nothing from afar."""
    found = seen(html)
    assert not found.faults
    assert not found.open
    assert len(found.ids) == len(set(found.ids)), "a name is given twice"
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= set(found.ids), inside - set(found.ids)
    parts = {part.split(")")[0] for _, value in found.attributes for part in value.split("url(#")[1:]}
    assert parts <= set(found.ids), parts - set(found.ids)
    outside = [link for link in found.links if not link.startswith(("#", "data:image/png;base64,"))]
    assert not [link for link in outside if ":" in link or link.startswith("/")], outside
    assert not [key for key, _ in found.attributes if key == "style" or key.startswith("on")]
    return found
