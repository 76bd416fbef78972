"""The file of an experiment of one's own registers it when it is imported: tests alone do that."""

collect_ignore = ["own_experiment.py"]
