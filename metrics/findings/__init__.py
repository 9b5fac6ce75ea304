"""Findings: judgements that a person may have to act on; one module per topic, one expression per rule."""
