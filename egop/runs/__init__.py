"""The folder of a run and of all runs: what is kept, how it stands, and who writes to it."""
