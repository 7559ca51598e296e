"""What makes the sandbox a test bench: faults, receivers, a request log, and time to move."""
