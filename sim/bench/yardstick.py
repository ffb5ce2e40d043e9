"""The same arithmetic in C: compiled on the spot, called through ctypes."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.bench.kernel import Task

SOURCE = Path(__file__).with_name("choice.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off")
LONGEST_BUILD = 120.0


POINTERS = ("host", "seller", "log_host", "log_brand", "similarity", "polynomial", "used")
"""Arrays of `struct market`, named as in `sim.consumers.choice.Channels`."""


class CMarket(ctypes.Structure):
    """`struct market` of choice.c."""

    _fields_ = (
        ("channels", ctypes.c_int32),
        ("nests", ctypes.c_int32),
        *((name, ctypes.c_void_p) for name in POINTERS),
    )


class CKeys(ctypes.Structure):
    """`struct keys` of choice.c."""

    _fields_ = (("channels", ctypes.c_void_p), ("nests", ctypes.c_void_p), ("nothing", ctypes.c_uint64))


def compiler() -> str | None:
    """The C compiler: ``$CC``, else ``cc``; None if there is none."""
    return shutil.which(os.environ.get("CC") or "cc")


def build(folder: Path) -> ctypes.CDLL | None:
    """Compile choice.c into `folder` and load it; None without a compiler.

    Raises:
        RuntimeError: if the compiler refuses the file.
    """
    cc, library = compiler(), folder / "choice.so"
    if cc is None:
        return None
    command = [cc, *FLAGS, "-shared", "-fPIC", str(SOURCE), "-o", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_BUILD, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return ctypes.CDLL(str(library))


def address(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    """Address of a contiguous array."""
    if not array.flags.c_contiguous:
        raise ValueError("C reads contiguous arrays only")
    return ctypes.c_void_p(array.ctypes.data)


class CChoice:
    """choice.c at a task; `choose` and `expect` fill `choice` and `chance` as the kernel's do."""

    def __init__(self, library: ctypes.CDLL, task: Task) -> None:
        ch, keys = task.channels, task.keys
        self.library = library
        self.task = task
        self.choice = np.zeros(task.people, np.int32)
        self.chance = np.zeros((len(ch.host), task.people), np.float32)
        arrays = [address(getattr(ch, name)) for name in POINTERS]
        self.market = CMarket(len(ch.host), len(ch.similarity), *arrays)
        self.keys = CKeys(address(keys.channels), address(keys.nests), int(keys.nothing))

    def choose(self) -> None:
        """Realised choices."""
        task = self.task
        self._call(
            self.library.choose_all, ctypes.byref(self.market), ctypes.byref(self.keys), address(task.person),
            ctypes.c_int64(task.people), address(task.utility), address(task.outside), address(self.choice),
        )  # fmt: skip

    def expect(self) -> None:
        """Choice probabilities."""
        task = self.task
        self._call(
            self.library.expect_all, ctypes.byref(self.market), ctypes.c_int64(task.people),
            address(task.utility), address(task.outside), address(self.chance),
        )  # fmt: skip

    @staticmethod
    def _call(function: ctypes._NamedFuncPointer, *arguments: object) -> None:
        if function(*arguments) != 0:
            raise RuntimeError("choice.c has room for 32 channels and 32 nests")
