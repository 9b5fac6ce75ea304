"""Which tables exist and what feeds them, as Dagster assets in the order of flow."""
