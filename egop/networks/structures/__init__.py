"""How the EGOP of a block is held while gradients come, and which basis is made of it."""
