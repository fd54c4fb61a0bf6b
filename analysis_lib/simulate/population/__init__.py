"""A linked population with known truth: people, conditions, medicines and contacts over three years."""

from analysis_lib.simulate.population.run import simulate_population

__all__ = ["simulate_population"]
