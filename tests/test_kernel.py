"""Compiled loops: the digest that names their cache covers everything that they are compiled from."""

from __future__ import annotations

import ast
import dis
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from numba.core.registry import CPUDispatcher

from sim import kernel


def compiled_modules() -> list[ModuleType]:
    """Every module with compiled functions."""
    files = [file for file in kernel.sources() if kernel.COMPILED.search(file.read_text(encoding="utf-8"))]
    return [
        import_module(".".join(("sim", *file.relative_to(kernel.ROOT).with_suffix("").parts)))
        for file in files
    ]


def imported_from(module: ModuleType) -> dict[str, str]:
    """Modules of the package from which a module imports names, by name."""
    tree = ast.parse(inspect.getsource(module))
    return {
        alias.asname or alias.name: str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim.")
        for alias in node.names
    }


def global_names(function: Callable[..., object]) -> set[str]:
    """Names that a function looks up in its module."""
    return {step.argval for step in dis.get_instructions(function) if step.opname == "LOAD_GLOBAL"}


def used(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Names of this package that compiled functions of a module use, and the files that define them."""
    origins = imported_from(module)
    for dispatcher in vars(module).values():
        if isinstance(dispatcher, CPUDispatcher) and dispatcher.py_func.__module__ == module.__name__:
            for name in global_names(dispatcher.py_func):
                value = dispatcher.py_func.__globals__.get(name)
                origin = value.__name__ if isinstance(value, ModuleType) else origins.get(name, "")
                if origin.startswith("sim."):
                    yield name, str(import_module(origin).__file__)


def test_all_that_compiled_code_takes_from_other_files_is_in_the_digest() -> None:
    covered = {str(file) for file in kernel.sources()}
    taken = {(module.__name__, *use) for module in compiled_modules() for use in used(module)}
    assert [use for use in sorted(taken) if use[2] not in covered] == []
    names = {name for _, name, _ in taken}
    assert {"draws", "choose", "VALUE_SCALE"} <= names, "functions and constants are looked at"


def test_an_edit_of_a_kernel_or_a_constant_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Expected: the digest follows what is compiled and what it takes, and nothing else."""
    monkeypatch.setattr(kernel, "ROOT", tmp_path)
    (tmp_path / "room").mkdir()
    files = {
        "room/loop.py": "from sim.fixed import (\n    RATE,\n)\nfrom sim.plain import plain\n\n\n"
        "@kernel\ndef f(): ...\n",
        "fixed.py": "RATE = 0.5\n",
        "plain.py": "def plain(): ...\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(kernel, "__file__", str(tmp_path / "room" / "loop.py"))

    def changed(name: str) -> bool:
        before = kernel.source_digest.__wrapped__()
        (tmp_path / name).write_text(files[name] + "# edited\n", encoding="utf-8")
        return kernel.source_digest.__wrapped__() != before

    assert [name for name in files if changed(name)] == ["room/loop.py", "fixed.py"]
