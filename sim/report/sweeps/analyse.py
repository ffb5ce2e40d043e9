"""All analyses that fit the design of a sweep, as pictures, tables and a page of sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from sim.analysis import discovery, draws, sobol, switching
from sim.analysis import morris as effects
from sim.analysis import ranks as correlations
from sim.experiments.rows import LEVEL
from sim.files import write_atomically, write_text
from sim.pictures.style import per_cent
from sim.pictures.sweeps import discovery as boxes_drawn
from sim.pictures.sweeps import sensitivity
from sim.pictures.sweeps.points import independent
from sim.pictures.words import count_words
from sim.report.sweeps import words as say
from sim.report.sweeps.words import Threshold
from sim.scenario.errors import unknown
from sim.sweep.designs import kind_of
from sim.sweep.responses import IncompleteError, Responses
from sim.sweep.results import Results

DPI = 150
PARTS = 20
"""Random halves of the points in which PRIM is run again."""


@dataclass(frozen=True)
class Part:
    """What one analysis found.

    Attributes:
        title: heading of the section.
        sentences: what it says, in words.
        pictures: figures by file name without its ending.
        tables: tables by file name without its ending.
        markdown: a table for the page, if any.
        most: name of the factor that moves the outcome most, if that is what was asked.
    """

    title: str
    sentences: Sequence[str]
    pictures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    markdown: str = ""
    most: str = ""


Analysis = Callable[[Responses, Threshold], Part]

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
    if not results.factors:
        raise ValueError("nothing varies in this experiment: there is nothing to analyse")
    place, threshold = Path(folder), _threshold(below, above)
    found = _responses(results, outcomes)
    written, sections, movers = [], [], []
    for name, responses in found.items():
        parts, missing = _parts(responses, threshold)
        movers.append((responses, next((part.most for part in parts if part.most), "")))
        written += _save(parts, place / _file(name))
        sections.append(_section(name, responses, threshold, parts, missing))
    head = [_head(results, next(iter(found.values()))), say.overview(movers)]
    page = "\n\n".join([*head, *sections, _made(results)]) + "\n"
    return [*written, write_text(place / "README.md", page)]


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


def _parts(responses: Responses, threshold: Threshold) -> tuple[list[Part], list[str]]:
    """What the analyses found, and why others were left out."""
    found, missing = [], []
    for analysis in ANALYSES.get(kind_of(responses.points), (_points, _draws)):
        try:
            found.append(analysis(responses, threshold))
        except IncompleteError:
            raise
        except (ModuleNotFoundError, ValueError) as error:
            missing.append(f"{NAMES[analysis]}: {error}")
    return found, missing


# --- analyses ------------------------------------------------------------------------------------


def _points(responses: Responses, threshold: Threshold) -> Part:
    """Every point, and the outcome against each factor if points sample the factors independently."""
    table = responses.points.assign(mean=responses.mean)
    if responses.values.shape[1] > 1:
        table["standard_error"] = draws.standard_errors(responses).standard_error
    pictures = {}
    if kind_of(responses.points) != "morris":
        pictures["scatter"] = boxes_drawn.scatter(responses, threshold.value)
    return Part("The points", say.extent(responses, threshold), pictures, {"points": table})


def _sobol(responses: Responses, threshold: Threshold) -> Part:
    table = sobol.first_and_total(responses, level=LEVEL)
    told = _repeated(responses) and responses.shared
    shares = draws.variance_shares(independent(responses)) if told else None
    return Part(
        "What moves it", say.sobol_words(responses, table),
        {"sobol": sensitivity.sobol(responses, table, shares)}, {"sobol": table},
        say.sobol_table(responses, table), _largest(table, "total"),
    )  # fmt: skip


def _interactions(responses: Responses, threshold: Threshold) -> Part:
    if not responses.points["block"].str.startswith("BA:").any():
        raise ValueError("the design has no second order (second_order: true)")
    table = sobol.second_order(responses, level=LEVEL)
    first = sobol.first_and_total(responses, level=LEVEL)
    picture = sensitivity.interactions(responses, table, first)
    sentences = say.interaction_words(responses, table)
    return Part("What works together", sentences, {"interactions": picture}, {"interactions": table})


def _morris(responses: Responses, threshold: Threshold) -> Part:
    table = effects.elementary_effects(responses, level=LEVEL)
    return Part(
        "What moves it", say.morris_words(responses, table),
        {"morris": sensitivity.morris(responses, table)}, {"morris": table},
        say.morris_table(responses, table), _largest(table, "mu_star"),
    )  # fmt: skip


def _tornado(responses: Responses, threshold: Threshold) -> Part:
    table = switching.tornado(responses, level=LEVEL)
    return Part(
        "What moves it", say.tornado_words(responses, table),
        {"tornado": sensitivity.tornado(responses, table)}, {"tornado": table},
        say.tornado_table(responses, table), _largest(table, "swing"),
    )  # fmt: skip


def _curves(responses: Responses, threshold: Threshold) -> Part:
    table = switching.switching_values(responses, threshold.value, level=LEVEL)
    picture = sensitivity.one_at_a_time(responses, table, threshold.value)
    sentences = say.switching_words(responses, table, threshold)
    title = f"Where it crosses {threshold.at(responses)}"
    return Part(title, sentences, {"one_at_a_time": picture}, {"switching": table})


def _ranks(responses: Responses, threshold: Threshold) -> Part:
    table = correlations.prcc(responses, level=LEVEL)
    return Part(
        "Which way it moves", say.rank_words(responses, table),
        {"ranks": sensitivity.ranks(responses, table)}, {"ranks": table},
        say.rank_table(responses, table), _largest(table.assign(size=table.prcc.abs()), "size"),
    )  # fmt: skip


def _heat(responses: Responses, threshold: Threshold) -> Part:
    pairs = list(combinations(responses.names, 2))
    if not pairs:
        raise ValueError("they need two factors, the design has one")
    sentences = [say.cell_words(responses, *pair, threshold) for pair in pairs]
    pictures = {
        f"heat_map_{_file(x)}_{_file(y)}": boxes_drawn.heat_map(responses, x, y, threshold.value)
        for x, y in pairs
    }
    return Part("Two factors at a time", sentences, pictures)


def _draws(responses: Responses, threshold: Threshold) -> Part:
    if not _repeated(responses):
        raise ValueError("they need two points and two replications or more")
    table = draws.variance_shares(independent(responses))
    sentences = say.draws_words(responses, table, draws.standard_errors(responses))
    return Part("How much is chance", sentences, tables={"draws": table})


def _largest(table: pd.DataFrame, column: str) -> str:
    """The factor of the largest number of a column; none if all are 0 or undefined."""
    best = table.sort_values(column, ascending=False, kind="stable").iloc[0]
    return str(best.factor) if best[column] > 0 else ""


def _repeated(responses: Responses) -> bool:
    return min(responses.values.shape) > 1


def _discovery(responses: Responses, threshold: Threshold) -> Part:
    if not threshold.asked:
        raise ValueError("no value was given that the outcome is to be below or above")
    chosen, words = independent(responses), threshold.words(responses)
    boxes = discovery.prim(chosen, threshold.holds)
    again = discovery.resampling(boxes, PARTS)
    pictures = {"prim_box": boxes_drawn.prim_box(boxes, words)}
    if pair := _pair(boxes):
        pictures["prim_scatter"] = boxes_drawn.prim_scatter(boxes, *pair, words)
    tables = {
        "prim_box": boxes.box, "prim_trajectory": boxes.trajectory.reset_index(), "prim_resampling": again,
    }  # fmt: skip
    sentences, title = say.box_words(boxes, threshold), f"Where it is {words}"
    return Part(title, sentences, pictures, tables, say.box_table(boxes, again))


def _pair(boxes: discovery.Boxes) -> tuple[str, str] | None:
    """The two factors with the least quasi-p-values; others in their place if the box restricts fewer."""
    least = boxes.box[["quasi_p_low", "quasi_p_high", "quasi_p_levels"]].astype(float).min(axis=1)
    order = boxes.box.factor[least.sort_values(kind="stable").index].tolist()
    names = [*order, *(name for name in boxes.responses.names if name not in order)]
    return (names[0], names[1]) if len(names) > 1 else None


ANALYSES: Mapping[str, Sequence[Analysis]] = {
    "saltelli": (_points, _sobol, _interactions, _draws, _ranks, _discovery),
    "morris": (_points, _morris, _draws),
    "one_at_a_time": (_tornado, _curves, _draws),
    "lhs": (_points, _ranks, _discovery, _draws),
    "sobol": (_points, _ranks, _discovery, _draws),
    "list": (_points, _ranks, _discovery, _draws),
    "grid": (_points, _heat, _draws),
}
NAMES: Mapping[Analysis, str] = {
    _points: "Points", _sobol: "Indices of Sobol'", _interactions: "Interactions of pairs",
    _morris: "Elementary effects", _tornado: "Swings", _curves: "Switching values",
    _ranks: "Rank correlations", _heat: "Heat maps", _draws: "Share of the draws",
    _discovery: "Scenario discovery (PRIM)",
}  # fmt: skip


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


def _file(name: str) -> str:
    """A name as a file may be called."""
    return re.sub(r"[^\w.-]+", "_", name)


# --- the page ------------------------------------------------------------------------------------


def _head(results: Results, responses: Responses) -> str:
    note = results.note
    points, replications = responses.values.shape
    shared = "the same draws at every point" if responses.shared else "other draws at every point"
    lines = [
        f"# {note.get('title') or note.get('name') or 'Sweep'}",
        note.get("question", ""),
        f"Design: {note.get('design', kind_of(responses.points))}, {count_words(points, 'point')} of "
        f"{count_words(len(responses.factors), 'factor')}, {count_words(replications, 'replication')} each, "
        f"{shared}. Outcomes are means over replications. Square brackets hold {per_cent(LEVEL)} intervals.",
    ]
    return "\n\n".join(line for line in lines if line)


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
    return "\n".join(["## How this was made", "", *lines])


def _section(
    name: str, responses: Responses, threshold: Threshold, parts: Sequence[Part], missing: Sequence[str]
) -> str:
    return "\n\n".join([f"## {say.title_of(responses)}", *_blocks(name, parts), *_left_out(missing)])


def _blocks(name: str, parts: Sequence[Part]) -> Iterator[str]:
    for part in parts:
        yield f"### {part.title}"
        yield "\n".join(part.sentences)
        if part.markdown:
            yield part.markdown
        for picture in part.pictures:
            yield f"![{part.title}]({_file(name)}/{picture}.png)"
        if part.tables:
            links = ", ".join(f"[{table}.csv]({_file(name)}/{table}.csv)" for table in part.tables)
            yield f"Table{'s' if len(part.tables) > 1 else ''}: {links}"


def _left_out(missing: Sequence[str]) -> Iterator[str]:
    if missing:
        yield "### Left out"
        yield "\n".join(f"- {line}" for line in missing)
