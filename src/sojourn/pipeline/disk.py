"""The disk on which the data folder lies: how much of it is left, and a warning before it is full."""

import logging
import os
from pathlib import Path

MB = 1_000_000

log = logging.getLogger("sojourn.disk")


class Disk:
    """Free and total bytes as of the last look; `is_low` while less is free than `warn_mb` (0: never)."""

    def __init__(self, folder: Path, warn_mb: int) -> None:
        self._folder = folder
        self._warn_bytes = warn_mb * MB
        self.free_bytes = 0
        self.total_bytes = 0
        self.is_low = False
        self.look()

    def look(self) -> None:
        """Look again; one line in the log when it became low or is no longer. A disk that does not answer is low."""
        try:
            disk = os.statvfs(self._folder)
        except OSError:
            self.free_bytes = 0
        else:
            self.free_bytes = disk.f_bavail * disk.f_frsize
            self.total_bytes = disk.f_blocks * disk.f_frsize
        was_low, self.is_low = self.is_low, self.free_bytes < self._warn_bytes
        told = {"free_mb": self.free_bytes // MB, "warn_mb": self._warn_bytes // MB}
        if self.is_low and not was_low:
            log.warning("the disk of the data folder is nearly full; make room", extra={"fields": told})
        elif was_low and not self.is_low:
            log.info("the disk of the data folder has room again", extra={"fields": told})
