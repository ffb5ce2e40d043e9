"""Links of all Markdown pages lead somewhere; names of code in them exist; the site holds every page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PUBLISHED = ("benchmarks", "validation", "cases", "sweeps", "advice")
PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "notebooks/*.md",
    "scenarios/facts/*.md",
    "results/*.md",
    *(f"results/{folder}/*.md" for folder in PUBLISHED),
    "results/sweeps/*/analysis/*.md",
    "results/advice/*/*.md",
)
PAGES = sorted({page for pattern in PATTERNS for page in ROOT.glob(pattern) if "_build" not in page.parts})
DOI = re.compile(r"https://doi\.org/10\.\d{4,9}/\S+")
CODE_NAME = re.compile(r"sim(\.[A-Za-z_]\w*)+")
TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)


class Link(NamedTuple):
    target: str
    line: int


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[Link]:
    """Links and pictures of a page, not those in code."""
    for token in tokens(page):
        for child in token.children or ():
            target = child.attrs.get("href", child.attrs.get("src"))
            if target is not None:
                yield Link(str(target), (token.map or [0])[0] + 1)


def code(page: Path) -> Iterator[str]:
    """Inline code of a page."""
    for token in tokens(page):
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def anchor(heading: str) -> str:
    """The anchor that GitHub and the site give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def anchors(page: Path) -> set[str]:
    found: set[str] = set()
    for token, inline in zip(tokens(page), tokens(page)[1:], strict=False):
        if token.type == "heading_open":
            text = "".join(c.content for c in inline.children or () if c.type in ("text", "code_inline"))
            name, count = anchor(text), 0
            while (unique := f"{name}-{count}" if count else name) in found:
                count += 1
            found.add(unique)
    return found


def problem(page: Path, target: str) -> str:
    """What is wrong with a link of a page; empty if nothing is."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return external(target)
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not file.exists():
        return "nothing there"
    if not file.is_relative_to(ROOT):
        return "outside of the repository"
    if parts.fragment and (file.suffix != ".md" or parts.fragment not in anchors(file)):
        return "no such heading"
    return ""


def external(target: str) -> str:
    """What is wrong with the form of a link to another site."""
    if urlsplit(target).scheme != "https":
        return "expected https"
    if "doi.org" in target and not DOI.fullmatch(target):
        return "expected https://doi.org/10...."
    return ""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = [(link.line, link.target, why) for link in links(page) if (why := problem(page, link.target))]
    assert wrong == []


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("docs/model.md", ""),
        ("docs/model.md#limits", ""),
        ("docs/evidence.md#every-look-at-later-figures", ""),
        ("docs/model.md#no-such-heading", "no such heading"),
        ("docs/no_such_page.md", "nothing there"),
        ("LICENSE#limits", "no such heading"),
        ("../elsewhere", "nothing there"),
        ("..", "outside of the repository"),
        ("http://www.example.org", "expected https"),
        ("https://doi.org/jasss.4259", "expected https://doi.org/10...."),
        ("https://doi.org/10.18564/jasss.4259", ""),
    ],
)
def test_wrong_links_are_found(target: str, why: str) -> None:
    assert problem(ROOT / "README.md", target) == why


def test_headings_of_the_same_words_get_numbers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One, two\n\n## `code` & more\n\n## One, two\n", encoding="utf-8")
    assert anchors(page) == {"one-two", "code--more", "one-two-1"}


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    try:
        if find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    module, _, attribute = name.rpartition(".")
    return "." in name and exists(module) and found_in(module, attribute)


def found_in(module: str, attribute: str) -> bool:
    try:
        return hasattr(import_module(module), attribute)
    except ModuleNotFoundError:  # a class; what is in it stands in its own docstring
        return True


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_name_of_code_exists(page: Path) -> None:
    names = {text for text in code(page) if CODE_NAME.fullmatch(text)}
    assert [name for name in sorted(names) if not exists(name)] == []


def test_names_that_do_not_exist_are_found() -> None:
    assert exists("sim.market.Market")
    assert not exists("sim.no_such_room")
    assert not exists("sim.market.no_such_name")


def test_the_site_holds_every_page_once() -> None:
    held = [
        (page.parent / entry.strip()).relative_to(DOCS).as_posix()
        for page in DOCS.glob("**/index.md")
        for tree in TOCTREE.findall(page.read_text(encoding="utf-8"))
        for entry in tree.splitlines()
        if entry.strip() and not entry.startswith(":")
    ]
    pages = [page.relative_to(DOCS).with_suffix("").as_posix() for page in PAGES if DOCS in page.parents]
    assert sorted([*held, "index"]) == sorted(pages)


def test_api_pages_name_modules_that_exist() -> None:
    directives = re.compile(r"^\.\. auto\w+:: (\S+)$", re.MULTILINE)
    modules = [
        name
        for page in (DOCS / "api").glob("*.md")
        for name in directives.findall(page.read_text(encoding="utf-8"))
        if name.startswith("sim.")
    ]
    assert modules
    assert [name for name in modules if not exists(name)] == []
