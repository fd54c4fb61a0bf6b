"""Regressions of demand: counts of contacts by setting, from grouped covariate patterns."""
