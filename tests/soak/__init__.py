"""A server under constant load while things go wrong at random: `make soak`, and a short run in `tests/test_soak.py`."""
