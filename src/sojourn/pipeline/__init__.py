"""The verbs: what happens to an event from the payload to its session."""
