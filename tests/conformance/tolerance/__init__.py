"""Does the conformance suite leave servers alone that are odd but keep the contract?

`python -m tests.conformance.tolerance` runs it against each; `serve.py` starts one by hand.
"""
