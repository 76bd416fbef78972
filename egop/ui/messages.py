"""Sentences as HTML that screen readers read out when they change."""

from html import escape


def status(sentence: str) -> str:
    """A sentence on what goes on."""
    return f'<p role="status">{escape(sentence)}</p>'


def alert(sentence: str) -> str:
    """A sentence on what is wrong."""
    return f'<p role="alert">{escape(sentence)}</p>'
