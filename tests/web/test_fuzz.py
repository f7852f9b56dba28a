"""What the OpenAPI document allows and forbids, sent to a real server: every answer is one that the document has.

FUZZ_REQUESTS says how many requests (`make fuzz`: 20,000), FUZZ_SEED which. The same seed tries the same.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from sojourn.web.openapi import document
from tests.serving import Server
from tests.web.fuzzing import ACCEPTS, AnyCase, Known, Operation, Prober, filled, keys_of, known_of, modes_of, put

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
# Requests of an operation, allowed and forbidden ones each, before what there is to ask for is made anew.
AT_ONCE = min(100, max(20, REQUESTS // 100))
# So that an operation that never gets anywhere ends the test too.
MOST_ROUNDS = REQUESTS // 200 + 5
# What changes and what takes away comes last, so that what else is asked finds something.
ORDER = ("get", "post", "patch", "delete")


def operations() -> list[Operation]:
    config = schemathesis.Config()
    # Keys are drawn here: one in two that is none would get nowhere.
    config.projects.default.generation.update(with_security_parameters=False)
    schema = schemathesis.openapi.from_dict(document(), config=config)
    found = [schema[path][method] for path, methods in document()["paths"].items() for method in methods]
    return sorted(found, key=lambda each: (ORDER.index(each.method), each.label))


OPERATIONS = operations()
LABELS = [operation.label for operation in OPERATIONS]


def probe(prober: Prober, operation: Operation, keys: list[str | None], known: Known, seed: int) -> None:
    for mode in modes_of(operation):
        cases = operation.as_strategy(generation_mode=mode)

        @hypothesis.seed(f"{seed} {operation.label} {mode.value}")
        @hypothesis.settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            # How long a case takes to make is not what is tested.
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(cases, st.sampled_from(keys), st.sampled_from(ACCEPTS), known_of(operation, known))
        def send(case: AnyCase, key: str | None, accept: str | None, change: tuple[str, Any, bool]) -> None:
            name, value, is_alone = change
            put(case, name, value, is_alone=is_alone)
            prober.send(case, key, accept)

        send()


def probe_all(server: Server, prober: Prober) -> None:
    """Round by round until so many requests were sent, and each operation did once what it is for."""
    keys, number = keys_of(server), 0
    while prober.sent.total() < REQUESTS or (prober.lacking(LABELS) and number < MOST_ROUNDS):
        number += 1
        known = filled(server, number)
        for operation in OPERATIONS:
            probe(prober, operation, keys, known, SEED + number)
    # After all that was thrown at it, events still become sessions.
    filled(server, number + 1)


@pytest.mark.timeout(600 + REQUESTS // 5)
def test_every_answer_is_documented(tmp_path: Path) -> None:
    server = Server(tmp_path, SOJOURN_EVENT_LIMIT="0").start()
    prober = Prober(str(server.client.base_url))
    try:
        probe_all(server, prober)
        log = server.output().splitlines()
    finally:
        server.close()
        prober.session.close()
    # Told whole: an assertion would cut it.
    if prober.faults:
        pytest.fail("\n\n".join(f"{kind}\n{told}" for kind, told in sorted(prober.faults.items())), pytrace=False)
    assert [line for line in log if " error " in line] == []
    assert prober.lacking(LABELS) == []
    assert prober.sent.total() >= REQUESTS
    assert set(prober.sent) == set(LABELS)
    statuses = Counter[int]()
    for (_, status), count in prober.answered.items():
        statuses[status] += count
    told = ", ".join(f"{count:,} of {status}" for status, count in sorted(statuses.items()))
    # What `make fuzz` shows.
    print(f"{prober.sent.total():,} requests of {len(LABELS)} operations: {told}")  # noqa: T201
