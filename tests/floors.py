"""The floors of the house: which room may import which, and how long the chains of imports are.

    python -m tests.floors

prints the size of the house: files, lines, modules by room, and the longest chain of imports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sim import sources

FOUNDATION = (
    "draws",
    "calendar",
    "ledger",
    "linear",
    "numeric",
    "kernel",
    "files",
    "extras",
    "sources",
    "trade",
)
"""Modules on the ground floor; they may import each other, but not in a circle."""
FLOORS: tuple[tuple[str, ...], ...] = (
    ("foundation",),
    ("scenario",),
    ("firms", "consumers"),
    ("market",),
    ("engine",),
    ("outcomes",),
    ("experiments",),
    ("sweep",),
    ("analysis",),
    ("validation", "decisions"),
    ("pictures",),
    ("report",),
    ("page",),
    ("cli",),  # starts everything, the page and the benchmarks included
)
"""Rooms by floor, lowest first. Imports point down; rooms on one floor do not import each other."""
BESIDE = ("bench", "describe")
"""Rooms that import what they like. Only the command imports them."""

Graph = Mapping[str, Iterable[str]]
"""Imported modules by importing module."""


def imports() -> dict[str, frozenset[str]]:
    """Return the modules that every module of the package imports by name."""
    return {module: sources.named_imports(module) for module in sources.modules()}


def room(module: str) -> str:
    """Return the room of a module: that of the package's own files is the foundation, but for its command."""
    name = module.removeprefix("sim").strip(".").split(".")[0]
    if name == "__main__":
        return "cli"
    return "foundation" if name in (*FOUNDATION, "") else name


def floor(of_room: str) -> int:
    """Return the floor of a room, the lowest is 0.

    Raises:
        LookupError: if it has none.
    """
    for number, rooms in enumerate(FLOORS):
        if of_room in rooms:
            return number
    raise LookupError(f"room {of_room!r} has no floor yet: put it into tests/floors.py")


def against_the_floors(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield importing and imported module where an import points up, or to the room at the side."""
    for module, imported in graph.items():
        for other in imported:
            if not _allowed(room(module), room(other)):
                yield module, other


def _allowed(importer: str, imported: str) -> bool:
    if importer == imported or importer in BESIDE:
        return True
    return importer == "cli" if imported in BESIDE else floor(imported) < floor(importer)


def circles(graph: Graph) -> Iterator[list[str]]:
    """Yield chains of imports that end where they begin, at least one for each knot of modules."""
    done: set[str] = set()

    def follow(module: str, chain: list[str]) -> Iterator[list[str]]:
        if module in chain:
            yield [*chain[chain.index(module) :], module]
        elif module not in done:
            for other in sorted(graph.get(module, ())):
                yield from follow(other, [*chain, module])
            done.add(module)

    for module in graph:
        yield from follow(module, [])


def longest_chain(graph: Graph) -> list[str]:
    """Return the longest chain of imports, from the importing module down. The graph has no circles."""
    longest: dict[str, list[str]] = {}

    def below(module: str) -> list[str]:
        if module not in longest:
            chains = (below(other) for other in sorted(graph.get(module, ())))
            longest[module] = [module, *max(chains, key=len, default=[])]
        return longest[module]

    return max((below(module) for module in graph), key=len, default=[])


def inside(graph: Graph, of_room: str) -> dict[str, list[str]]:
    """Return the imports among the modules of one room."""
    return {
        module: [other for other in imported if room(other) == of_room]
        for module, imported in graph.items()
        if room(module) == of_room
    }


def size() -> str:
    """Return files, lines, modules by room and the longest chain of imports, as text."""
    graph = imports()
    lines = sum(len(sources.file_of(module).read_text(encoding="utf-8").splitlines()) for module in graph)
    chain = longest_chain(graph)
    rooms = Counter(room(module) for module in graph)
    return "\n".join(
        [
            f"{len(graph)} files, {lines:,} lines",
            *(f"{count:5}  {name}" for name, count in rooms.most_common()),
            f"longest chain of imports, {len(chain)} modules:",
            *(f"  {module}" for module in chain),
        ]
    )


if __name__ == "__main__":
    print(size())
