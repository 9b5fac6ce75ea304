"""Feeds, delivery by delivery."""
