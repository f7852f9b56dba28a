"""Where everything is kept: a folder of this machine, or a cluster by its URL."""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sojourn.errors import StoreError

_SCHEME = "clickhouse:"
# From the first colon behind the scheme to the last @, whatever of a name or a password should have been escaped.
_PASSWORD = re.compile(r"^(\w+:/*[^:]*):.*@", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """`folder` is that of the socket, through which the owner's commands reach a server; without a cluster everything
    is kept there. As a text a cluster's URL is without its password.
    """

    folder: Path
    cluster: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, text: str) -> "Place":
        if "://" not in text and not text.startswith(_SCHEME):  # one with too few slashes is no folder either
            return cls(Path(text))
        name = hashlib.sha256(masked(text).encode()).hexdigest()[:16]
        below = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        return cls(Path(below) / f"sojourn-{os.getuid()}-{name}", text)

    def make(self) -> None:
        """The folder of a cluster's socket, for its owner alone; a folder of data is made by the store.

        Raises StoreError when somebody else made it, or it cannot be made.
        """
        if self.cluster is not None:
            try:
                self.folder.mkdir(mode=0o700, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"The folder {self.folder} cannot be made: {error.strerror}; give another place by XDG_RUNTIME_DIR."
                ) from error
            if not self.is_own():
                raise StoreError(f"The folder {self.folder} is not this account's alone; remove it.")

    def is_own(self) -> bool:
        """Whether nobody else can have put a socket there. A folder of data is whose it is."""
        if self.cluster is None:
            return self.folder.is_dir()
        try:
            found = self.folder.lstat()
        except OSError:
            return False  # nor can a command of this account put one there
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077

    def __str__(self) -> str:
        return str(self.folder) if self.cluster is None else masked(self.cluster)


def masked(url: str) -> str:
    """The URL without its password."""
    return _PASSWORD.sub(r"\1:***@", url)
