"""Superset: what its four dashboards show is declared in `dashboards.py`; words come from the tables' declarations."""
