"""Where everything is kept: a folder of this machine, or a cluster by its URL."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PASSWORD = re.compile(r"(//[^:/@]*):[^@]*@")


@dataclass(frozen=True)
class Place:
    """`folder` is that of the socket, through which the owner's commands reach a server; without a cluster everything
    is kept there. As a text a cluster's URL is without its password.
    """

    folder: Path
    cluster: str | None = None

    @classmethod
    def of(cls, text: str) -> "Place":
        if "://" not in text:
            return cls(Path(text))
        name = hashlib.sha256(masked(text).encode()).hexdigest()[:16]
        return cls(Path(tempfile.gettempdir()) / f"sojourn-{os.getuid()}-{name}", text)

    def make(self) -> None:
        """The folder of a cluster's socket, for its owner alone; a folder of data is made by the store."""
        if self.cluster is not None:
            self.folder.mkdir(mode=0o700, exist_ok=True)

    def __str__(self) -> str:
        return str(self.folder) if self.cluster is None else masked(self.cluster)


def masked(url: str) -> str:
    """The URL without its password."""
    return _PASSWORD.sub(r"\1:***@", url)
