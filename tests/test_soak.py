"""A short soak run; `make soak` is the long one."""

import os
import random
from pathlib import Path

import pytest

from tests.soak.run import soak, tell


@pytest.mark.slow
def test_a_server_under_load_holds_what_it_promises_whatever_goes_wrong(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.randrange(1, 1 << 32)
    tell(f"SOAK_SEED={seed}")
    soak(tmp_path, seconds=15, seed=seed)
