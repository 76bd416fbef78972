"""Hooks that Panel calls when `panel serve app` starts and ends."""

from egop.page import lifecycle
from egop.page.compression import compress
from egop.page.incoming import bound_messages
from egop.page.routes import close_routes

compress()  # the server is made right after it has read this file
close_routes()
bound_messages()


def on_server_loaded(server_context) -> None:
    """Called by Panel before the first visitor comes."""
    lifecycle.start()


def on_server_unloaded(server_context) -> None:
    """Called by Panel when the server ends."""
    lifecycle.end()
