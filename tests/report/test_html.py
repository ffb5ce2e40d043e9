"""Every block as HTML: whole, closed to the world, escaped, the same every time."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from sim.report.document import (
    Block,
    Document,
    Heading,
    KeyNumber,
    KeyNumbers,
    Picture,
    Provenance,
    Table,
    Text,
    literal,
)
from sim.report.html import asset, render
from tests.report.pages import check, seen

EVIL = "<script>alert('x')</script>"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def figure() -> Figure:
    made = Figure(figsize=(3, 2))
    made.text(0.1, 0.9, "Sold 3 m", parse_math=False)
    made.add_subplot().plot([1, 2], [1, 2], "o")
    return made


def everything() -> Document:
    blocks: list[Block] = [
        Heading("Answer"),
        KeyNumbers([KeyNumber("Sales", "−3 m", "90 % interval −4 to −2")]),
        Text("A *word* and `code`:\n\n- one\n- two"),
        Heading("Answer"),
        Table(["who", "sales"], [["a", "1,234"], ["b", "−5.0"]], "Sales", ["", "m crowns"], "sales.csv"),
        Picture("p", "Sales by week", "", figure, "Look *here*."),
        Picture("p", "Sales by week", "", figure),
        Picture("kept", "Kept", "kept.png"),
    ]
    made = Provenance("By hand.", {"command": "sim compare"}, {"Scenario": "schema: 1\na: <b>"})
    return Document("Title", ["*Why?*"], blocks, made)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kept.png").write_bytes(DOT)
    (tmp_path / "sales.csv").write_text("a,b\n")
    return tmp_path


def of(folder: Path, *blocks: Block) -> str:
    return render(Document("T", (), blocks), folder)


# --- blocks --------------------------------------------------------------------------------------


def test_every_block_is_on_the_page(folder: Path) -> None:
    html = render(everything(), folder)
    page = check(html)
    for words in ("Title", "Why?", "Answer", "−3 m", "90 % interval −4 to −2", "By hand.", "sim compare",
                  "schema: 1\na: <b>", "Look here.", "A word and code:"):  # fmt: skip
        assert words in page.text
    assert page.tags.count("svg") == 2
    assert page.tags.count("img") == 1
    assert f"data:image/png;base64,{base64.b64encode(DOT).decode()}" in page.links
    assert '<h2 id="answer">' in html
    assert '<h2 id="answer-2">' in html
    assert {"#answer", "#answer-2", "#made", "sales.csv"} <= set(page.links)


def test_a_table_has_its_cells_scopes_units_and_caption(folder: Path) -> None:
    html = render(everything(), folder)
    rows = seen(html).rows
    assert [row for row in rows if len(row) == 2][:3] == [
        ["who", "sales m crowns"],
        ["a", "1,234"],
        ["b", "−5.0"],
    ]
    assert "<caption>Sales</caption>" in html
    assert '<th scope="col" class="n">sales <small>m crowns</small></th>' in html
    assert '<tr><th scope="row">b</th><td class="n">−5.0</td></tr>' in html


@pytest.mark.parametrize(
    ("cells", "right"),
    [
        (["1", "−2.5", ""], True), (["+3 m", "4 % [1, 2]", "–"], True), (["too few buyers", "1"], True),
        (["12 m", "abc"], False), (["2019-11-25"], False), (["none", ""], False), (["**5**", "6"], True),
    ],
)  # fmt: skip
def test_columns_of_numbers_stand_right(folder: Path, cells: list[str], right: bool) -> None:
    html = of(folder, Table(["name", "x"], [["a", cell] for cell in cells]))
    assert ('class="n"' in html) == right


def test_a_drawing_says_its_headline(folder: Path) -> None:
    page = seen(render(everything(), folder))
    assert ("aria-label", "Sales by week: Sold 3 m") in page.attributes


def test_a_picture_that_is_nowhere_is_an_error(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="picture x is neither drawn nor kept"):
        of(folder, Picture("x", "alt"))


# --- closed to the world -------------------------------------------------------------------------


def test_only_the_own_style_and_script_may_work(folder: Path) -> None:
    html = render(everything(), folder)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said
    for tag, text in (("style", asset("report.css")), ("script", asset("report.js"))):
        assert f"<{tag}>{text}</{tag}>" in html
        assert f"{tag}-src 'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" in said
    assert seen(html).tags.count("script") == 1


def test_assets_name_nothing_elsewhere() -> None:
    for name in ("report.css", "report.js", "report.html.j2"):
        assert not re.search(r"https?:|//[a-z]|@import|url\(", asset(name)), name


@pytest.mark.parametrize(
    "words", [EVIL, '"><img src=x onerror=alert(1)>', "</title></style></pre>", "{{ 7 * 7 }}"]
)
def test_words_of_others_are_shown_and_not_run(folder: Path, words: str) -> None:
    plain = literal(words)
    blocks: list[Block] = [
        Heading(plain), Text(plain), KeyNumbers([KeyNumber(plain, plain, plain)]),
        Table([plain], [[plain]], plain, [plain], words), Picture("p", words, "", figure, plain),
    ]  # fmt: skip
    made = Provenance(plain, {words: words}, {words: words})
    html = render(Document(plain, [plain], blocks, made), folder)
    page = check(html)
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 0
    assert page.text.count(words) >= 12
    assert f"<title>{words[:2]}" not in html or "<" not in words


def test_marks_that_are_not_escaped_are_no_elements_either(folder: Path) -> None:
    """Titles of questions are Markdown; neither HTML nor pictures nor scripts come in with them."""
    html = of(folder, Text(f"{EVIL} ![a](http://x.y/z.png) [b](javascript:alert(1))"), Heading(EVIL))
    page = seen(html)
    assert page.tags.count("script") == 1
    assert page.tags.count("img") == 0
    assert not [link for link in page.links if "javascript" in link]


# --- files and determinism -----------------------------------------------------------------------


def test_links_follow_the_page_to_another_folder(folder: Path) -> None:
    told = Document("T", (), [Text("[x](sales.csv) [y](#made)"), Table(["a"], [["1"]], file="sales.csv")])
    assert seen(render(told, folder)).links.count("sales.csv") == 2
    elsewhere = folder / "a" / "b"
    links = seen(render(told, folder, elsewhere)).links
    assert links.count("../../sales.csv") == 2
    assert "#made" in links


def test_a_link_to_a_file_that_is_not_there_is_only_its_words(folder: Path) -> None:
    page = seen(of(folder, Text("see [gone.csv](gone.csv)"), Table(["a"], [["1"]], file="lost.csv")))
    assert "gone.csv" in page.text
    assert "lost.csv" not in page.text
    assert not {"gone.csv", "lost.csv"} & set(page.links)


def test_the_same_document_is_the_same_page(folder: Path) -> None:
    assert render(everything(), folder) == render(everything(), folder)


# --- the look ------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["ink", "quiet", "link"])
def test_letters_can_be_read_on_paper_and_shade(name: str) -> None:
    """Contrast of 4.5 to 1 at least (WCAG AA)."""
    found = dict(re.findall(r"--(\w+): (#\w+);", asset("report.css")))
    full = {
        key: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:])
        for key, value in found.items()
    }
    for ground in ("#ffffff", full["shade"]):
        assert (luminance(ground) + 0.05) / (luminance(full[name]) + 0.05) >= 4.5


def test_print_has_a_style_of_its_own() -> None:
    paper = asset("report.css").partition("@media print")[2]
    for rule in ("size: A4", "table-header-group", "break-inside: avoid", "position: static"):
        assert rule in paper
