"""From a form to a request of the API and back: fields, the request, what follows it."""
