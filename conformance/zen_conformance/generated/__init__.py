"""Checks that make up their own requests: fuzzed bodies and queries, and random histories."""
