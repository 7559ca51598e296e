"""A second implementation of the API, written from the decisions and seeds alone.

It shares no code with the sandbox, and wherever the contract leaves a choice it takes the one that
the sandbox does not, so that the suite can be caught accusing a server that is right.
"""
