"""Folders of small comparisons, as `sim compare` leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.experiments.compare import Settings, compare
from sim.experiments.folders import save_comparison
from sim.scenario import LoadedScenario, load

TOY = Path(__file__).parents[1] / "scenario" / "toy.yaml"
WEEKS = "time: {start: 2018-12-31, end: 2019-03-17, warm_up_weeks: 1}\n"
SHOP = """question: "What did <b>it</b> win?"
storefronts:
  faraway_on_bazaar:
    open: {{from: 2019-01-14, to: 2019-02-03}}
    exposure: {{value: {exposure}, range: [0.1, 1], source: "assumption, <i>mine</i>"}}
    price: {{imported: {{promotions: {{spring: null}}}}}}
"""
EVIL = "<script>alert(1)</script> *shop*"
SCENARIOS = {
    "base": ("The base & all", "storefronts: {faraway_on_bazaar: null}\n"),
    "shop": (EVIL, SHOP.format(exposure=0.9)),
    "less": ("Seen less", SHOP.format(exposure=0.6)),
    "plain": ("No shop, more stock", "storefronts: {faraway_on_bazaar: null}\nnetwork: {contacts: 3}\n"),
}


def scenarios(folder: Path) -> dict[str, LoadedScenario]:
    """A market without a shop, two with one, one that differs in a number only."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "toy.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    found = {}
    for name, (title, text) in SCENARIOS.items():
        path = folder / f"{name}.yaml"
        path.write_text(f"schema: 1\nextends: toy.yaml\ntitle: '{title}'\n{WEEKS}{text}", encoding="utf-8")
        found[name] = load(path)
    return found


def compared(
    place: Path, names: Sequence[str], replications: int = 2, consumers: int = 1_000, run_off: bool = True
) -> Path:
    """The folder of a comparison with the base."""
    loaded = scenarios(place / "scenarios")
    settings = Settings(replications, consumers, run_off=run_off)
    others = {name: loaded[name].scenario for name in names}
    found = compare(("base", loaded["base"].scenario), others, settings)
    kept = {name: loaded[name] for name in ("base", *names)}
    save_comparison(place / "out", found, kept, settings, ["sim", "compare", "a b.yaml"])
    return place / "out"
