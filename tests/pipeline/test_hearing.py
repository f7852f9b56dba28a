"""What a process learns of how far the others are wakes its work when there is something that it can do now."""

from sojourn.pipeline.commits import CommitLog


def test_what_waited_for_others_is_worked_off_when_they_have_settled() -> None:
    log = CommitLog(0, lambda: 1)
    with log.commit() as own:
        pass
    assert not log.hear(own - 1, {"b": 0}, 0)
    assert log.settled() == own - 1
    assert log.hear(own, {"b": 0}, 0)
    assert log.settled() == own
    assert not log.hear(own + 5, {"b": 0}, 0)


def test_a_commit_of_another_one_is_new_once() -> None:
    log = CommitLog(0, lambda: 1)
    assert log.hear(0, {"b": 7}, 7)
    assert not log.hear(0, {"b": 7}, 7)
