"""The page in a real browser: from `sim explore` to a saved scenario, and nothing leaves the machine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.experiments.compare import Settings, compare
from sim.outcomes.comparison import Comparison
from sim.page.drawing import PICTURES
from sim.page.numbers import BASE, SIDES, amount, lines
from sim.scenario import load
from tests.page.browser import PATIENCE, ROOT, awaited, elsewhere, opened, serving

SMALL = ("--consumers", "4000", "--replications", "3")
ADDRESS = r"the page is at (http://127\.0\.0\.1:\d+)"


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scenarios that may be written to."""
    folder = tmp_path_factory.mktemp("market") / "scenarios"
    shutil.copytree(ROOT / "scenarios", folder)
    return folder


@pytest.fixture(scope="module")
def served(scenarios: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a page about the pop-up on Pinduoduo and on Tmall."""
    files = [str(scenarios / f"popup_on_{host}_2019.yaml") for host in ("pinduoduo", "tmall")]
    command = ["sim", "explore", *files, "--no-browser", "--port", "5610", *SMALL]
    with serving(command, ADDRESS, scenarios.parent) as found:
        yield found


@pytest.fixture(scope="module")
def page(served: tuple[str, subprocess.Popen[str]]) -> Iterator[Any]:
    """The page, once it has answered in full."""
    with opened() as one:
        one.goto(served[0])
        one.get_by_text("3 runs of 4,000 people").wait_for()
        one.locator("img.picture").nth(1).wait_for()
        yield one


def numbers(page: Any) -> str:
    return page.locator("table.numbers").inner_text()


def changed(page: Any, before: str) -> None:
    """Wait until the numbers are others."""
    end = time.monotonic() + PATIENCE
    while numbers(page) == before:
        assert time.monotonic() < end, "the numbers did not change"
        time.sleep(0.05)


def handle(page: Any, side: int, lever: str) -> Any:
    """The handle of a slider."""
    return page.locator(f".lever-{side}-{lever} .noUi-handle")


def test_it_asks_nobody_but_this_machine(page: Any) -> None:
    assert page.asked
    assert elsewhere(page.asked) == []
    assert page.errors == []


def test_it_fits_and_every_number_has_a_unit(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    cells = page.locator("table.numbers td").all_inner_texts()
    assert len([cell for cell in cells if re.search(r"\d", cell)]) >= 11
    assert [cell for cell in cells if re.search(r"\d", cell) and not re.search("yuan|people", cell)] == []
    assert page.get_by_text("Commission to the host, % of sales").count() == 2
    assert page.get_by_text("Advertising while open, m yuan a week").count() == 2


def test_pictures_tell_in_words_what_they_show(page: Any) -> None:
    first = page.locator("img.picture").nth(0)
    assert "In the model" in first.get_attribute("alt")
    for name in list(PICTURES)[1:]:
        before = page.locator("img.picture").nth(0).get_attribute("alt")
        page.get_by_role("button", name=name, exact=True).click()
        end = time.monotonic() + PATIENCE
        while page.locator("img.picture").nth(0).get_attribute("alt") == before:
            assert time.monotonic() < end, f"no picture of {name}"
            time.sleep(0.05)
    assert page.errors == []


def test_a_slider_moves_by_keyboard_and_the_answer_follows(page: Any) -> None:
    """Commission only moves money from Amazon to the host: the same sales, once as many runs are there."""
    before = numbers(page)
    handle(page, 2, "commission").press("ArrowRight")
    changed(page, before)
    end = time.monotonic() + PATIENCE
    while sales(page) != _sales(before):
        assert time.monotonic() < end, numbers(page)
        time.sleep(0.05)
    assert numbers(page) != before
    assert "STRATEGY_2_SAVED.yaml" in page.locator("code").first.inner_text()
    page.get_by_text("3 runs of 4,000 people").wait_for()


def sales(page: Any) -> list[str]:
    return _sales(numbers(page))


def _sales(said: str) -> list[str]:
    """The cells of the storefront's sales: means and intervals of both strategies."""
    lines = said.splitlines()
    start = next(k for k, line in enumerate(lines) if "Sales of the storefront" in line)
    return lines[start : start + 4]


def test_the_saved_scenario_gives_the_numbers_seen(page: Any, scenarios: Path) -> None:
    """After the commission of strategy 2 was moved by one step."""
    box = page.get_by_placeholder("a name, like my_popup").nth(1)
    box.fill("dearer_on_tmall")
    page.get_by_role("button", name="Save").nth(1).click()
    page.get_by_text("Wrote").wait_for()
    saved = scenarios / "dearer_on_tmall.yaml"
    assert "commission: 0.031" in saved.read_text()
    base = load(scenarios / "stay_out.yaml").scenario
    others = {
        SIDES[0]: load(scenarios / "popup_on_pinduoduo_2019.yaml").scenario,
        SIDES[1]: load(saved).scenario,
    }
    whole = compare((BASE, base), others, Settings(replications=3, consumers=4_000))
    shown = " ".join(numbers(page).split())
    for line in of(whole):
        assert line in shown


def of(comparison: Comparison) -> list[str]:
    """Means as the page writes them."""
    return [amount(number.mean, number.unit) for line in lines(comparison) for number in line.sides]


def test_a_taken_name_is_refused_in_its_place(page: Any) -> None:
    box = page.get_by_placeholder("a name, like my_popup").nth(1)
    box.fill("dearer_on_tmall")
    page.get_by_role("button", name="Save").nth(1).click()
    page.get_by_text("is there already").wait_for()
    box.fill("../elsewhere")
    page.get_by_role("button", name="Save").nth(1).click()
    page.get_by_text("expected a letter").wait_for()


def test_after_saving_the_command_names_the_file(page: Any) -> None:
    """The test above has saved what strategy 2 still is."""
    assert "dearer_on_tmall.yaml" in page.locator("code").first.inner_text()


def commission(page: Any) -> Any:
    """The box of strategy 1's commission."""
    return page.get_by_label("Commission to the host, % of sales").first


def test_nothing_can_be_typed(page: Any) -> None:
    """The first number typed into a box may be 0."""
    before = numbers(page)
    commission(page).fill("0")
    commission(page).press("Enter")
    page.get_by_text("of the setting before").wait_for()
    changed(page, before)
    assert "STRATEGY_1_SAVED.yaml" in page.locator("code").first.inner_text()
    page.get_by_text("3 runs of 4,000 people").wait_for()


def test_a_number_off_the_scale_is_refused_in_words(page: Any) -> None:
    before = numbers(page)
    commission(page).fill("900")
    commission(page).press("Enter")
    page.get_by_text(
        "Commission to the host: 900 is not on the scale, expected 0 to 20 % of sales"
    ).wait_for()
    assert commission(page).input_value() == "0.0"
    assert numbers(page) == before


def test_an_answer_that_was_stopped_is_not_shown_as_one(page: Any) -> None:
    commission(page).fill("7")
    commission(page).press("Enter")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped: numbers and pictures below are of the setting before").wait_for()
    assert page.locator("code").count() == 0, "no command is said to make these numbers"
    page.get_by_role("button", name="Back to the file").first.click()
    page.get_by_text("3 runs of 4,000 people").wait_for()


def test_what_is_not_known_says_where_it_comes_from(page: Any) -> None:
    assert page.get_by_text("Not known: 1 to 25; assumption, key unknown: share of host visits").count() == 1


def test_nothing_in_a_scenario_file_is_markup(page: Any, tmp_path: Path) -> None:
    """Names, units and sources are shown as they are written."""
    folder = tmp_path / "scenarios"
    shutil.copytree(ROOT / "scenarios", folder)
    evil = """<img src=x onerror="window.touched=1">"""
    market, popup = folder / "china_2019.yaml", folder / "popup_on_pinduoduo_2019.yaml"
    text = market.read_text().replace("title: imported goods", f"title: 'imported {evil}'")
    market.write_text(f"{text}\ncurrency: {{name: 'yuan {evil}'}}\n")
    said = re.sub("(?m)^title: .*$", f"title: 'A pop-up {evil}'", popup.read_text(), count=1)
    popup.write_text(said.replace("source: assumption", f"source: '{evil}'"))
    command = ["sim", "explore", str(popup), "--no-browser", "--port", "5660",
               "--consumers", "500", "--replications", "2"]  # fmt: skip
    with serving(command, ADDRESS, tmp_path) as (address, _), page.context.browser.new_page() as one:
        one.set_default_timeout(1_000 * PATIENCE)
        one.goto(address)
        one.get_by_text("2 runs of 500 people").wait_for()
        assert one.get_by_text(f"m yuan {evil} a week").count() == 4  # advertising and running cost, twice
        one.get_by_text("What else is not known").first.click()
        one.wait_for_timeout(500)
        assert one.evaluate("window.touched") is None


def test_refining_can_be_stopped(page: Any) -> None:
    page.get_by_role("button", name="Refine").click()
    stop = page.get_by_role("button", name="Stop")
    page.get_by_text("2 runs of 16,000 people").wait_for()
    stop.click()
    page.wait_for_timeout(3_000)
    said = page.get_by_text("of 16,000 people").inner_text()
    page.wait_for_timeout(4_000)
    assert page.get_by_text("of 16,000 people").inner_text() == said, "it goes on"
    assert stop.is_disabled()


def test_one_person_is_followed(page: Any) -> None:
    page.get_by_role("button", name="Follow").click()
    table = page.locator("table.person")
    table.wait_for()
    assert table.locator("tr.differs").count() >= 1
    table.locator("summary").first.click()
    assert "utility, units" in table.inner_text()
    person = page.get_by_label("Number of the person")
    person.fill("99999999")
    person.press("Enter")
    page.get_by_role("button", name="Follow").click()
    page.get_by_text("no consumer").wait_for()


def test_every_control_is_reached_by_keyboard(page: Any) -> None:
    reached = page.evaluate(
        """() => {
            const found = [];
            const walk = root => root.querySelectorAll('*').forEach(e => {
                if (e.shadowRoot) walk(e.shadowRoot);
                if (e.tabIndex >= 0 && e.matches('button,input,select,.noUi-handle,summary'))
                    found.push(e.className + ' ' + e.tagName);
            });
            walk(document);
            return found;
        }"""
    )
    assert sum("noUi-handle" in one for one in reached) >= 12
    assert sum("SELECT" in one for one in reached) >= 5
    assert sum("BUTTON" in one for one in reached) >= 8
    assert page.errors == []


def test_other_origins_are_turned_away(served: tuple[str, subprocess.Popen[str]]) -> None:
    """A page of somebody else, open in the same browser, may not talk to the server."""
    assert handshake(served[0], "http://127.0.0.1:1234").startswith("HTTP/1.1 403")
    assert handshake(served[0], "https://example.org").startswith("HTTP/1.1 403")


def handshake(address: str, origin: str) -> str:
    """First line of the answer to a websocket's greeting."""
    port = int(address.rsplit(":", 1)[1])
    key = b64encode(os.urandom(16)).decode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nOrigin: {origin}\r\n\r\n".encode()
        )
        return line.recv(4096).decode(errors="replace").splitlines()[0]


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_it_ends(tmp_path: Path, way: signal.Signals) -> None:
    """Neither a process nor a port, however it ends."""
    log = tmp_path / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "sim", "explore", "--no-browser", "--port", "5710"], cwd=ROOT, text=True,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    awaited(log, ADDRESS, server)
    time.sleep(1.0)
    server.send_signal(way)
    server.wait(PATIENCE)
    end = time.monotonic() + 20
    while alive(server.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive(server.pid) == []


def alive(session: int) -> list[int]:
    """Processes of a session."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                words = (each / "stat").read_text().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(words[3]) == session and words[0] != "Z":
                found.append(int(each.name))
    return found
