"""After a restart: acknowledged writes are there, the one in doubt is whole or absent."""

from pathlib import Path

from tests.crash.client import Answer, Client
from tests.crash.evidence import Evidence
from tests.crash.writes import Thing, Write, Writer

_REPLAYED_PER_WRITER = 5


class Tally:
    """How often what happened, for the report: a run in which nothing was in doubt says little."""

    def __init__(self) -> None:
        self.kills = 0
        self.acknowledged = 0
        self.whole = 0
        self.absent = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.acknowledged} acknowledged writes, all there;"
            f" in doubt {self.whole + self.absent}: {self.whole} whole, {self.absent} absent"
        )


def judge(path: Path, prefix: str, writers: list[Writer], client: Client, tally: Tally) -> None:
    """AssertionError when a write of a round is neither whole nor absent, or was lost."""
    evidence = Evidence(path, prefix)
    assert evidence.complaints() == []
    _judge_records(evidence, [write for writer in writers for write in writer.writes])
    for writer in writers:
        for write in [one for one in writer.writes if one.answer][-_REPLAYED_PER_WRITER:]:
            _replays(client, write)
        for thing in writer.things:
            if thing.doubtful is not None:
                _resolve(path, thing, thing.doubtful, evidence, client, tally)
            _is_as_last_shown(client, thing)
    tally.acknowledged += sum(1 for writer in writers for one in writer.writes if one.answer)


def _judge_records(evidence: Evidence, writes: list[Write]) -> None:
    for write in writes:
        if write.answer is not None:
            assert evidence.entries[write.id] == 1, f"log of {write}: {evidence.entries[write.id]}"
            assert (write.id in evidence.records) == write.keyed, f"record of {write}"
    known = {write.id for write in writes}
    assert evidence.records <= known, f"records of nothing: {evidence.records - known}"
    of_writes = {id_.removesuffix("-again") for id_ in evidence.entries}
    assert of_writes <= known, f"log entries of nothing: {of_writes - known}"


def _replays(client: Client, write: Write) -> None:
    if not write.keyed:
        return
    assert write.answer is not None
    answer = _asked(client, write, "-later")
    assert answer.replayed, f"{write}: {answer}"
    assert answer.first() == write.answer, f"{write}: {answer}"


def _resolve(
    path: Path, thing: Thing, write: Write, evidence: Evidence, client: Client, tally: Tally
) -> None:
    """The write nobody acknowledged: effect, record and log entry agree; then it is asked again."""
    has_entry = evidence.entries[write.id] == 1
    assert evidence.entries[write.id] <= 1, f"{write}: {evidence.entries[write.id]} log entries"
    has_effect = has_entry if write.effect is None else evidence.has(write.effect)
    has_record = has_entry if not write.keyed else write.id in evidence.records
    parts = {"effect": has_effect, "record": has_record, "log": has_entry}
    assert len(set(parts.values())) == 1, f"{write} is neither whole nor absent: {parts}"
    tally.whole += has_entry
    tally.absent += not has_entry
    if write.keyed:
        _ask_until_sure(client, write, happened=has_entry)
        if write.effect is not None:
            assert evidence.has(write.effect), f"{write} was asked for again and is not there"
    else:
        _look(client, thing, write, happened=has_entry)


def _ask_until_sure(client: Client, write: Write, *, happened: bool) -> None:
    answer = _asked(client, write, "-once-more")
    assert answer.replayed == happened, f"{write}: {answer}"
    assert answer.status == 409 if write.effect is None else answer.status < 300, answer
    again = _asked(client, write, "-and-again")
    assert again.replayed, f"{write}: {again}"
    assert again.first() == answer.first(), f"{write}: {again}"
    write.acknowledge(answer.first())


def _look(client: Client, thing: Thing, write: Write, *, happened: bool) -> None:
    """Without a key it cannot be asked again: what is shown must be the state before, or after."""
    thing.doubtful = None
    if write.method == "DELETE":
        thing.deleted = happened
    elif happened and thing.shown is not None:
        shown = client.ask("GET", thing.path)
        assert shown is not None
        assert shown.status == 200
        assert write.body is not None
        thing.shown = {**thing.shown, **write.body, "updated_at": shown.json["updated_at"]}


def _is_as_last_shown(client: Client, thing: Thing) -> None:
    if thing.shown is None:
        return
    answer = client.ask("GET", thing.path)
    assert answer is not None, "the restarted server is gone"
    if thing.deleted:
        assert answer.status == 404, f"{thing} is back: {answer}"
    else:
        assert answer.status == 200, f"{thing} is lost: {answer}"
        shown = {**thing.shown, "ingest_url": None}  # the port is another after a restart
        assert {**answer.json, "ingest_url": None} == shown, f"{thing} has changed: {answer}"


def _asked(client: Client, write: Write, again: str) -> Answer:
    answer = write.send(client, again=again)
    assert answer is not None, "the restarted server is gone"
    return answer
