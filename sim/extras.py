"""Optional packages: imported where they are needed, with one clear error where they are not installed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def optional(module: str, extra: str) -> ModuleType:
    """A module of an optional package.

    Args:
        module: its name.
        extra: the extra of this package that installs it.

    Raises:
        ModuleNotFoundError: if it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise ModuleNotFoundError(
            f"{package} is not installed: pip install 'retail-entry-sim[{extra}]'", name=error.name
        ) from error
