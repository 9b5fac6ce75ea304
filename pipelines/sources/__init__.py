"""Raw sources: how a delivery is found, read and turned into checked rows."""
