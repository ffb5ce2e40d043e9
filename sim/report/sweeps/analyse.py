"""All analyses that fit the design of a sweep, as pictures, tables and a page of sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from sim.files import write_atomically, write_text
from sim.outcomes.intervals import LEVEL
from sim.pictures.style import per_cent
from sim.pictures.words import count_words
from sim.report import markdown
from sim.report.document import Block, Document, Heading, Picture, Provenance, Text
from sim.report.sweeps import words as say
from sim.report.sweeps.parts import Found, Part, file_name, parts
from sim.report.sweeps.words import Threshold
from sim.scenario.errors import unknown
from sim.sweep.designs import kind_of
from sim.sweep.responses import IncompleteError, Responses
from sim.sweep.results import Results

DPI = 150
UNASKED = Threshold()
"""The outcome below 0, which nobody asked for."""
METHODS = (
    "- Sobol' indices: Saltelli et al. (2010, doi:10.1016/j.cpc.2009.09.018); intervals resample the points.",
    "- Elementary effects: Campolongo et al. (2007, doi:10.1016/j.envsoft.2006.10.004).",
    "- Partial rank correlations: Marino et al. (2008, doi:10.1016/j.jtbi.2008.04.011); intervals resample "
    "the points.",
    "- Boxes: PRIM, Friedman and Fisher (1999, doi:10.1023/A:1008894516817); quasi-p as Bryant and Lempert "
    "(2010, doi:10.1016/j.techfore.2009.08.002).",
    "- Differences from base: Student's intervals over replications on the same draws; switching values: "
    "replications resampled and stretched to that width (Hesterberg 2015, "
    "doi:10.1080/00031305.2015.1089789).",
    "- Shares of draws: two-way analysis of variance of points and replications.",
)
"""Methods of all sections, whatever the design."""


def analyse(
    results: Results,
    folder: Path | str,
    outcomes: Sequence[str] | None = None,
    below: float | None = None,
    above: float | None = None,
) -> list[Path]:
    """Run the analyses that fit the design of a sweep, for every outcome.

    What needs an optional package that is not installed, or cannot be told from this design, is left out with
    a line that says why.

    Args:
        results: of a sweep that has been run in full.
        folder: where everything goes: a folder for each outcome with pictures (PNG) and tables (CSV), and
            README.md.
        outcomes: which outcomes; all by default.
        below: look for the circumstances in which an outcome is below this value, in its unit.
        above: or above it.

    Returns:
        The files written, README.md last.

    Raises:
        IncompleteError: if runs or values are missing; nothing is written then.
        ValueError: if there is no such outcome, nothing varies, or both `below` and `above` are given.
    """
    if below is not None and above is not None:
        raise ValueError("expected one of below and above, found both")
    place, found = Path(folder), analysed(results, outcomes, _threshold(below, above))
    written = [file for one in found for file in _save(one.parts, place / file_name(one.name))]
    page = markdown.render(document(results, found))
    return [*written, write_text(place / "README.md", page)]


def analysed(
    results: Results, outcomes: Sequence[str] | None = None, threshold: Threshold = UNASKED
) -> list[Found]:
    """What the analyses that fit the design find, outcome by outcome.

    Raises:
        IncompleteError: if runs or values are missing.
        ValueError: if there is no such outcome, or nothing varies.
    """
    if not results.factors:
        raise ValueError("nothing varies in this experiment: there is nothing to analyse")
    found = _responses(results, outcomes)
    return [Found(name, one, *parts(one, threshold)) for name, one in found.items()]


def _threshold(below: float | None, above: float | None) -> Threshold:
    if below is not None:
        return Threshold(below, "below", asked=True)
    return Threshold() if above is None else Threshold(above, "above", asked=True)


def _responses(results: Results, outcomes: Sequence[str] | None) -> dict[str, Responses]:
    """Outcomes by name, under their titles; all that is missing in one error."""
    titles, found, problems = results.note.get("titles", {}), {}, []
    for name in outcomes if outcomes is not None else results.outcomes:
        if name not in results.outcomes:
            raise ValueError(unknown("outcome", name, results.outcomes))
        try:
            found[name] = _titled(results.responses(name), titles.get(name) or name)
        except IncompleteError as error:
            problems.append(str(error))
    if problems:
        raise IncompleteError("\n".join(dict.fromkeys(problems)))
    return found


def _titled(responses: Responses, title: str) -> Responses:
    """The outcome under its title; points that somebody placed by hand are a list."""
    points = responses.points
    if "block" not in points:
        points = points.assign(block="list", index=range(len(points)))
    return replace(responses, outcome=title, points=points)


# --- files ---------------------------------------------------------------------------------------


def _save(parts: Sequence[Part], folder: Path) -> list[Path]:
    written = []
    for part in parts:
        for name, figure in part.pictures.items():
            written.append(_save_figure(figure, folder / f"{name}.png"))
        for name, table in part.tables.items():
            written.append(write_text(folder / f"{name}.csv", table.to_csv(index=False)))
    return written


def _save_figure(figure: Figure, path: Path) -> Path:
    return write_atomically(path, lambda temporary: figure.savefig(temporary, dpi=DPI))


# --- the page ------------------------------------------------------------------------------------


def document(results: Results, found: Sequence[Found]) -> Document:
    """The page: all outcomes side by side, then each of them."""
    movers = [(one.responses, one.most) for one in found]
    blocks: list[Block] = [say.overview(movers)]
    for one in found:
        blocks += [Heading(say.title_of(one.responses)), *_blocks(one), *_left_out(one.missing)]
    note = results.note
    title = note.get("title") or note.get("name") or "Sweep"
    lead = [note.get("question", ""), _design(results, found[0].responses)]
    return Document(title, lead, blocks, Provenance(_made(results)))


def _design(results: Results, responses: Responses) -> str:
    points, replications = responses.values.shape
    shared = "the same draws at every point" if responses.shared else "other draws at every point"
    return (
        f"Design: {results.note.get('design', kind_of(responses.points))}, {count_words(points, 'point')} of "
        f"{count_words(len(responses.factors), 'factor')}, {count_words(replications, 'replication')} each, "
        f"{shared}. Outcomes are means over replications. Square brackets hold {per_cent(LEVEL)} intervals."
    )


def _made(results: Results) -> str:
    """How the numbers came about: question, code, draws, methods."""
    note, runs = results.note, results.runs()
    asked = note.get("experiment", {})
    codes = sorted(set(runs.code))
    lines = [
        f"- Experiment: {note.get('name')}, {len(runs):,} runs stored in `{results.folder.path.name}`, made "
        f"from {runs.started_utc.min()[:16]} to {runs.started_utc.max()[:16]} UTC, "
        f"{runs.wall_s.mean():.2f} s a run.",
        f"- Package {note.get('package')}, commit {note.get('commit') or 'unknown'}, code of the rows "
        f"{', '.join(code[:12] for code in codes)}{' (mixed)' if len(codes) > 1 else ''}.",
        f"- Draws: root seed {asked.get('root_seed', asked.get('draws', {}).get('root_seed'))}; design: "
        f"{json.dumps(asked.get('design'))}.",
        *METHODS,
    ]
    return "\n".join(lines)


def _blocks(found: Found) -> Iterator[Block]:
    place = file_name(found.name)
    for part in found.parts:
        yield Heading(part.title, 3)
        yield Text("\n".join(part.sentences))
        if part.shown:
            yield part.shown
        for name, figure in part.pictures.items():
            yield Picture(f"{place}_{name}", part.title, f"{place}/{name}.png", partial(_same, figure))
        if part.tables:
            links = ", ".join(f"[{table}.csv]({place}/{table}.csv)" for table in part.tables)
            yield Text(f"Table{'s' if len(part.tables) > 1 else ''}: {links}")


def _same(figure: Figure) -> Figure:
    """A picture that has been drawn already."""
    return figure


def _left_out(missing: Sequence[str]) -> Iterator[Block]:
    if missing:
        yield Heading("Left out", 3)
        yield Text("\n".join(f"- {line}" for line in missing))
