"""Every error a user can meet, each knowing its code, its HTTP status and what to do next."""

SCARCE = (OSError, MemoryError, RuntimeError)  # for want of room, of memory or of a thread: it may be there again soon


class SojournError(Exception):
    """The parent of all; the message says what is wrong and what to do."""

    code = "InternalError"
    status = 500
    retry_after: int | None = None  # seconds after which the same request may be taken

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(SojournError):
    code = "InvalidRequest"
    status = 400


class Unauthorized(SojournError):
    code = "Unauthorized"
    status = 401


class Forbidden(SojournError):
    code = "Forbidden"
    status = 403


class NotFound(SojournError):
    code = "NotFound"
    status = 404


class PayloadTooLarge(SojournError):
    code = "PayloadTooLarge"
    status = 413


class RateLimitExceeded(SojournError):
    """Nothing of the request was taken; after `retry_after` seconds it is."""

    code = "RateLimitExceeded"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many requests. Retry after {retry_after} seconds.")
        self.retry_after = retry_after


class Unavailable(SojournError):
    """Not acknowledged: the request may be repeated, and repeating is safe."""

    code = "Unavailable"
    status = 503

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreError(SojournError):
    """The store cannot be opened or used: a locked or read-only folder, newer data, a wrong URL."""

    code = "StoreError"
    status = 503
    retry_after = 1


class FileError(SojournError):
    """A file that cannot be read or written, or a column that is not in it."""

    code = "FileError"
    status = 400


ERRORS = (
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    PayloadTooLarge,
    RateLimitExceeded,
    Unavailable,
    StoreError,
    FileError,
)
