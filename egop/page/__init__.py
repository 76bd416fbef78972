"""The served page around explorer and lab: what the browser loads, its address, its connection."""

NO_ROOM = """
:host { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""
"""The style of a component that nobody sees."""
