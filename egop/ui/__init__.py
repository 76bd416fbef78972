"""Parts that the explorer and the lab share: the way back to a document, and into a notebook."""
