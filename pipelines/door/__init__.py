"""The door: what is about to be published, validated by Great Expectations as its readers will see it."""
