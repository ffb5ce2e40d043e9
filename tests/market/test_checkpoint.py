"""Saved states: going on is the same as never having stopped, bit for bit; other files are refused."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim.market.checkpoint.file
from sim.consumers.demand import Record
from sim.consumers.population import CHANNEL_BIT, SEEN_BIT, Columns
from sim.market import Market
from sim.market.checkpoint.file import SavedStateError, read, resume, save, write
from sim.market.checkpoint.restore import CHANGING, TRAITS
from sim.market.checkpoint.snapshot import State, take
from tests.eventful import WEEKS, eventful, opened, run, spoil, unlike

BREAK = 5
"""Week of the saved state: the pop-up is open, answers run and are pending, a round is half spent."""


@pytest.fixture(scope="module")
def through() -> Iterator[Market]:
    """The market that never stopped."""
    with opened(eventful()) as market:
        yield run(market, WEEKS)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market of week 5 in a file."""
    with opened(eventful()) as market:
        return save(run(market, BREAK), tmp_path_factory.mktemp("saved") / "week_5.state")


@pytest.fixture(scope="module")
def state(file: Path) -> State:
    return read(file)


def test_the_market_is_eventful(through: Market, state: State) -> None:
    """Otherwise the comparisons below would prove little: each keeper has something to carry over."""
    firms = state.plain["firms"]
    teams = through.teams_table()
    assert (teams[["invitations", "joins", "gained", "refunded"]].sum() > 0).all()
    assert firms["platform pinduoduo"]["belief"] != 0.95
    assert {row[0] for row in firms["reaction cheaper"]["responses"]} == {"cut"}
    assert max(row[-1] for row in firms["reaction cheaper"]["responses"]) > BREAK
    assert firms["reaction binding"]["responses"][-1][-2:] == [5, 12]
    assert firms["platform kaola"]["prices"]["imported"] < 0.999
    assert 0.0 < sum(firms["subsidy cuts"]["spent"]) < 1.5e9
    assert firms["merchants jd, imported"]["active"] != 0.5
    assert firms["merchants jd, imported"]["weeks"] > 0
    popup = firms["storefront amazon_on_pinduoduo"]
    assert (popup["plan"]["price"], popup["terms"]["deposit"], popup["stands"]) == (0.9, 3e6, True)
    assert firms["brand amazon"]["advertising"]["spending"] == 9e6
    assert through.storefronts["amazon_on_pinduoduo"].open_weeks == [3 <= week <= 8 for week in range(WEEKS)]
    assert [act.do for _, _, act in through.supply.acts] == ["change", "extend"]
    assert {"deposit", "guarantee", "subsidy", "discount support"} <= set(through.ledger.table().account)


@pytest.mark.parametrize("settings", [{}, {"threads": 2, "block": 300}], ids=["same", "threads and blocks"])
def test_resumed_as_if_never_stopped(through: Market, file: Path, settings: dict[str, int]) -> None:
    with resume(file, **settings) as market:
        assert market.week == BREAK
        assert unlike(run(market, WEEKS), through) == []


@pytest.mark.parametrize("week", [-2, 1, 9, WEEKS])
def test_any_week_can_be_saved(through: Market, week: int, tmp_path: Path) -> None:
    """Before the warm-up, early, late, in the run-off, at the end."""
    with opened(eventful()) as market:
        saved = save(run(market, week), tmp_path / "a.state")
    with resume(saved) as market:
        assert unlike(run(market, WEEKS), through) == []
        assert not market.running


def test_what_lives_within_a_week_is_not_missed(through: Market, state: State) -> None:
    """Rubbish in diaries, baskets and teams is written over before it is read."""
    market = state.market()
    with market:
        spoil(market)
        assert unlike(run(market, WEEKS), through) == []


def test_nothing_seen_is_carried_over(state: State) -> None:
    """Bits of what was seen in a week are cleared at its end, so names need no place for them."""
    aware = state.arrays["columns/aware"]
    assert (aware >> np.uint64(CHANNEL_BIT) != 0).any()
    assert (aware >> np.uint64(SEEN_BIT) == 0).all()


CARRIED = [
    *(f"columns/{n}" for n in ("habit", "loyalty", "trust", "stock", "last_order", "aware")),
    "gain", "books/amounts", "tables/sales", "tables/surplus", "tables/people", "tables/teams",
    "platform pinduoduo", "brand amazon", "storefront amazon_on_pinduoduo", "merchants jd, imported",
    "platform kaola", "subsidy cuts", "reaction cheaper", "reaction anew",
    "reaction binding", "history", "acts", "merchants", "collector",
]  # fmt: skip


@pytest.mark.parametrize("lost", CARRIED)
def test_nothing_can_be_left_out(through: Market, state: State, lost: str) -> None:
    """Each part that is lost shows in the weeks after: the comparison would notice."""
    with opened(eventful()) as fresh:
        start = take(fresh)
    plain, arrays = dict(state.plain), dict(state.arrays)
    if lost in arrays:
        early = start.arrays[lost]
        arrays[lost] = early if early.shape == arrays[lost].shape else np.zeros_like(arrays[lost])
    elif lost in plain:
        plain[lost] = start.plain[lost]
    else:
        plain["firms"] = plain["firms"] | {lost: plain["firms"][lost] | start.plain["firms"][lost]}
    if lost == "history":  # all series are of one length
        plain["history"] = [[] for _ in state.plain["history"]]
    if lost in ("brand amazon", "storefront amazon_on_pinduoduo"):
        before, series = state.plain["firms"][lost], ("buyers", "ever", "sales", "orders", "contribution")
        kept = {k: v for k, v in before.items() if k in (*series, "open_weeks", "spending")}
        plain["firms"][lost] |= kept
    with State(state.about, plain, arrays).market() as market:
        assert unlike(run(market, WEEKS), through) != []


def test_the_same_state_gives_the_same_file(file: Path, tmp_path: Path) -> None:
    """Read, resumed and saved again: the same bytes, whatever the threads."""
    with resume(file, threads=2) as market:
        again = save(market, tmp_path / "again.state")
    assert again.read_bytes() == file.read_bytes()


def test_a_state_can_be_used_again_and_the_market_goes_on(through: Market) -> None:
    """Neither the market it was taken from nor one made from it changes a state."""
    with opened(eventful()) as market:
        kept = take(run(market, BREAK))
        run(market, WEEKS)
    with kept.market() as first, kept.market(threads=2) as second:
        run(first, WEEKS)
        assert unlike(run(second, WEEKS), through) == []


def test_no_code_in_the_file(file: Path) -> None:
    """Members are JSON and plain arrays, as the header says."""
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        header = json.loads(archive.read("header.json"))
        arrays = [n for n in names if n.endswith(".npy")]
        assert sorted(names) == sorted(["header.json", "plain.json", *arrays])
        assert {n.removesuffix(".npy") for n in arrays} == set(header["arrays"])
        for name in arrays:
            array = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            about = header["arrays"][name.removesuffix(".npy")]
            assert about == {"type": array.dtype.str, "shape": list(array.shape)}
    assert header["week"] == BREAK
    assert header["seeds"] == [1, 1]
    assert header["layout"]["channels"] == ["amazon_global", "amazon_on_pinduoduo"]


def test_failed_save_leaves_the_old_file(file: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()
    monkeypatch.setattr(sim.market.checkpoint.file, "_npy", lambda array: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(state, file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_no_plain_value_is_refused(file: Path) -> None:
    with resume(file) as market:
        market.brands["amazon"].buyers[0] = np.float32(1.0)  # type: ignore[call-overload]
        with pytest.raises(SavedStateError, match="no plain value: Object of type float32"):
            take(market)


# --- refusals ------------------------------------------------------------------------------------


def changed(file: Path, to: Path, members: dict[str, bytes]) -> Path:
    """A copy with some members replaced, added or (empty) left out."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        parts = {name: old.read(name) for name in old.namelist()} | members
        for name, data in parts.items():
            if data:
                new.writestr(name, data)
    return to


def header_with(file: Path, **values: object) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {"header.json": json.dumps(json.loads(archive.read("header.json")) | values).encode()}


def test_other_files_are_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "a.state"
    other.write_text("schema: 1")
    with pytest.raises(SavedStateError, match=r"a\.state is no saved state.*not a zip file"):
        resume(other)
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(SavedStateError, match=r"no saved state.*header\.json"):
        resume(other)
    with pytest.raises(SavedStateError, match="a file of kind 'run', expected 'state of a market'"):
        resume(changed(file, other, header_with(file, kind="run")))
    with pytest.raises(SavedStateError, match="a file of kind None"):
        resume(changed(file, other, {"header.json": b"[1, 2]"}))
    with pytest.raises(SavedStateError, match=r"format 2, expected 1: save the market again"):
        resume(changed(file, other, header_with(file, format=2)))
    with pytest.raises(FileNotFoundError):
        resume(tmp_path / "missing.state")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_half_a_file_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    whole, half = file.read_bytes(), tmp_path / "half.state"
    half.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(SavedStateError, match=r"half\.state is no saved state, or not a whole one"):
        resume(half)


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7])
def test_a_flipped_bit_is_noticed(file: Path, tmp_path: Path, place: float) -> None:
    data, broken = bytearray(file.read_bytes()), tmp_path / "broken.state"
    data[int(place * len(data))] ^= 1
    broken.write_bytes(data)
    with pytest.raises(SavedStateError, match="no saved state, or not a whole one"):
        resume(broken)


class Trap:
    """Something that would run on being unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("trapped"),)  # type: ignore[return-value]


def test_pickles_are_not_opened(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    np.save(out, np.array([Trap()], object), allow_pickle=True)
    for data in (out.getvalue(), pickle.dumps(Trap())):
        trap = changed(file, tmp_path / "trap.state", {"columns/habit.npy": data})
        with pytest.raises(SavedStateError, match="no saved state"):
            resume(trap)
    assert not (tmp_path / "trapped").exists()


def test_contents_are_what_the_header_says(file: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    np.save(out, np.zeros((5, 2_000), np.float64))
    other = changed(file, tmp_path / "a.state", {"columns/habit.npy": out.getvalue()})
    with pytest.raises(SavedStateError, match=r"columns/habit is .*<f8.*expected .*<f4"):
        resume(other)
    for member in ("columns/trust.npy", "plain.json"):
        with pytest.raises(SavedStateError, match=f"no saved state.*{member}"):
            resume(changed(file, tmp_path / "b.state", {member: b""}))


def test_other_code_is_refused_unless_allowed(
    through: Market, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim.market.checkpoint.file, "model_digest", lambda: "0123")
    with pytest.raises(SavedStateError, match=r"saved by other code of the model .*this is .*, 0123\)"):
        resume(file)
    with resume(file, allow_other_code=True) as market:
        assert unlike(run(market, WEEKS), through) == []


def test_other_people_are_refused(file: Path, tmp_path: Path) -> None:
    """A scenario or code that makes other consumers is noticed by their traits, whatever is allowed."""
    people = read(file).about["people"] | {"means": "0", "taste jd": "0"}
    other = changed(file, tmp_path / "a.state", header_with(file, people=people))
    with pytest.raises(SavedStateError, match=r"a\.state: this code makes other people.*: means, taste jd"):
        resume(other, allow_other_code=True)
    other = changed(file, tmp_path / "a.state", header_with(file, seeds=[2, 1]))
    with pytest.raises(SavedStateError, match=r"other people.*online_from, means, price, affinity, delivery"):
        resume(other)


def test_nothing_is_converted(file: Path, state: State, tmp_path: Path) -> None:
    """Columns of other code, even where other code is allowed."""
    habit = state.arrays["columns/habit"].astype(np.float64)
    double = write(replace(state, arrays={**state.arrays, "columns/habit": habit}), tmp_path / "a.state")
    with pytest.raises(SavedStateError, match="column habit is float64 of 2000, expected float32 of 2000"):
        resume(double, allow_other_code=True)
    less = {name: array for name, array in state.arrays.items() if name != "columns/trust"}
    with pytest.raises(SavedStateError, match=r"expects something else in a state: .*columns/trust"):
        resume(write(replace(state, arrays=less), tmp_path / "b.state"), allow_other_code=True)
    words = {**state.about, "scenario": {**state.about["scenario"], "moods": 7}}
    with pytest.raises(SavedStateError, match=r"b\.state: its scenario is none of this code's schema"):
        resume(write(replace(state, about=words), tmp_path / "b.state"))


def test_every_column_is_a_trait_or_carried_over() -> None:
    """A new column has to be put on one of the lists."""
    assert sorted([*TRAITS, "taste", *CHANGING, "aware"]) == sorted(Columns._fields)


def test_what_was_not_recorded_cannot_be_asked_for(file: Path, tmp_path: Path) -> None:
    with resume(file, record=Record()) as market:
        assert len(market.demand.gain) == 0
        plain = save(market, tmp_path / "plain.state")
    with resume(plain, record=Record(payments=True)) as market:
        assert market.demand.record.payments
    with pytest.raises(SavedStateError, match="not recorded what is asked for: winners: False -> True"):
        resume(plain, record=Record(winners=True))
    with pytest.raises(SavedStateError, match="expected: True -> False"):
        resume(plain, record=Record(expected=False))


def test_run_off_may_be_added(file: Path) -> None:
    with resume(file, run_off=False) as short, resume(file) as long:
        assert (short.last_week, long.last_week) == (10, 12)
