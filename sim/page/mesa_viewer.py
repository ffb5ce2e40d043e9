"""Mesa's own viewer, for people who come from Mesa: the market step by step (extra `mesa-viz`).

A file of two lines, shown by ``solara run my_viewer.py``::

    from sim.page.mesa_viewer import market_viewer
    page = market_viewer("scenarios/popup_on_pinduoduo_2019.yaml")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.extras import optional
from sim.market import Market
from sim.pictures.style import OKABE_ITO, canvas, colours, plain

SIZE = (7.0, 3.6)
"""Of a picture, in inches."""


def market_viewer(scenario: str | Path, consumers: int = 2_000, weeks: int = 1) -> Any:
    """A `SolaraViz` of a market: sales by week, all together and by platform.

    Args:
        scenario: a scenario file.
        consumers: simulated consumers at first; the viewer has a slider for them.
        weeks: weeks between two pictures while it plays.

    Raises:
        ModuleNotFoundError: if the extra `mesa-viz` is not installed.
        ScenarioError: if the scenario is wrong.
    """
    optional("solara", "mesa-viz")
    from mesa.visualization import Slider, SolaraViz

    market = Market(scenario, consumers=consumers)
    settings = {
        "scenario": scenario,
        "consumers": Slider("Consumers", consumers, 500, 20_000, 500),
        "world_seed": Slider("Seed of the people", 1, 1, 20, 1),
        "shock_seed": Slider("Seed of what happens", 1, 1, 20, 1),
    }
    return SolaraViz(
        market, components=[week_of, sales_by_week, sales_of_firms],
        model_params=settings, name=market.spec.title, render_interval=weeks,
    )  # fmt: skip


def week_of(market: Market) -> Any:
    """The week in words."""
    solara: Any = optional("solara", "mesa-viz")

    if market.week < 0:
        words = f"Before the first of {market.horizon} weeks: the first step also runs the warm-up"
    else:
        words = f"Week {market.week} of {market.horizon}, from Monday {market.calendar.monday(market.week)}"
    return solara.Markdown(words)


def sales_by_week(market: Market) -> Any:
    """All sales of the weeks so far, from Mesa's data collector."""
    solara: Any = optional("solara", "mesa-viz")
    table = market.datacollector.get_model_vars_dataframe()
    figure = canvas(*SIZE)
    axes = figure.subplots()
    axes.plot(table.week, table.gmv / 1e9, color=OKABE_ITO[0])
    axes.set_xlabel("Week")
    return solara.FigureMatplotlib(
        _finished(figure, axes, f"Sales of all platforms, bn {_money(market)} a week")
    )


def sales_of_firms(market: Market) -> Any:
    """Sales of last week by platform and storefront, as bars."""
    solara: Any = optional("solara", "mesa-viz")
    paint, firms = colours(market.spec), dict[str, Any]({**market.platforms, **market.storefronts})
    sales = [firm.gmv / 1e6 for firm in firms.values()]
    figure = canvas(*SIZE)
    axes = figure.subplots()
    bars = axes.barh(
        [firm.spec.title for firm in firms.values()], sales, color=[paint[name] for name in firms]
    )
    axes.bar_label(bars, labels=[plain(value) for value in sales], padding=3)
    axes.invert_yaxis()
    axes.set_xmargin(0.2)
    axes.xaxis.set_visible(False)
    return solara.FigureMatplotlib(_finished(figure, axes, f"Sales of last week, m {_money(market)}"))


def _money(market: Market) -> str:
    return market.spec.currency.name


def _finished(figure: Figure, axes: Axes, title: str) -> Figure:
    axes.set_title(title, loc="left", fontsize=11)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    return figure
