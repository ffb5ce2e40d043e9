"""The same bits whichever loops the linear-algebra library and numpy choose for the processor."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from hashlib import blake2b

import pandas as pd
import pytest

from tests.eventful import WEEKS, eventful, opened, run, tables

PROCESSORS: Mapping[str, Mapping[str, str]] = {
    "an old core": {"OPENBLAS_CORETYPE": "Prescott"},
    "a core without fused multiplication": {"OPENBLAS_CORETYPE": "Sandybridge"},
    "numpy without wide vectors": {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
}
"""Variables of the environment that make the libraries take other loops than this processor's."""


def digest() -> str:
    """Digest of all tables of a market in which everything happens."""
    found = blake2b(digest_size=16)
    with opened(eventful()) as market:
        for table in tables(run(market, WEEKS)).values():
            found.update(pd.util.hash_pandas_object(table.astype(str), index=True).to_numpy().tobytes())
            for column in table.select_dtypes("number"):
                found.update(table[column].to_numpy().tobytes())
    return found.hexdigest()


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="the names are of x86")
def test_results_do_not_depend_on_the_processor() -> None:
    """Expected: the bits of this processor."""
    here = digest()
    for name, variables in PROCESSORS.items():
        other = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.test_processors"],
            env={**os.environ, **variables}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert other.stdout.split() == [here], name


if __name__ == "__main__":
    print(digest())
