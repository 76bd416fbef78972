"""The served page around explorer and lab: what the browser loads, its address, its connection."""
