"""Dashboards as code for the BI tools that read the published tables."""
