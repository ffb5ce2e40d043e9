"""Retail market-entry simulation: who wins, who loses and what remains when a retailer enters."""

__version__ = "0.1.0"
