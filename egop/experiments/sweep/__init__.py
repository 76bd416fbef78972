"""The rate sweep of a network experiment: groups of runs, their training, their rates and paths."""
