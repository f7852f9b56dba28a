"""Sojourn: events in, sessions out."""

from sojourn.frames import sessionize
from sojourn.model.version import VERSION

__version__ = VERSION
__all__ = ["__version__", "sessionize"]
