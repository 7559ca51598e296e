"""Makes a server to start from: `zen-contract stubs`."""
