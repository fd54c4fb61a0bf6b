"""How often the report's intervals hold the truth: figures of many simulated worlds, by kind of interval."""
