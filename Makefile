# Placeholder until the targets land.
