"""The path of a request, in order: gate, routing, security, validation, endpoint, handler."""
