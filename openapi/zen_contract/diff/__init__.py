"""What a change of a contract means to its customers: breaking, compatible or editorial.

Start at `compare.py`. It needs nothing but the package itself.
"""
