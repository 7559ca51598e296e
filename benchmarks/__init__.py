"""What measures the sandbox against others: `python -m benchmarks` from the checkout."""
