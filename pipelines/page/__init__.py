"""The manager's page: one file that opens by double click and tells the newest as-of month from the published tables."""
