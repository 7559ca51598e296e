"""From an accepted event to its target's answer: engine, signature, guard, HTTP client."""
