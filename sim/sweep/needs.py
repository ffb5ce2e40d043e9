"""Which keys a kind of design takes: none is accepted and then ignored."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.errors import listed, sentence
from sim.sweep.schema import DesignSpec

NEEDED = {
    "grid": (), "one_at_a_time": (), "list": ("rows",), "csv": ("file",), "lhs": ("points",),
    "sobol": ("points",), "saltelli": ("points",), "morris": ("trajectories",),
}  # fmt: skip
"""Keys without which a kind cannot be built."""
ALLOWED = {
    "grid": ("steps",), "one_at_a_time": ("steps",), "lhs": ("seed",), "sobol": ("seed",),
    "saltelli": ("seed", "second_order"), "morris": ("steps", "seed"),
}  # fmt: skip
"""Keys that a kind takes beside."""


def design_faults(spec: DesignSpec) -> Iterator[tuple[str, str]]:
    """Keys that are missing, or that the kind does not take, by dotted path."""
    needed, allowed = NEEDED[spec.kind], ALLOWED.get(spec.kind, ())
    given = set(spec.model_fields_set) - {"kind"}
    for key in needed:
        if getattr(spec, key) is None:
            yield "design", sentence(f"missing '{key}'", f"a design of kind {spec.kind} with it")
    for key in sorted(given - {*needed, *allowed}):
        right = listed([*needed, *allowed]) or "nothing beside"
        yield f"design.{key}", sentence(f"'{key}' means nothing in a design of kind {spec.kind}", right)
