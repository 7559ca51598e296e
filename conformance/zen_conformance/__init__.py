"""The black-box conformance suite for servers of the Zen Mesh customer API."""
