"""The feeds: one file each."""
