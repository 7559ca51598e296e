"""From an accepted event to an answer of its target: queue, engine, signature, guard, HTTP client."""
