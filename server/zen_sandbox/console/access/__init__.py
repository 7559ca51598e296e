"""Who gets in: one-time links, sessions, signing in and out."""
