"""Does the conformance suite find a broken server? Some hundred servers, each with one fault.

`python -m tests.conformance.mutants` holds the suite against them; `serve.py` starts one by hand.
"""
