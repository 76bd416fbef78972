"""What a comparison says: numbers and words behind the explorer's pictures, one question a file."""
