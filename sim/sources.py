"""Digests of source code, from the import graph: the files that a module needs are found, not listed.

A result follows from the code that made it. Its digest is that of the module which makes it and of all in
this package that it imports, directly or through others, so that no file can be forgotten. Imports inside
functions count; those that only a type checker looks at do not. Modules that are loaded by a name in a
string, and a user's own plug-ins, are not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path

PACKAGE = "sim"
ROOT = Path(__file__).parent


@cache
def digest(*modules: str) -> str:
    """Return the digest of the sources of some modules and of all that they import from this package.

    Args:
        modules: their full names, like "sim.market".

    Returns:
        16 hexadecimal digits. It changes with any byte of any of these files, and with their names.

    Raises:
        ModuleNotFoundError: if there is no such module in this package.
    """
    total = blake2b(digest_size=8)
    for file in files(*modules):
        total.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return total.hexdigest()


def files(*modules: str) -> list[Path]:
    """Return the source files of some modules and of all that they import from this package, sorted."""
    todo, known = list(modules), dict[str, Path]()
    while todo:
        name = todo.pop()
        if name not in known:
            known[name] = file_of(name)
            todo += imports(name)
    return sorted(known.values())


def imports(module: str) -> frozenset[str]:
    """Return the modules of this package that one of them imports, the packages that hold it included."""
    parts = _package(module).split(".")
    around = {".".join(parts[: k + 1]) for k in range(len(parts))} - {module}
    return named_imports(module) | around


@cache
def named_imports(module: str) -> frozenset[str]:
    """Return the modules of this package that one of them imports by name."""
    tree = ast.parse(file_of(module).read_text(encoding="utf-8"))
    return frozenset(name for node in _run(tree) for name in _named(node, _package(module)))


def modules() -> list[str]:
    """Return the names of all modules of this package, sorted."""
    files = (file.relative_to(ROOT) for file in ROOT.rglob("*.py"))
    parts = (
        file.parent.parts if file.name == "__init__.py" else file.with_suffix("").parts for file in files
    )
    return sorted(".".join((PACKAGE, *path)) for path in parts)


def file_of(module: str) -> Path:
    """Return the source file of a module of this package.

    Raises:
        ModuleNotFoundError: if there is none.
    """
    below = ROOT.joinpath(*module.split(".")[1:])
    for file in (below / "__init__.py", below.with_suffix(".py")):
        if file.is_file() and module.split(".")[0] == PACKAGE:
            return file
    raise ModuleNotFoundError(f"no module {module} in {PACKAGE}")


def _package(module: str) -> str:
    """Return the package from which the relative imports of a module start."""
    return module if file_of(module).name == "__init__.py" else module.rpartition(".")[0]


def _run(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a piece of code, but for those under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        else:
            yield from _run(child)


def _named(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[str]:
    """Yield the modules of this package that an import names.

    What is taken from a package may be a module of it, and is then named in place of the package.
    """
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        return
    above = package.rsplit(".", node.level - 1)[0] if node.level > 1 else package
    source = node.module or "" if not node.level else ".".join(filter(None, (above, node.module)))
    if source.split(".")[0] == PACKAGE:
        taken = (f"{source}.{alias.name}" for alias in node.names)
        yield from (full if _is_module(full) else source for full in taken)


def _is_module(name: str) -> bool:
    try:
        file_of(name)
    except ModuleNotFoundError:
        return False
    return True
