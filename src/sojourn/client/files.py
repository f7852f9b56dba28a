"""A file that is whole or not there."""

from pathlib import Path
from types import TracebackType
from typing import IO, Self

from sojourn.client.steps import Request
from sojourn.errors import FileError, InvalidRequest

KINDS = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}


def kind_of(path: Path) -> str:
    """The media type of a file by its ending. Raises InvalidRequest for another than .csv and .parquet."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise InvalidRequest(f"{path} has another ending than {' and '.join(KINDS)}; the ending says what is written.")
    return kind


class Part:
    """Takes what comes; the file is there when all came, and what was there before stays until then.

    Raises FileError when it cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(target.name + ".part")
        self._file: IO[bytes] | None = None

    @classmethod
    def of(cls, request: Request) -> Self:
        assert request.target is not None
        return cls(request.target)

    def __enter__(self) -> Self:
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            raise self._error(error) from None
        return self

    def write(self, chunk: bytes) -> None:
        assert self._file is not None
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._error(error) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        try:
            self._file.close()
            if kind is None:
                self._part.replace(self._target)
        except OSError as failed:
            raise self._error(failed) from None
        finally:
            self._part.unlink(missing_ok=True)

    def _error(self, error: OSError) -> FileError:
        return FileError(f"{self._target} cannot be written: {error.strerror}.")
