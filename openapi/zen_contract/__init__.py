"""The Zen Mesh contracts: load them, lint them, look at them."""

__version__ = "0.1.0"
