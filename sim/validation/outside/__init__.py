"""The model beside outside packages: prices, re-estimated choices, closed forms."""

from sim.validation.outside.table import outside

__all__ = ["outside"]
