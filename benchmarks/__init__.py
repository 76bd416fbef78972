"""How fast egop is, beside its peers in the same process: `make bench`."""
