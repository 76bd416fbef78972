"""Figures of runs while they grow and afterwards: datasets in, nothing is computed but medians."""
