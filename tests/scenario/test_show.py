"""Showing and comparing scenarios; what is shown loads again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import load
from sim.scenario.reading.nodes import plain
from sim.scenario.reading.parse import read_text
from sim.scenario.show import diff, show, text

TOY = Path(__file__).parent / "toy.yaml"


@pytest.mark.parametrize("origins", [False, True])
@pytest.mark.parametrize(
    "sets", [(), ("storefronts.faraway_on_bazaar.open.to=null", 'title="a: b # ç \\n 店"')]
)
def test_what_is_shown_loads_to_the_same(tmp_path: Path, sets: tuple[str, ...], origins: bool) -> None:
    first = load(TOY, ["visible"], sets)
    path = tmp_path / "shown.yaml"
    path.write_text(show(first, origins), encoding="utf-8")
    again = load(path)
    assert again.scenario == first.scenario
    assert again.quantities == first.quantities
    assert show(again) == show(first)


def test_show_writes_defaults_and_quantities() -> None:
    lines = show(load(TOY)).splitlines()
    assert lines[0] == "schema: 1"
    assert "    trust: 0.75" in lines
    assert "    income: {value: 30000, range: [25000, 35000], unit: yuan/year, source: made up}" in lines
    at = lines.index("  online_shoppers:")
    assert lines[at + 1 : at + 5] == [
        "    value:",
        "      2018-01-01: 500000000",
        "      2020-01-01: 700000000",
        "    range: [400000000, 900000000]",
    ]


def test_origins_are_written_in_one_column() -> None:
    loaded = load(TOY, sets=["platforms.depot.trust=0.5"])
    lines = show(loaded, origins=True).splitlines()
    ends = {line.split("#")[0].strip(): line for line in lines if "  # " in line}
    assert ends["trust: 0.5"].endswith("# --set platforms.depot.trust=0.5")
    assert ends["take_rate: 0.04"].endswith(f"# {TOY.as_posix()}:51")
    assert ends["name: yuan"].endswith("# default")
    assert ends["name: yuan"].index("  # ") == ends["take_rate: 0.04"].index("  # ")
    assert not any("#" in line for line in lines if line.endswith(":"))


def test_diff_writes_only_what_differs() -> None:
    a, b = load(TOY), load(TOY, ["cheap"], ["season.months.3=1.1"])
    assert diff(a, b).splitlines() == [
        "storefronts.faraway_on_bazaar.price.imported.index: 0.95 -> 0.85",
        "storefronts.faraway_on_bazaar.contract.commission: 0.03 -> 0.01",
        "season.months.3: (absent) -> 1.1",
    ]
    assert diff(a, a) == ""


@given(
    st.text(max_size=30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.booleans()
    | st.none()
)
def test_any_scalar_survives_writing_and_reading(value: object) -> None:
    for line in (f"key: {text(value)}", f"key: [{text(value)}]  # comment"):
        if isinstance(value, str) and any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            continue
        node = read_text(line, "x.yaml")
        assert node is not None
        assert plain(node)["key"] in (value, [value])


@pytest.mark.parametrize("name", ["stay_out", "marketplace_stays_2019"])
def test_a_market_with_a_marketplace_loads_again(tmp_path: Path, name: str) -> None:
    """Its merchants pay for their goods, so no cost of goods may stand there, not even the default."""
    loaded = load(Path(__file__).resolve().parents[2] / "scenarios" / f"{name}.yaml")
    file = tmp_path / "shown.yaml"
    file.write_text(show(loaded))
    assert load(file).scenario == loaded.scenario
