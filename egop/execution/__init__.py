"""Where experiments run: this process, a local cluster, or one that is already there."""
