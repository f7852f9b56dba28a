"""XXH64 with seed 0 of every text of an Arrow array at once.

The method is the published one of Y. Collet (doc/xxhash_spec.md of xxHash). Texts of one length take the same
steps, so each block is grouped by length and every step is one NumPy operation over the group.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sojourn.frames.blocks import Numbers, spans, spread

_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)
_STRIPE = 32
# What the four accumulators of a long text begin with: P1 + P2, P2, 0 and -P1.
_SEEDS = tuple(np.uint64(seed % 2**64) for seed in (int(_P1) + int(_P2), int(_P2), 0, -int(_P1)))


def xxh64(texts: pa.Array | pa.ChunkedArray) -> Numbers:
    """Hash n strings or binaries by their bytes: uint64[n]; that of a null is any number."""
    hashes = np.empty(len(texts), np.uint64)

    def fill(part: "_Part") -> None:
        hashes[part.span] = _hash_block(part.raw, part.offsets)

    spread(fill, _parts(texts))
    return hashes


def xxh64_upper(texts: pa.Array | pa.ChunkedArray) -> Numbers:
    """Hash as `xxh64` and keep the upper 32 bits: uint32[n]."""
    hashes = np.empty(len(texts), np.uint32)

    def fill(part: "_Part") -> None:
        hashes[part.span] = _hash_block(part.raw, part.offsets) >> np.uint64(32)

    spread(fill, _parts(texts))
    return hashes


class _Part(NamedTuple):
    """A block of texts: where they lie in the whole, their offsets and the bytes."""

    span: slice
    offsets: Numbers
    raw: Numbers


def _parts(texts: pa.Array | pa.ChunkedArray) -> Iterator[_Part]:
    done = 0
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        offsets, raw = text_bytes(chunk)
        for span in spans(len(chunk)):
            yield _Part(slice(done + span.start, done + span.stop), offsets[span.start : span.stop + 1], raw)
        done += len(chunk)


def text_bytes(texts: pa.Array) -> tuple[Numbers, Numbers]:
    """The n + 1 offsets of n texts, and the bytes (uint8) that they point into, both without a copy."""
    wide = texts.type in (pa.large_string(), pa.large_binary())
    width = np.dtype(np.int64 if wide else np.int32)
    _, offsets, raw = texts.buffers()
    if offsets is None or not len(texts):
        return np.zeros(len(texts) + 1, width), np.empty(0, np.uint8)
    start = texts.offset * width.itemsize
    view = np.frombuffer(offsets, width, len(texts) + 1, start)
    return view, np.empty(0, np.uint8) if raw is None else np.frombuffer(raw, np.uint8)


def _hash_block(raw: Numbers, offsets: Numbers) -> Numbers:
    starts = offsets[:-1]
    lengths = offsets[1:] - starts
    shortest, longest = lengths.min(), lengths.max()
    if shortest == longest:
        return _hash_alike(raw, starts, int(shortest))
    hashes = np.empty(len(starts), np.uint64)
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for rows in np.split(order, edges):
        hashes[rows] = _hash_alike(raw, starts[rows], int(lengths[rows[0]]))
    return hashes


def _hash_alike(raw: Numbers, starts: Numbers, length: int) -> Numbers:
    """The hashes of the texts that begin at `starts` and are all `length` bytes long."""
    words, halves = _lanes(raw, np.uint64), _lanes(raw, np.uint32)
    done = length - length % _STRIPE
    hashes = _hash_stripes(words, starts, done) if done else np.full(len(starts), _P5)
    hashes += np.uint64(length)
    while length - done >= 8:
        hashes ^= _round(np.zeros_like(hashes), words[starts + done])
        hashes = _rotate(hashes, 27) * _P1 + _P4
        done += 8
    if length - done >= 4:
        hashes ^= halves[starts + done].astype(np.uint64) * _P1
        hashes = _rotate(hashes, 23) * _P2 + _P3
        done += 4
    for at in range(done, length):
        hashes ^= raw[starts + at].astype(np.uint64) * _P5
        hashes = _rotate(hashes, 11) * _P1
    return _avalanche(hashes)


def _hash_stripes(words: Numbers, starts: Numbers, length: int) -> Numbers:
    """Four accumulators over stripes of 32 bytes, then merged."""
    sums = [np.full(len(starts), seed) for seed in _SEEDS]
    for at in range(0, length, _STRIPE):
        for lane in range(4):
            sums[lane] = _round(sums[lane], words[starts + (at + lane * 8)])
    hashes = _rotate(sums[0], 1) + _rotate(sums[1], 7) + _rotate(sums[2], 12) + _rotate(sums[3], 18)
    for each in sums:
        hashes ^= _round(np.zeros_like(each), each)
        hashes = hashes * _P1 + _P4
    return hashes


def _lanes(raw: Numbers, kind: type[np.uint64] | type[np.uint32]) -> Numbers:
    """The little-endian number that begins at each byte."""
    size = np.dtype(kind).itemsize
    count = len(raw) - size + 1
    if count < 1:
        return np.empty(0, kind)
    return np.ndarray((count,), np.dtype(kind).newbyteorder("<"), raw.data, strides=(1,))


def _round(sums: Numbers, lanes: Numbers) -> Numbers:
    return _rotate(sums + lanes * _P2, 31) * _P1


def _rotate(numbers: Numbers, bits: int) -> Numbers:
    return numbers << np.uint64(bits) | numbers >> np.uint64(64 - bits)


def _avalanche(hashes: Numbers) -> Numbers:
    hashes ^= hashes >> np.uint64(33)
    hashes *= _P2
    hashes ^= hashes >> np.uint64(29)
    hashes *= _P3
    hashes ^= hashes >> np.uint64(32)
    return hashes
