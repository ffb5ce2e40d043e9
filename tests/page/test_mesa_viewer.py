"""Mesa's viewer shows the market, steps it, and works without internet."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.page.browser import ROOT, opened, serving, visit


@pytest.mark.skipif(importlib.util.find_spec("solara") is None, reason="solara is not installed")
def test_the_market_goes_on_by_a_week(tmp_path: Path) -> None:
    app = tmp_path / "viewer.py"
    scenario = ROOT / "scenarios" / "popup_on_pinduoduo_2019.yaml"
    app.write_text(
        "from sim.page.mesa_viewer import market_viewer\n"
        f"page = market_viewer({str(scenario)!r}, consumers=500)\n"
    )
    command = ["solara", "run", str(app), "--host", "127.0.0.1", "--port", "5810", "--no-open"]
    with serving(command, r"(http://127\.0\.0\.1:\d+)", tmp_path) as (address, _), opened() as page:
        visit(page, address)
        page.get_by_text("Before the first of 78 weeks").wait_for()
        page.get_by_role("button", name="Step").click()
        page.get_by_text("Week 1 of 78, from Monday 2019-01-07").wait_for()
        page.locator("img, svg").first.wait_for()
        assert "Amazon pop-up on Pinduoduo" in page.inner_text("body")
