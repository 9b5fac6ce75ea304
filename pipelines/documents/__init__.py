"""Written documents: what a person prints, signs and files."""
