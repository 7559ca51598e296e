"""What a run found: one value (`model.py`), folded from the checks' records, and its renderings."""
