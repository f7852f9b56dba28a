"""Commands as an operator types them, within the process of the tests, which has loaded what they need: a process of
their own would take most of its time to begin. `run` has that of `test_serving`, `test_several` and others.
"""

import contextlib
import io
import subprocess
import sys
from unittest import mock

from sojourn.cli import main
from sojourn.commands import terminal

# Not COLUMNS: consoles of a process may be made before.
terminal.out.width = terminal.err.width = 200


def typed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`sojourn …` on a cluster, with a wide terminal. Not for `serve`, which sets up its process."""
    with (
        mock.patch.object(sys, "argv", ["sojourn", *arguments]),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
