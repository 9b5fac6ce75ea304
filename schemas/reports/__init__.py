"""The reporting tables and dimensions: one file each."""
