"""Measurements of egop's speed beside its peers in the same process: `make bench`."""
