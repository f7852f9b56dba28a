"""What the commands do; `cli` says what they are called and what they take.

A command loads what it needs: most of the time of a short one would go into loading a store and a server.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sojourn.commands import benching, copying, importing, listing, serving, upkeep

__all__ = ["benching", "copying", "importing", "listing", "serving", "upkeep"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
