"""The mutants, by the area of the ledger that each one breaks.

What a mutant predicts is written before the suite is run against it, and never adapted to what the
suite happens to find.
"""
