"""The page: on the left two strategies, on the right the answer, growing while one looks at it."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from functools import partial
from html import escape
from pathlib import Path
from shlex import quote
from typing import Any

import panel as pn

from sim.engine.watch import StoppedError
from sim.outcomes.comparison import Comparison
from sim.page import drawing, everything, numbers
from sim.page.choice import Choice
from sim.page.controls import Controls
from sim.page.request import QUICK, Desk, Progress, Size
from sim.page.worker_pool import WorkerPool
from sim.scenario import ScenarioError, load
from sim.scenario.schema import Scenario

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
WRONG = (ScenarioError, ValueError)
"""What is wrong with what was set, in words."""
WIDTH = 850
SHARP, FADED = {"opacity": "1"}, {"opacity": "0.4"}
"""Of what belongs to the setting shown on the left, and of what does not yet."""


def unforeseen(error: Exception) -> str:
    """Words for an error that nobody thought of; what happened goes to the terminal."""
    traceback.print_exception(error)
    return f"{type(error).__name__}: {error} (more in the terminal that started the page)"


class Page:
    """One open page.

    Args:
        pool: processes that make pairs of markets.
        about: the scenarios to choose from, and their baseline.
        folder: where saved files go.
        size: what is made while levers move; refining makes four times the people and twice the runs.
    """

    def __init__(self, pool: WorkerPool, about: Choice, folder: Path, size: Size = QUICK) -> None:
        self.pool, self.desk, self.base = pool, Desk(pool), load(about.base)
        self.quick, self.fine = size, Size(4 * size.consumers, 2 * size.replications)
        self.doc = pn.state.curdoc
        self.size, self.request, self.halted = size, 0, -1
        self.comparison: Comparison | None = None
        self.stale, self.drawn = False, 0
        self.lock = threading.Lock()
        self.sides = tuple(
            Controls(k, about.files, file, about.base, folder, self.ask, self._saved, STYLE)
            for k, file in enumerate(about.chosen, 1)
        )
        self._build()

    # --- layout ----------------------------------------------------------------------------------

    def _build(self) -> None:
        """Make the right side."""
        html = partial(pn.pane.HTML, stylesheets=[STYLE], width=WIDTH)
        self.finding = html('<p class="finding" role="status">Simulating …</p>')
        self.progress = pn.indicators.Progress(label="progress", value=0, max=100, width=WIDTH - 330)
        self.refine = pn.widgets.Button(label="Refine: more people, more runs", color="primary", width=220)
        self.halt = pn.widgets.Button(label="Stop", width=80, disabled=True)
        self.made = html("")
        self.numbers = html("")
        self.chooser = pn.widgets.RadioButtonGroup(
            label="Picture", options=list(drawing.PICTURES), value=next(iter(drawing.PICTURES)), width=WIDTH
        )
        self.pictures = tuple(html("") for _ in self.sides)
        self.everything = html("")
        self.refine.on_click(lambda event: self.ask(self.fine))
        self.halt.on_click(lambda event: self._halt())
        self.chooser.param.watch(lambda event: self._redraw(), "value")
        intro = html(
            "<h1>Two strategies on the same draws</h1>"
            f'<p class="lead">Both against: {escape(self.base.scenario.title)}. The same people, needs and '
            "chances in all three markets, so what differs is caused by the strategies.</p>"
        )
        buttons = pn.Row(self.progress, self.refine, self.halt)
        answer = pn.Column(
            intro, self.finding, buttons, self.made, self.numbers, self.everything, self.chooser,
            *self.pictures, self._following(html), width=WIDTH,
        )  # fmt: skip
        left = pn.Column(*(side.view for side in self.sides), width=380)
        self.view = pn.Row(left, pn.Spacer(width=15), answer)

    def _saved(self, file: Path) -> None:
        """A saved scenario can be chosen on both sides."""
        for side in self.sides:
            side.offer(file)
        if self.comparison is not None and not self.stale:
            self.made.object = self._how(self.comparison)

    def _following(self, html: Callable[[str], Any]) -> Any:
        """Follow one person."""
        self.pair = pn.widgets.Select(
            label="Compare their weeks in",
            options={
                f"{numbers.BASE} and strategy 1": (None, 0), f"{numbers.BASE} and strategy 2": (None, 1),
                "strategy 1 and strategy 2": (0, 1),
            },
            width=260,
        )  # fmt: skip
        self.person = pn.widgets.IntInput(label="Number of the person (empty: who changes first)", value=None,
                                          start=0, width=280)  # fmt: skip
        self.follow = pn.widgets.Button(label="Follow", width=100, align="end")
        self.story = html("")
        self.follow.on_click(lambda event: self._follow())
        return pn.Column(
            html("<h2>Follow one consumer</h2>"), pn.Row(self.pair, self.person, self.follow), self.story
        )  # fmt: skip

    # --- asking ----------------------------------------------------------------------------------

    def ask(self, size: Size | None = None) -> None:
        """Ask for the answer to what is set now; an earlier question is given up."""
        self.desk.stop()
        if size is None:
            self._outdate()
        self.size = size = size or self.quick
        self.request += 1
        self.halt.disabled = False
        threading.Thread(target=self._answer, args=(self.request, size), daemon=True).start()

    def _answer(self, request: int, size: Size) -> None:
        """In a thread: make the answer and show it as it grows."""
        with self.lock:  # one question at a time
            if not self._current(request):
                return
            try:
                scenarios = self._scenarios(request)
                if not self._wanted(request):
                    raise StoppedError
                for progress in self.desk.answer(
                    self.base.scenario, scenarios, size, lambda: self._wanted(request)
                ):
                    self._show(request, progress)
                self._later(request, self._finished)
            except StoppedError:
                self._later(request, self._stopped)
            except BrokenExecutor:
                self._later(request, partial(self._refused, "A process has died; move a lever to try again."))
            except WRONG as error:
                self._later(request, partial(self._refused, str(error)))
            except Exception as error:  # whatever it is, the page says so and goes on
                self._later(request, partial(self._refused, unforeseen(error)))

    def _scenarios(self, request: int) -> dict[str, Scenario]:
        """The scenarios as set; an error is said where it was made."""
        found: dict[str, Scenario] = {}
        for name, side in zip(numbers.SIDES, self.sides, strict=True):
            try:
                found[name] = side.strategy.loaded().scenario
            except WRONG as error:
                self._later(request, partial(side.say, str(error), "error"))
                raise
        return found

    def _halt(self) -> None:
        """Stop the question, also one whose scenarios are still being read."""
        self.halted = self.request
        self.desk.stop()

    def _current(self, request: int) -> bool:
        return request == self.request

    def _wanted(self, request: int) -> bool:
        return self._current(request) and request != self.halted

    def _later(self, request: int, act: Callable[[], None]) -> None:
        """Do something on the page, in its own time, unless there is a later question."""

        def now() -> None:
            if self._current(request):
                act()

        if self.doc is None:
            now()
        else:
            self.doc.add_next_tick_callback(now)

    # --- showing ---------------------------------------------------------------------------------

    def _show(self, request: int, progress: Progress) -> None:
        """How far it is; numbers first, then pictures."""
        self._later(request, partial(self._far, progress.done, progress.total))
        if progress.comparison is None:
            return
        self.comparison = progress.comparison
        self._later(request, partial(self._put, *self._said(progress.comparison)))
        self._draw(request, progress.comparison)

    def _draw(self, request: int, comparison: Comparison) -> None:
        """Draw the chosen picture of both strategies."""
        self.drawn += 1
        number, chosen = self.drawn, self.chooser.value
        for k, (side, pane) in enumerate(zip(numbers.SIDES, self.pictures, strict=True), 1):
            if not self._current(request) or self.drawn != number:  # a later drawing is on its way
                return
            title = drawing.heading(k, comparison.scenarios[side].title)
            shown = title + drawing.picture(comparison, side, chosen)
            self._later(request, partial(self._hang, pane, shown, number))

    def _hang(self, pane: Any, shown: str, number: int) -> None:
        """Show a picture, unless a later drawing is on its way."""
        if number == self.drawn:
            pane.param.update(object=shown, styles=FADED if self.stale else SHARP)

    def _redraw(self) -> None:
        """Another picture of what is there."""
        if self.comparison is not None:
            threading.Thread(target=self._draw, args=(self.request, self.comparison), daemon=True).start()

    def _said(self, comparison: Comparison) -> tuple[str, str, str, str]:
        """Sentence, numbers, how to find the same numbers, and all outcomes; before anything is drawn."""
        lines = numbers.lines(comparison)
        titles = [comparison.scenarios[side].title for side in numbers.SIDES]
        finding = f'<p class="finding" role="status">{escape(numbers.sentence(comparison, lines))}</p>'
        table = everything.folded(comparison)
        return finding, drawing.numbers(lines, titles), self._how(comparison), table

    def _how(self, comparison: Comparison) -> str:
        """How many runs were made, and how to find the same numbers."""
        count = comparison.outcomes.replication.nunique()
        runs = f"{count} {'run' if count == 1 else 'runs'} of {self.size.consumers:,} people each"
        return f'<p class="note">{runs}. The same numbers: <code>{escape(self.command(count))}</code></p>'

    def _put(self, finding: str, numbers: str, made: str, table: str) -> None:
        """Show what was said."""
        self.stale = False
        self.finding.object, self.numbers.object, self.made.object = finding, numbers, made
        self.everything.object = table
        self.finding.styles = self.numbers.styles = self.everything.styles = SHARP

    def _outdate(self) -> None:
        """What is shown belongs to an earlier setting: it fades until the new answer is there."""
        if self.comparison is None:
            return
        self.stale = True
        self._warn("Numbers and pictures below are of the setting before; the new ones are being made.")
        for pane in (self.finding, self.numbers, self.everything, *self.pictures):
            pane.styles = FADED

    def _warn(self, words: str) -> None:
        self.made.object = f'<p class="note" role="status">{escape(words)}</p>'

    def command(self, replications: int) -> str:
        """The command that gives the numbers shown."""
        scenarios = " ".join(dict.fromkeys(quote(side.file()) for side in self.sides))
        base = quote(self.base.path.as_posix())
        return (
            f"sim compare {scenarios} --against {base} --replications {replications} "
            f"--consumers {self.size.consumers}"
        )

    def _far(self, done: int, total: int) -> None:
        self.progress.value = round(100 * done / total)

    def _finished(self) -> None:
        self.halt.disabled = True
        self.progress.value = 100

    def _stopped(self) -> None:
        self.halt.disabled = True
        if self.stale:
            self._warn(
                "Stopped: numbers and pictures below are of the setting before. Refine makes the new ones."
            )

    def _refused(self, why: str) -> None:
        self.finding.param.update(object=f'<p class="error" role="alert">{escape(why)}</p>', styles=SHARP)
        self.halt.disabled = True
        if self.stale:
            self._warn("Numbers and pictures below are of the setting before.")

    # --- one person ------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Follow the person asked for."""
        self.story.object = '<p role="status">Following …</p>'
        threading.Thread(target=self._told, args=(self.pair.value, self.person.value), daemon=True).start()

    def _told(self, pair: tuple[int | None, int], person: int | None) -> None:
        """In a thread: the story."""
        try:
            scenarios = [
                self.base.scenario if k is None else self.sides[k].strategy.loaded().scenario for k in pair
            ]
            names = tuple(numbers.BASE if k is None else f"strategy {k + 1}" for k in pair)
            stories = self.pool.follow((scenarios[0], scenarios[1]), person, self.quick.consumers).result()
            shown = drawing.person((names[0], names[1]), stories, drawing.titles(scenarios))
        except (BrokenExecutor, StoppedError):
            shown = '<p class="error" role="alert">A process has died; try again.</p>'
        except (*WRONG, LookupError) as error:
            words = str(error.args[0]) if isinstance(error, LookupError) else str(error)
            shown = f'<p class="error" role="alert">{escape(words)}</p>'
        except Exception as error:
            shown = f'<p class="error" role="alert">{escape(unforeseen(error))}</p>'
        act = partial(setattr, self.story, "object", shown)
        if self.doc is None:
            act()
        else:
            self.doc.add_next_tick_callback(act)

    def close(self) -> None:
        """The page is gone: nobody waits any more."""
        self.request += 1
        self.desk.close()
