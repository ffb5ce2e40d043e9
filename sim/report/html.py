"""A document as one HTML file that needs nothing else: no network, no fonts, pictures inside.

The page forbids itself everything but its own style sheet and its own script, by their digests, so whatever
stands in a title cannot run. It can be read without the script, which only copies tables.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from matplotlib.figure import Figure

from sim.report.document import (
    HIDDEN,
    TOO_FEW,
    Block,
    Document,
    Heading,
    KeyNumbers,
    Picture,
    Table,
    Text,
)
from sim.report.markdown import MADE
from sim.report.svg import inline

NUMBER = re.compile(rf"$|{HIDDEN}|{TOO_FEW}|under |[+\-−]?[0-9][0-9,.]*([\s%\[]|$)")
"""What a cell of a column of numbers looks like, signs and units included."""
FAR = re.compile(r"[a-z][a-z0-9+.-]*:|//|/", re.I)
"""Beginning of a link to somewhere else than a place below the folder of the result."""
PNG = "data:image/png;base64,"


def render(document: Document, folder: Path, beside: Path | None = None) -> str:
    """The document as a page.

    Args:
        document: what to write.
        folder: folder of the result, in which files and pictures that are not drawn anew lie.
        beside: folder in which the page will lie; that of the result by default.

    Raises:
        FileNotFoundError: if a picture is neither drawn nor kept.
    """
    page = Page(folder, os.path.relpath(folder, beside or folder))
    style, script = asset("report.css"), asset("report.js")
    template = _environment().from_string(asset("report.html.j2"))
    blocks = [page.block(block) for block in document.blocks]
    return str(template.render(
        title=page.inline(document.title), plain_title=page.plain(document.title),
        lead=[page.text(text) for text in document.lead if text], blocks=blocks, contents=page.contents,
        made=MADE, made_words=page.text(document.provenance.markdown), facts=document.provenance.facts,
        texts=document.provenance.texts, style=style, script=script, policy=policy(style, script),
    ))  # fmt: skip


def asset(name: str) -> str:
    """A file of this room."""
    return files("sim.report").joinpath(name).read_text(encoding="utf-8")


def policy(style: str, script: str) -> str:
    """What the page may load and run: this style sheet, this script and pictures inside it."""
    digests = (base64.b64encode(sha256(text.encode()).digest()).decode() for text in (style, script))
    own_style, own_script = (f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; style-src {own_style}; script-src {own_script}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> jinja2.Environment:
    """Everything that is put into the template is escaped, unless it was made by `Page`."""
    return jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


@cache
def _reader() -> MarkdownIt:
    """Markdown without HTML in it, and without pictures, which have a block of their own."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def told(figure: Figure, alt: str) -> str:
    """What a drawing shows: in general, and what its headline says of it."""
    headline = " ".join(figure.texts[0].get_text().split()) if figure.texts else ""
    return f"{alt}: {headline}" if headline else alt


@dataclass
class Page:
    """Makes blocks ready for the template, and keeps what must be unique or listed.

    Attributes:
        folder: folder of the result.
        way: path from the folder of the page to that of the result.
        contents: headings with their anchors and levels, as they come.
        names: how often a name was given.
    """

    folder: Path
    way: str
    contents: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=lambda: {"made": 1})

    def block(self, block: Block) -> dict[str, Any]:
        """What the template needs of a block."""
        match block:
            case Heading():
                return self.heading(block)
            case Text():
                return {"kind": "text", "html": self.text(block.markdown)}
            case Table():
                return self.table(block)
            case Picture():
                return self.picture(block)
            case KeyNumbers():
                items = [
                    {part: self.inline(getattr(one, part)) for part in ("label", "number", "note")}
                    for one in block.items
                ]
                return {"kind": "numbers", "items": items}

    def heading(self, block: Heading) -> dict[str, Any]:
        """A heading with an anchor, also in the contents."""
        found = {
            "kind": "heading", "level": block.level, "html": self.inline(block.text),
            "plain": self.plain(block.text), "anchor": self.name(self.plain(block.text)),
        }  # fmt: skip
        self.contents.append(found)
        return found

    def table(self, block: Table) -> dict[str, Any]:
        """A table whose columns of numbers stand right."""
        columns = list(zip(*block.cells, strict=True)) or [()] * len(block.head)
        right = [bool(column) and all(NUMBER.match(self.plain(one)) for one in column) for column in columns]
        return {
            "kind": "table", "caption": self.inline(block.caption), "right": right,
            "head": [self.inline(name) for name in block.head],
            "units": [self.inline(unit) for unit in block.units],
            "rows": [[self.inline(cell) for cell in row] for row in block.cells],
            "file": block.file, "link": self.way_to(block.file) if block.file else "",
        }  # fmt: skip

    def picture(self, block: Picture) -> dict[str, Any]:
        """A picture: drawn anew, or as it was kept."""
        caption = self.inline(block.caption)
        if block.draw is not None:
            figure = block.draw()
            svg = Markup(inline(figure, self.name("p"), told(figure, block.alt)))
            return {"kind": "drawing", "caption": caption, "svg": svg}
        if not block.file:
            raise FileNotFoundError(f"picture {block.name} is neither drawn nor kept in a file")
        kept = (self.folder / block.file).read_bytes()
        source = PNG + base64.b64encode(kept).decode()
        return {"kind": "image", "caption": caption, "source": source, "alt": block.alt}

    def name(self, words: str) -> str:
        """A name of letters, digits and hyphens that nothing else on the page has."""
        stem = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "part"
        self.names[stem] = count = self.names.get(stem, 0) + 1
        return stem if count == 1 else self.name(f"{stem}-{count}")

    # --- words -----------------------------------------------------------------------------------

    def text(self, markdown: str) -> Markup:
        """Paragraphs and bullets."""
        return self._rendered(_reader().parse(markdown))

    def inline(self, markdown: str) -> Markup:
        """Words on a line."""
        return self._rendered(_reader().parseInline(markdown))

    def plain(self, markdown: str) -> str:
        """The words without any mark."""
        (line,) = _reader().parseInline(markdown)
        return "".join(token.content for token in line.children or ()).strip()

    def _rendered(self, tokens: list[Token]) -> Markup:
        for opened, closed in self._links(tokens):
            if way := self.way_to(str(opened.attrGet("href"))):
                opened.attrSet("href", way)
            else:
                opened.tag = closed.tag = "span"
                opened.attrs = {}
        reader = _reader()
        return Markup(reader.renderer.render(tokens, reader.options, {}))

    def _links(self, tokens: list[Token]) -> Iterator[tuple[Token, Token]]:
        """Beginnings and ends of links, which never stand in one another."""
        for token in tokens:
            line = token.children or []
            begins = [one for one in line if one.type == "link_open"]
            yield from zip(begins, (one for one in line if one.type == "link_close"), strict=True)

    def way_to(self, link: str) -> str:
        """A link as it is from the page; nothing for a file of the result that is not there."""
        if FAR.match(link) or link.startswith("#"):
            return link
        if not (self.folder / unquote(link)).is_file():
            return ""
        return link if self.way == "." else f"{Path(self.way).as_posix()}/{link}"
