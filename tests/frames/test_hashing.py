"""The vectorised hash is the xxhash package's."""

import pyarrow as pa
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from sojourn.frames.hashing import xxh64, xxh64_upper


def reference(texts: list[bytes]) -> list[int]:
    return [xxhash.xxh64_intdigest(text) for text in texts]


@given(st.lists(st.binary(max_size=150), max_size=60))
def test_equals_the_package(texts: list[bytes]) -> None:
    for kind in (pa.binary(), pa.large_binary()):
        assert xxh64(pa.array(texts, kind)).tolist() == reference(texts)


@given(st.lists(st.text(max_size=20), min_size=3, max_size=30), st.integers(0, 3), st.integers(0, 30))
def test_of_slices_and_chunks(texts: list[str], start: int, length: int) -> None:
    whole = pa.array(texts)
    part = whole.slice(start, length)
    wanted = reference([text.as_py().encode() for text in part])
    assert xxh64(part).tolist() == wanted
    both = pa.chunked_array([part, whole])
    assert xxh64(both).tolist() == wanted + reference([text.encode() for text in texts])
    assert xxh64_upper(both).tolist() == [number >> 32 for number in xxh64(both).tolist()]


def test_every_length_around_the_steps_of_the_method() -> None:
    texts = [bytes(range(length)) for length in range(200)]
    assert xxh64(pa.array(texts)).tolist() == reference(texts)


def test_more_texts_than_a_block() -> None:
    texts = [str(number * 7919).encode() for number in range(150_000)]
    assert xxh64(pa.array(texts)).tolist() == reference(texts)


def test_of_nothing() -> None:
    assert xxh64(pa.chunked_array([], pa.string())).tolist() == []
    assert xxh64(pa.array([], pa.string())).tolist() == []
    assert len(xxh64(pa.array([None, "a"]))) == 2
