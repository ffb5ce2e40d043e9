"""Scenarios: what a user writes, checked and explained."""

from sim.scenario.errors import Origin, Problem, ScenarioError
from sim.scenario.reading.loader import LoadedScenario, load
from sim.scenario.reading.quantity import Quantity
from sim.scenario.schema import Scenario

__all__ = ["LoadedScenario", "Origin", "Problem", "Quantity", "Scenario", "ScenarioError", "load"]
