"""Makes the report of what the notebooks released, looks through it, and carries it away."""
