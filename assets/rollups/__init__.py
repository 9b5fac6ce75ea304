"""Rollups: what several reports share, summed once."""
