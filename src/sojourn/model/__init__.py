"""The nouns: pure, without I/O and without a clock; `now` is an argument."""
