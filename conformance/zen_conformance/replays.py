"""What a replay is: the first answer again, said to be one."""

import uuid
from collections.abc import Callable
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.writes import Write

REPLAYED = "Idempotency-Replayed"


def a_key() -> str:
    """A key that nothing else has."""
    return f"zc-{uuid.uuid4().hex}"


def must_replay(
    again: Answer, first: Answer, plain: Callable[[], tuple[Answer, Answer]] | None = None
) -> None:
    """Fail unless one answer is the other again, by status, body and Location.

    With a `plain` replay and its first answer it is NotRun when those two differ as well.
    """
    try:
        _must_be_alike(again, first)
    except ConformanceFailure:
        if plain is not None:
            _must_replay_plainly(*plain())
        raise


def _must_be_alike(again: Answer, first: Answer) -> None:
    again.expect(first.status, why="it has the key of an earlier request that is the same")
    if first.body or again.body:
        again.must(again.document == first.document, "a replayed body is not the first answer's")
    location = first.header("Location")
    again.must(
        again.header("Location") == location,
        f"a replayed Location is {again.header('Location')!r} instead of {location!r}",
    )


def _must_replay_plainly(again: Answer, first: Answer) -> None:
    try:
        _must_be_alike(again, first)
    except ConformanceFailure as failure:
        raise NotRun(f"no replay is as it should be: {failure.message}") from failure


def must_be_marked(again: Answer, plain: Callable[[], Answer] | None = None) -> None:
    """Fail unless the answer says that it is a replay.

    With a `plain` replay it is NotRun when that does not say so either: then nothing can be told.
    """
    said = again.header(REPLAYED)
    if said != "true" and plain is not None and plain().header(REPLAYED) != "true":
        raise NotRun(f"{again.asked}: no replay has {REPLAYED}")
    again.must(
        said == "true",
        f"{again.asked} with a known key was answered {again.summary()} with {REPLAYED} {said!r}",
    )


def plain_replay(write: Write) -> Answer:
    """The second answer to a write that is sent twice as it is."""
    return sent_twice(write)[0]


def sent_twice(write: Write) -> tuple[Answer, Answer]:
    """The second answer to a write that is sent twice as it is, and the first."""
    key = a_key()
    first = write.send(key)
    return write.send(key), first


def must_be_first(answer: Answer) -> None:
    """Fail when the answer is a replay."""
    answer.must(answer.header(REPLAYED) is None, f"{answer.asked}: a first answer has {REPLAYED}")


def must_take_effect(write: Write, key: str, *, why: str, **changed: Any) -> Answer:
    """The answer to the write with that key, when it is a success that is no replay.

    A write that another key of that length is refused with as well says nothing of the key.
    """
    answer = write.send(key, **changed)
    if answer.status >= 300:
        another = write.send((a_key() + "k" * len(key))[: len(key)], **changed)
        if (another.status, another.get("type")) == (answer.status, answer.get("type")):
            raise NotRun(f"another key is answered {another.summary()} too")
    answer.must(answer.status < 300, f"{answer.asked} was answered {answer.summary()}: {why}")
    must_be_first(answer)
    return answer
