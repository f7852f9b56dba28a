"""How patiently the client tries again."""

import msgspec

from sojourn.errors import InvalidRequest


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often a request is made, and how long it waits in between, in seconds.

    The pause after a try is drawn between half and all of a span that begins at `first_pause` and doubles up to
    `longest_pause`. A Retry-After of the server is kept: no pause is shorter. It ends after `most_tries`, or before
    the pauses of one request sum up to more than `most_waiting`. Raises InvalidRequest for unfit numbers.
    """

    most_tries: int = 8
    most_waiting: float = 120.0
    first_pause: float = 0.25
    longest_pause: float = 20.0

    def __post_init__(self) -> None:
        if self.most_tries < 1:
            raise InvalidRequest(f"most_tries is {self.most_tries}; allowed is 1 or more.")
        for name in ("most_waiting", "first_pause", "longest_pause"):
            if not getattr(self, name) >= 0:
                raise InvalidRequest(f"{name} is {getattr(self, name)}; allowed is 0 or more seconds.")

    def pause(self, tries: int, waited: float, retry_after: float | None, chance: float) -> float | None:
        """Seconds until the next try, after so many tries and seconds of waiting; None: no more. chance: 0 to 1."""
        span = min(self.longest_pause, self.first_pause * 2 ** min(tries - 1, 60))
        pause = span * (1 + chance) / 2
        if retry_after is not None:
            # All who were sent away together are told the same second: they must not all come back in it.
            pause = max(pause, retry_after + self.first_pause * chance)
        return pause if tries < self.most_tries and waited + pause <= self.most_waiting else None
