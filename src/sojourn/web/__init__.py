"""HTTP: the API, and the one place that knows what an error means to a client."""
