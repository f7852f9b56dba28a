"""`sojourn` with a clock that jumps: so many seconds as the file SOAK_CLOCK says are added to the machine's.

Every instant in the server comes from `time.time_ns`, and it is replaced before the server is imported.
"""

import os
import time
from pathlib import Path

_real_ns = time.time_ns
_file = Path(os.environ["SOAK_CLOCK"])


def _jumping_ns() -> int:
    return _real_ns() + int(_file.read_text() or 0) * 1_000_000_000


def main() -> None:
    time.time_ns = _jumping_ns
    from sojourn.cli import main as sojourn

    sojourn()


if __name__ == "__main__":
    main()
