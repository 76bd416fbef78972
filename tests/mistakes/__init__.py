"""Mistakes that people make, and the sentence that answers each."""
