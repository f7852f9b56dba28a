"""Rate limits: the law of the window, and that what is said about waiting is true."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from sojourn.model.bounds import WINDOW, Limiter

START = 1_780_000_000_000
LIMIT = 10
# (milliseconds since the one before, how many at once)
ASKED = st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, LIMIT)), max_size=60)


@given(ASKED)
def test_never_more_than_the_limit_in_any_minute(asked: list[tuple[int, int]]) -> None:
    limiter = Limiter(LIMIT)
    instants = list(accumulate((pause for pause, _ in asked), initial=START))[1:]
    taken = [(at, count) for at, (_, count) in zip(instants, asked, strict=True) if not limiter.take("key", count, at)]
    for end, _ in taken:
        assert sum(count for at, count in taken if end - WINDOW * 1000 < at <= end) <= LIMIT


@given(ASKED)
def test_after_what_is_said_it_is_taken_and_not_a_second_before(asked: list[tuple[int, int]]) -> None:
    now = START
    limiter = Limiter(LIMIT)
    for pause, count in asked:
        now += pause
        seconds = limiter.take("key", count, now)
        if seconds:
            assert 1 <= seconds <= WINDOW + 1
            if seconds > 1:
                assert limiter.take("key", count, now + (seconds - 1) * 1000) == 1
            now += seconds * 1000
            assert limiter.take("key", count, now) == 0


def test_keys_do_not_share_and_refusing_takes_nothing() -> None:
    limiter = Limiter(3)
    assert limiter.take("a", 2, START) == 0
    assert limiter.take("a", 2, START) > 0
    assert limiter.take("a", 1, START) == 0
    assert limiter.take("b", 3, START) == 0


def test_zero_is_off_and_what_never_fits_is_known() -> None:
    assert [Limiter(0).take("a", 10_000, START) for _ in range(3)] == [0, 0, 0]
    assert Limiter(0).can_fit(10_000)
    assert Limiter(5).can_fit(5)
    assert not Limiter(5).can_fit(6)


def test_of_too_many_keys_the_one_that_asked_longest_ago_is_forgotten() -> None:
    limiter = Limiter(1, most_keys=2)
    for key in ("a", "b", "a", "c"):
        limiter.take(key, 1, START)
    assert limiter.take("a", 1, START) > 0
    assert limiter.take("b", 1, START) == 0


def test_a_clock_that_goes_back_neither_frees_nor_locks_a_key() -> None:
    limiter = Limiter(1)
    assert limiter.take("a", 1, START) == 0
    assert limiter.take("a", 1, START - 2000) == WINDOW + 3
    assert limiter.take("a", 1, START - 2000 + (WINDOW + 3) * 1000) == 0
    assert limiter.take("a", 1, START - 86_400_000) == 0
