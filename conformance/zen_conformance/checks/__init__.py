"""The checks, one short function for one requirement; `zen-conformance explain` says which."""
