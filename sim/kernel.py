"""How loops over consumers are compiled, and where the compiled code is kept.

Numba compiles a cached kernel anew when its own file changes, but not when a function or a constant that it
takes from another file does. The cache folder is therefore named after a digest of all files that compiled
code is made from (`sources`): an edit in any of them gives fresh code, never a stale mix.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
ROOT = Path(__file__).parent
COMPILED = re.compile(r"^@(kernel|loop|njit|intrinsic)\b", re.MULTILINE)
"""A function that is compiled."""
IMPORT = re.compile(r"^from sim\.([\w.]+) import (\([^)]*\)|.*)", re.MULTILINE)
"""An import from a module of this package, and the names that it takes."""
CONSTANT = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
"""The name of a constant; compiled code holds its value."""


@cache
def source_digest() -> str:
    """Return the digest of the sources that kernels are compiled from, 16 hexadecimal digits."""
    digest = blake2b(digest_size=8)
    for file in sources():
        digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """Return the files with compiled functions, those whose constants they import, and this one, sorted.

    The text is searched for all this, since the files may not be imported yet.
    """
    texts = {file: file.read_text(encoding="utf-8") for file in ROOT.rglob("*.py")}
    compiled = [file for file, text in texts.items() if COMPILED.search(text)]
    return sorted({Path(__file__), *compiled, *(c for file in compiled for c in _constants(texts[file]))})


def _constants(text: str) -> Iterator[Path]:
    """Yield the files from which a file imports constants."""
    for module, names in IMPORT.findall(text):
        if CONSTANT.search(names):
            path = ROOT.joinpath(*module.split("."))
            yield path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def cache_folder() -> Path:
    """Return the folder for compiled kernels of this version of the sources."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not os.access(os.path.dirname(home) or "/", os.W_OK):
        home = tempfile.gettempdir()
    return Path(home) / "retail-entry-sim" / f"{sys.implementation.cache_tag}-{source_digest()}"


if not os.environ.get("NUMBA_CACHE_DIR"):
    numba.config.CACHE_DIR = str(cache_folder())


def kernel(function: F) -> F:
    """Compile a loop over consumers: releases the GIL, divides as IEEE does, no fast-math."""
    compiled: F = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return compiled


def loop(function: F) -> F:
    """Compile a part of a kernel that allocates nothing: no reference counts.

    Counting the references of the arrays in a `Scratch` costs more than a block's arithmetic (atomic
    operations at every call). The caller holds the arrays, so nothing can be freed meanwhile.
    """
    compiled: F = numba.njit(nogil=True, error_model="numpy", cache=True, _nrt=False)(function)
    return compiled
