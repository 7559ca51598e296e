"""The test bench's operations: everything of `zen-sandbox.v1.yaml` below `/sandbox/`."""
