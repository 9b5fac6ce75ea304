"""Ledgers: the current truth of each feed."""
