"""How long one waits for the page: from `sim explore` to an answer, and from a slider to its picture.

    python -m tests.page.timing --out results/benchmarks/page.md

Kernels are compiled already; the page is that of the pop-up on Pinduoduo and on Tmall.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from sim.files import write_text
from tests.page.browser import opened, serving, visit

STARTS, MOVES = 5, 10
ADDRESS = r"the page is at (http://127\.0\.0\.1:\d+)"
Times = dict[str, list[float]]


def started(times: Times) -> None:
    """One start: from the command to the page, its numbers and both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        command = ["sim", "explore", "--no-browser", "--port", "5910"]
        with opened() as page, serving(command, ADDRESS, Path(folder)) as (address, _):
            visit(page, address)
            waited = time.perf_counter
            page.get_by_text("Two strategies on the same draws").wait_for()
            note(times, "`sim explore` to controls on the page", waited() - begin)
            page.locator("table.numbers").wait_for()
            note(times, "`sim explore` to first numbers", waited() - begin)
            page.locator("img.picture").nth(1).wait_for()
            note(times, "`sim explore` to both first pictures", waited() - begin)
            page.get_by_text("8 runs of 5,000 people").wait_for()
            note(times, "`sim explore` to all eight runs", waited() - begin)


def moved(times: Times) -> None:
    """Moves of one slider of strategy 1: to numbers and to the picture of two runs."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["sim", "explore", "--no-browser", "--port", "5930"]
        with opened() as page, serving(command, ADDRESS, Path(folder)) as (address, _):
            visit(page, address)
            for _ in range(MOVES):
                page.get_by_text("8 runs of 5,000 people").wait_for()
                page.wait_for_timeout(1_500)  # its pictures
                numbers, picture = page.locator("table.numbers"), page.locator("img.picture").first
                before = numbers.inner_text(), picture.get_attribute("src")
                begin = time.perf_counter()
                page.locator(".lever-1-exposure .noUi-handle").press("ArrowRight")
                until(page, lambda: numbers.inner_text() != before[0])  # noqa: B023 (called at once)
                note(times, "slider to numbers", time.perf_counter() - begin)
                until(page, lambda: picture.get_attribute("src") != before[1])  # noqa: B023
                note(times, "slider to picture", time.perf_counter() - begin)


def until(page: Any, true: Any) -> None:
    """Wait until something is true."""
    while not true():
        page.wait_for_timeout(50)  # looking all the time would keep the browser from drawing


def note(times: Times, what: str, seconds: float) -> None:
    """Keep a time."""
    times.setdefault(what, []).append(seconds)


def table(times: Times) -> str:
    """The times in Markdown."""
    rows = [
        f"| {what} | {min(found):.2f} | {statistics.median(found):.2f} | {max(found):.2f} | {len(found)} |"
        for what, found in times.items()
    ]
    return "\n".join([
        "# How long one waits for the page", "",
        f"Seconds, headless browser on the same machine ({os.cpu_count()} cores, {platform.machine()}), "
        f"{date.today()}; written by `python -m tests.page.timing`. Numbers and pictures are of two runs of "
        "5,000 people for each strategy.", "",
        "| | least | median | most | times |", "| --- | ---: | ---: | ---: | ---: |", *rows, "",
    ])  # fmt: skip


def main() -> None:
    """Time it and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks/page.md"))
    out = parser.parse_args().out
    times: Times = {}
    for _ in range(STARTS):
        started(times)
    moved(times)
    write_text(out, table(times))


if __name__ == "__main__":
    main()
