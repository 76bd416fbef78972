"""The tests of egop: they mirror the package, folder by folder."""
