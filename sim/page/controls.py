"""One strategy's controls: its scenario, its levers with units, back to the file, save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import panel as pn

from sim.page.levers import Lever, Value
from sim.page.strategy import NotSavedError, Strategy, save
from sim.page.widgets import widget
from sim.scenario import ScenarioError

WIDTH = 350
Changed = Callable[[], None]
OPEN = ("exposure", "costs.goods")
"""What is not known but shown among the first, because results rest on it."""


class Controls:
    """The left side of the page for one strategy.

    Args:
        number: 1 or 2.
        files: scenario files to choose from, by title.
        chosen: the file to begin with.
        base: the baseline, named in saved files.
        folder: where saved files go.
        changed: called when the strategy is another one.
        saved: called with a scenario file that was written.
        style: style sheet of the texts.
    """

    def __init__(
        self, number: int, files: Mapping[str, Path], chosen: Path, base: Path, folder: Path,
        changed: Changed, saved: Callable[[Path], None], style: str,
    ) -> None:  # fmt: skip
        self.number, self.base, self.folder = number, base, folder
        self.changed, self.saved, self.style = changed, saved, style
        self.strategy = Strategy.of(chosen)
        self.kept: tuple[Strategy, Path] | None = None
        self.widgets: dict[str, Any] = {}
        self.scenario = pn.widgets.Select(
            label=f"Scenario of strategy {number}", options=dict(files), value=chosen, width=WIDTH
        )
        self.reset = pn.widgets.Button(label="Back to the file", width=140)
        self.name = pn.widgets.TextInput(
            label="Save as scenario file", placeholder="a name, like my_popup", width=WIDTH - 120
        )
        self.save = pn.widgets.Button(label="Save", width=100, align="end")
        self.said, self.done = (pn.pane.HTML("", stylesheets=[style], width=WIDTH) for _ in range(2))
        self.levers = pn.Column(width=WIDTH)
        self.scenario.param.watch(lambda event: self._chosen(), "value")
        self.reset.on_click(lambda event: self._chosen())
        self.save.on_click(lambda event: self._save())
        self._fill()
        heading = pn.pane.HTML(f'<h2 class="side{number}">Strategy {number}</h2>', stylesheets=[style])
        self.view = pn.Column(
            heading,
            self.scenario,
            self.said,
            self.levers,
            self.reset,
            pn.Row(self.name, self.save),
            self.done,
            width=WIDTH,
        )

    def say(self, words: str, kind: str = "said") -> None:
        """Show a line in this strategy's place; an error is shown as it is."""
        self.done.object, self.said.object = "", _line(words, kind)

    def offer(self, file: Path) -> None:
        """Let a scenario file be chosen too."""
        self.scenario.options = {**self.scenario.options, f"{file.stem} (saved)": file}

    # --- levers ----------------------------------------------------------------------------------

    def _chosen(self) -> None:
        """Another scenario, or the same one as its file says now."""
        try:
            self.strategy = Strategy.of(self.scenario.value)
        except ScenarioError as error:
            self.say(str(error), "error")
            return
        self.say("")
        self._fill()
        self.changed()

    def _fill(self) -> None:
        """Make the widgets of all levers."""
        found = self.strategy.levers()
        self.widgets = {lever.key: self._widget(lever) for lever in found}
        first = [lever for lever in found if not lever.unknown or lever.key in OPEN]
        rest = [lever for lever in found if lever not in first]
        shown: list[Any] = [self.widgets[lever.key] for lever in first]
        if not found:
            shown = [pn.pane.HTML("<p>This scenario opens no storefront on a platform: nothing to move.</p>")]
        if rest:
            inside = pn.Column(*(self.widgets[lever.key] for lever in rest), width=WIDTH - 10)
            title = f"What else is not known ({len(rest)})"
            shown.append(pn.Card(inside, title=title, collapsed=True, width=WIDTH))
        self.levers.objects = shown

    def _widget(self, lever: Lever) -> Any:
        """A widget with its unit, and where the number comes from if nobody can choose it."""
        scenario = self.strategy.original.scenario
        begins = scenario.start_from.on if scenario.start_from is not None else scenario.time.start
        mark = f"lever-{self.number}-{lever.key}".replace(".", "-").replace("_", "-")
        return widget(
            lever, mark, lambda value: self._moved(lever, value), lambda why: self.say(why, "error"),
            self.style, (begins, scenario.time.end),
        )  # fmt: skip

    def _moved(self, lever: Lever, value: Value) -> None:
        """A lever has been moved, perhaps back to where the file has it."""
        if value is None:
            return
        moved = {key: kept for key, kept in self.strategy.moved.items() if key != lever.key}
        new = moved if _same(value, lever.value) else {**moved, lever.key: value}
        if new != dict(self.strategy.moved):
            self.strategy = replace(self.strategy, moved=new)
            self.say("")
            self.changed()

    def file(self) -> str:
        """The file that reproduces what is set now; a made-up name if there is none yet."""
        if self.kept is not None and self.kept[0] is self.strategy:
            return self.kept[1].as_posix()
        moved = self.strategy.moved
        return f"STRATEGY_{self.number}_SAVED.yaml" if moved else self.strategy.original.path.as_posix()

    # --- save ------------------------------------------------------------------------------------

    def _save(self) -> None:
        """Write the strategy as a scenario file."""
        try:
            file = save(self.strategy, self.base, self.folder, self.name.value_input or "")
        except (ScenarioError, NotSavedError, OSError) as error:
            self.done.object = _line(str(error), "error")
            return
        self.kept = self.strategy, file
        same = (
            "" if self.strategy.moved else " Nothing was moved: it is the same scenario under another name."
        )
        words = f"Wrote {file}.{same} The command under the numbers makes the same numbers from it."
        self.done.object = _line(words, "said")
        self.saved(file)


def _line(words: str, kind: str) -> str:
    """A line of text; nothing without words."""
    return f'<p class="{kind}" role="status">{escape(words)}</p>' if words else ""


def _same(one: Value, two: Value) -> bool:
    """Whether two values of a lever are the same."""
    if isinstance(one, date) or isinstance(two, date):
        return one == two
    try:
        return abs(float(str(one)) - float(str(two))) < 1e-9
    except ValueError:
        return str(one) == str(two)
