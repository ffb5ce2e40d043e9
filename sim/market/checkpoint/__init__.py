"""States of a market between two weeks: taken, kept in files, continued under any scenario that fits."""

from sim.market.checkpoint.file import branch, read, resume, save, write
from sim.market.checkpoint.restore import SavedStateError
from sim.market.checkpoint.snapshot import State, take

__all__ = ["SavedStateError", "State", "branch", "read", "resume", "save", "take", "write"]
