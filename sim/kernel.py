"""How loops over consumers are compiled, and where the compiled code is kept.

Numba invalidates a cached kernel when its own file changes, but not when a function that it inlines
from another file does. The cache folder is therefore named after a digest of all files with kernels:
an edit anywhere gives fresh code, never a stale mix.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])
_ROOMS = ("numeric.py", "draws.py", "kernel.py", "trade.py", "consumers/*.py")


def source_digest() -> str:
    """Digest of the sources that kernels are compiled from."""
    root = Path(__file__).parent
    digest = blake2b(digest_size=8)
    for pattern in _ROOMS:
        for file in sorted(root.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Folder for compiled kernels of this version of the sources."""
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
