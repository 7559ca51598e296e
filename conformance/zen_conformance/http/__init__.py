"""One request and its answer: sent as given, recorded whole, shown without secrets."""
