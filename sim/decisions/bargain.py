"""Terms of a question: who gains how much at which commission, on which host, with which clauses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from sim.decisions.question import Question
from sim.decisions.samples import Samples
from sim.decisions.studies import DEARER, host_of
from sim.decisions.terms import Deal, clause_values, interval, iso_npv, linearity, zero_lines
from sim.outcomes.intervals import Estimate, around, reweighted, student

Floats = npt.NDArray[np.float64]
COMMISSIONS, PLACES = 41, 41
"""Points of the map along each axis."""
SEED = 1


def deal(question: Question, samples: Samples, option: str, commission: float | None = None) -> Deal:
    """An option as a deal of the entrant with its host; a host stands with all platforms of its owner.

    Args:
        question: the question.
        samples: of a study that has the option.
        option: its name; of options of the terms, those of the study.
        commission: the rate it was simulated at; that of the contract by default.
    """
    entrant = samples.value(question.spec.entrant, [option])[:, 0]
    host = host_value(question, samples, option)
    rate = question.commission if commission is None else commission
    return Deal(entrant, host, samples.of_option(option, "hosted GMV, present value"), rate)


def host_value(question: Question, samples: Samples, option: str, host: str | None = None) -> Floats:
    """Net present value of an option to a host and the platforms of the same owner, shape (draws,).

    Args:
        question: the question.
        samples: of a study that has the option.
        option: its name.
        host: the platform; by default the one on which the option's storefront stands.
    """
    own = question.options.get(option, question.options[question.spec.terms.option])
    owner = question.owner_of(host or host_of(question, own))
    members = question.groups[owner]
    total: Floats = np.sum([samples.value_of(option, name) for name in members], axis=0)
    return total


def nash_rate(question: Question, samples: Samples) -> float:
    """The legal Nash rate of the contract of the terms; its present commission if nothing suits both."""
    rate = deal(question, samples, question.spec.terms.option).nash(question.spec.terms.power)
    return question.commission if rate is None or rate.legal is None else round(rate.legal, 4)


# --- tables --------------------------------------------------------------------------------------


def hosts(question: Question, samples: Samples) -> pd.DataFrame:
    """Partner ranking: break-even rates, Nash rate and what it leaves, a row a host.

    Columns: option, title, volume, entrant, host, joint (mean values at the simulated commission, money);
    entrant_max, host_min with intervals; nash (unrestricted), legal, note; entrant_at_nash with interval,
    host_at_nash: at the legal Nash rate; suits: share of draws in which some rate suits both;
    nash_elsewhere: the Nash rate if the entrant can have the best of the other hosts at that one's Nash rate.
    """
    rows = [_host_row(question, samples, option) for option in question.spec.terms.hosts]
    table = pd.DataFrame(rows)
    others = [max((r for k, r in enumerate(table.entrant_at_nash) if k != own and r == r), default=0.0)
              for own in range(len(table))]  # fmt: skip
    elsewhere = [
        _number(deal(question, samples, option).nash(question.spec.terms.power, max(other, 0.0)))
        for option, other in zip(question.spec.terms.hosts, others, strict=True)
    ]
    ranked = table.assign(elsewhere=np.maximum(others, 0.0), nash_elsewhere=elsewhere)
    return ranked.sort_values("entrant_at_nash", ascending=False, na_position="last", ignore_index=True)


def fixed(question: Question, samples: Samples, option: str) -> bool:
    """Whether an option has a contract of its own to bargain over, and no policy that reads its books."""
    rules = any(one.path.startswith("policies.") for one in question.options[option])
    return not rules and bool(samples.of_option(option, "hosted GMV, present value").mean() > 0.0)


def recommended(question: Question, samples: Samples, option: str) -> pd.DataFrame:
    """The terms of another option without a policy (see `fixed`), a row as in `hosts`."""
    return pd.DataFrame([_host_row(question, samples, option)])


def _number(rate: object) -> float:
    legal = getattr(rate, "legal", None)
    return float("nan") if legal is None else float(legal)


def _host_row(question: Question, samples: Samples, option: str) -> dict[str, object]:
    one, power = deal(question, samples, option), question.spec.terms.power
    rate = one.nash(power)
    entrant_max = interval(one, lambda d: d.break_even_entrant, SEED)
    host_min = interval(one, lambda d: d.break_even_host, SEED)
    nash = interval(one, lambda d: getattr(d.nash(power), "unrestricted", None), SEED)
    row: dict[str, object] = {
        "option": option, "title": question.title(option), "volume": one.volume.mean(),
        "entrant": one.entrant.mean(), "host": one.host.mean(), "joint": one.joint.mean(),
        "entrant_max": entrant_max.value, "entrant_max_low": entrant_max.low,
        "entrant_max_high": entrant_max.high, "host_min": host_min.value, "host_min_low": host_min.low,
        "host_min_high": host_min.high, "nash": nash.value, "nash_low": nash.low, "nash_high": nash.high,
        "legal": _number(rate), "note": "no rate suits both" if rate is None else rate.note,
        "suits": float((one.joint > 0.0).mean()),
    }  # fmt: skip
    at = one.at(_number(rate)) if rate is not None and rate.legal is not None else None
    mean, low, high = (np.nan,) * 3 if at is None else (float(end) for end in student(at[0]))
    return row | {
        "entrant_at_nash": mean, "entrant_at_nash_low": low, "entrant_at_nash_high": high,
        "host_at_nash": np.nan if at is None else float(at[1].mean()),
    }  # fmt: skip


def clauses(question: Question, samples: Samples) -> pd.DataFrame:
    """What each clause is worth to each party: a row a clause and party; see `clause_values`."""
    parts = []
    base = deal(question, samples, question.spec.terms.option)
    for name, clause in question.spec.terms.clauses.items():
        changed = deal(question, samples, f"clause_{name}")
        pair = (changed, base) if clause.adds else (base, changed)
        parts.append(clause_values(*pair, seed=SEED).assign(clause=name, title=clause.title))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["clause", "party"])


def straight(question: Question, samples: Samples) -> pd.DataFrame:
    """Whether simulated values lie on lines in the commission: one row, see `Linearity`."""
    tried = np.array(question.spec.terms.tried)
    names = [f"at_{k}" for k in range(len(tried))]
    stack = [deal(question, samples, name, f) for name, f in zip(names, tried, strict=True)]
    found = linearity(
        tried, np.array([d.entrant for d in stack]), np.array([d.host for d in stack]),
        np.array([d.volume for d in stack]),
    )  # fmt: skip
    parts = {"entrant": found.entrant, "host": found.host, "slopes": found.slopes, "volume": found.volume}
    return pd.DataFrame([parts | {"worst": found.worst, "commissions": ", ".join(f"{f:.0%}" for f in tried)}])


def elasticities(question: Question, samples: Samples) -> pd.DataFrame:
    """Own-price elasticity of the quantity that the shop sells on every host, from a slightly higher price.

    Columns: option, title, elasticity with 90 % interval, published, weakest, source, believed (whether it is
    at least as strong as the weakest that is believed). A ratio of means over draws; bootstrap.
    """
    check = question.spec.terms.price_check
    if check is None:
        return pd.DataFrame()
    rows = []
    for option in question.spec.terms.hosts:
        pair = [samples.of_option(name, "hosted GMV") for name in (option, f"dearer_{option}")]
        found = _elasticity(*pair)
        rows.append({
            "option": option, "title": question.title(option), "elasticity": found.value, "low": found.low,
            "high": found.high, "published": check.published, "weakest": check.weakest,
            "source": check.source, "believed": found.value <= check.weakest,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _elasticity(before: Floats, after: Floats) -> Estimate:
    """D ln quantity / d ln price from sales before and after the price rose by the factor `DEARER`."""

    def of(weights: Floats) -> float:
        return float(np.log((weights @ after) / (weights @ before)) / np.log(DEARER) - 1.0)

    count = len(before)
    even = np.full(count, 1 / count)
    found = np.array([[of(weights)] for weights in reweighted(even, 1000, SEED)])
    low, high = around(np.array([of(even)]), found, count)
    return Estimate(of(even), float(low[0]), float(high[0]))


def _at_zero(question: Question, samples: Samples) -> tuple[Floats, Floats, Floats, Floats]:
    """Exposures, mean values at commission zero, mean volumes."""
    exposures = np.array(question.spec.terms.exposures)
    made = [deal(question, samples, f"seen_{k}") for k in range(len(exposures))]
    at = [one.at(0.0) for one in made]
    entrant, host = (np.array([float(pair[side].mean()) for pair in at]) for side in (0, 1))
    return exposures, entrant, host, np.array([float(one.volume.mean()) for one in made])


def map_of_terms(question: Question, samples: Samples) -> pd.DataFrame:
    """Values to both over exposure and commission: columns exposure, commission, entrant, host."""
    exposures, entrant, host, volume = _at_zero(question, samples)
    places = _places(exposures)
    rates = np.linspace(0.0, max(question.spec.terms.tried), COMMISSIONS)
    both = iso_npv(exposures, entrant, host, volume, rates, places)
    grid = np.meshgrid(places, rates, indexing="ij")
    parts = {"exposure": grid[0], "commission": grid[1], "entrant": both[0], "host": both[1]}
    return pd.DataFrame({name: values.ravel() for name, values in parts.items()})


def lines(question: Question, samples: Samples) -> pd.DataFrame:
    """Break-even and Nash rates by exposure: columns exposure, entrant_max, host_min, nash."""
    exposures, entrant, host, volume = _at_zero(question, samples)
    places = _places(exposures)
    high, low = zero_lines(exposures, entrant, host, volume, places)
    nash = low + question.spec.terms.power * (high - low)
    return pd.DataFrame({"exposure": places, "entrant_max": high, "host_min": low, "nash": nash})


def _places(exposures: Floats) -> Floats:
    inner = np.geomspace(exposures[0], exposures[-1], PLACES)
    return np.clip(inner, exposures[0], exposures[-1])
