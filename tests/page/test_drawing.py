"""What the page shows as HTML: nothing of a user's is markup, and every number has its unit."""

from __future__ import annotations

import re
from base64 import b64decode
from types import SimpleNamespace
from typing import cast

import pytest
from matplotlib.figure import Figure

from sim.experiments.trace import Alternative, Need, Story
from sim.outcomes.comparison import Comparison
from sim.page import drawing
from sim.page.numbers import NONE, Line, Number

BAD, ESCAPED = '<script>alert("x")</script>', "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"
LINES = [
    Line(BAD, (Number(2e6, 1e6, 3e6, "yuan"), Number(-5e6, -6e6, -4e6, "yuan")), NONE),
    Line("New", (Number(10.0, 5.0, 15.0, "people"), NONE), Number(1.0, float("nan"), float("nan"), "people")),
]


def need(choice: str, category: str = "imported") -> Need:
    found = (Alternative(choice, 1.0, 0.5, 0.9), Alternative("nothing", 0.0, 0.1, None))
    return Need(50, "2019-12-16", category, 431.0, "crowns", found, choice, 0, in_team=False)


def story(*choices: str, person: str = "person 3", category: str = "imported") -> Story:
    return Story(person, [need(choice, category) for choice in choices])


def cells(html: str) -> list[str]:
    return re.findall(r"<td>(.*?)</td>", html.split("<tbody>")[1])


def test_every_cell_with_a_number_has_a_unit() -> None:
    found = [cell for cell in cells(drawing.numbers(LINES, ["a", "b"])) if re.search(r"\d", cell)]
    assert len(found) == 4
    for cell in found:
        for part in cell.split("<br>"):
            assert re.search("yuan|people", part), part


def test_titles_are_not_markup() -> None:
    html = drawing.numbers(LINES, [BAD, BAD]) + drawing.heading(1, BAD)
    assert "<script" not in html
    assert html.count(ESCAPED) == 4


def test_a_person_is_not_markup() -> None:
    stories = story(BAD, person=BAD, category=BAD), story(BAD, person=BAD, category=BAD)
    html = drawing.person((BAD, BAD), stories, {})
    titled = drawing.person(("a", "b"), (story("pdd"), story("pdd")), {"pdd": BAD, "imported": BAD})
    assert "<script" not in html + titled
    assert ESCAPED in html
    assert ESCAPED in titled


def test_needs_chosen_differently_are_marked_and_counted() -> None:
    html = drawing.person(("a", "b"), (story("jd", "jd", "pdd"), story("jd", "pdd", "jd")), {})
    marks = ["differs" in row for row in re.findall(r'<tr(?: class="\w+")?><td>[^<]*2019', html)]
    assert marks == [False, True, True]
    assert html.count("imported, 431 crowns at the usual price") == 3
    assert "3 needs in the weeks in which the storefronts differ; 2 chosen differently" in html


def test_nobody_needs_anything() -> None:
    assert "No needs" in drawing.person(("a", "b"), (story(), story()), {})


def test_a_picture_carries_its_title_as_text() -> None:
    figure = Figure()
    figure.text(0, 1, f"Sales\nrose {BAD}")
    figure.text(0, 0.9, "m yuan a week")
    html = drawing.image(figure)
    assert f'alt="Sales rose {ESCAPED} m yuan a week"' in html
    found = re.search(r"base64,([^\"]+)", html)
    assert found is not None
    assert b"</svg>" in b64decode(found.group(1))


def test_why_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(comparison: Comparison, side: str) -> Figure:
        raise ValueError(side)

    monkeypatch.setitem(drawing.PICTURES, "any", refuses)
    comparison = cast(Comparison, SimpleNamespace(scenarios={"one": SimpleNamespace(title=BAD)}))
    assert drawing.picture(comparison, "one", "any").startswith(f'<p class="note">{ESCAPED} has no')
