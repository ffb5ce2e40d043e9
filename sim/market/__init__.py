"""The market: builds both sides from a scenario and runs the phases of a week in order."""

from sim.market.market import CityTier, Market

__all__ = ["CityTier", "Market"]
