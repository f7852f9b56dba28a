"""Sojourn: events in, sessions out."""

from sojourn.frames import sessionize

__version__ = "0.1.0"
__all__ = ["__version__", "sessionize"]
