"""The exception that ends a run before its end."""


class Cancelled(Exception):  # noqa: N818
    """A run was asked to end; what it had finished is kept, and it can be continued."""
