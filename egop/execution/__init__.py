"""The execution of experiments: by this process, a local cluster, or one that is there already."""
