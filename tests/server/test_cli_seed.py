"""`--seed`: equal requests to two servers, equal bytes."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.server.command_line import zen
from tests.server.harness import SpawnedSandbox, spawn

PUBLIC = ("--public-url", "http://sandbox.example")
Exchange = tuple[str, str, str | None]


def answers(server: SpawnedSandbox) -> Iterator[tuple[Exchange, bytes]]:
    """What a fixed script of requests gets, as the bytes of the whole answers."""
    address = urlsplit(server.banner["own_url"]).netloc
    connection = http.client.HTTPConnection(address, timeout=20)
    tenant = "/v1/tenants/tnt_demo"
    script: list[Exchange] = [
        ("GET", "/health", None),
        ("POST", f"{tenant}/destinations", '{"name":"one","url":"https://one.example/"}'),
        ("POST", f"{tenant}/destinations", '{"name":"one","url":"https://one.example/"}'),
        ("POST", f"{tenant}/ingesters", '{"name":"in","type":"github"}'),
        ("POST", f"{tenant}/ingesters", '{"name":"in","type":"nix"}'),
        ("GET", f"{tenant}/deliveries?limit=3", None),
        ("GET", f"{tenant}/deliveries?limit=3&cursor={{next_cursor}}", None),
        ("GET", f"{tenant}/deliveries?event_id=evt_abc123", None),
        ("GET", f"{tenant}/ingesters/{{id}}", None),
        ("GET", "/v1/logs?limit=5", None),
        ("PUT", "/v1/logs", None),
        ("GET", "/nope", None),
        # Last: the attempt that it queues is made beside the requests, in its own time.
        ("POST", f"{tenant}/events/evt_abc123/retry", None),
    ]
    known: dict[str, str] = {}
    for method, template, body in script:
        path = template.format_map({"next_cursor": "", "id": "", **known})
        headers = {"Authorization": f"Bearer {server.api_key}"}
        if body:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": body[:20]}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        members: dict[str, Any] = json.loads(content) if content else {}
        known |= {name: value for name, value in members.items() if isinstance(value, str)}
        head = f"{response.status}\n{response.headers}".encode()
        yield (method, path, body), head + content
    connection.close()


def test_two_servers_of_one_seed_answer_byte_for_byte_alike(tmp_path: Path) -> None:
    runs = []
    for name in ("one.db", "two.db"):
        with spawn(tmp_path, "--seed", "7", "--db", str(tmp_path / name), *PUBLIC) as server:
            assert server.banner["seed"] == 7
            runs.append((server.api_key, list(answers(server))))
    assert runs[0] == runs[1]
    assert len({head for _, head in runs[0][1]}) == len(runs[0][1]), "and each answer is another"


def test_another_seed_gives_other_keys_and_ids(tmp_path: Path) -> None:
    seen = set()
    for seed in ("1", "2"):
        with spawn(tmp_path, "--seed", seed, "--db", str(tmp_path / f"{seed}.db")) as server:
            seen.add(server.api_key)
            made = server.api().post(server.api().at("ingesters"), {"name": "a", "type": "stripe"})
            seen.add(made.expect(201).json["id"])
    assert len(seen) == 4


def test_a_seed_stays_with_its_database(tmp_path: Path) -> None:
    with spawn(tmp_path, "--seed", "7") as server:
        key = server.api_key
        api = server.api()
        first = api.post(api.at("ingesters"), {"name": "a", "type": "stripe"}).expect(201).json
    with spawn(tmp_path) as server:
        assert server.banner["seed"] == 7
        assert server.api_key == key
        api = server.api()
        second = api.post(api.at("ingesters"), {"name": "b", "type": "stripe"}).expect(201).json
    assert second["id"] > first["id"]
    assert first["created_at"][:10] == second["created_at"][:10], "its clock went on from there"
    assert second["created_at"] > first["created_at"]


def test_an_earlier_databases_key_file_does_not_spoil_a_seeded_run(tmp_path: Path) -> None:
    with spawn(tmp_path, "--seed", "7", "--db", str(tmp_path / "other.db")) as server:
        expected = server.api_key
    (tmp_path / "sandbox.db.demo-key").write_text("zpk_left-behind-by-an-earlier-one\n")
    with spawn(tmp_path, "--seed", "7") as server:
        assert server.api_key == expected


def test_a_seed_given_later_leaves_the_key_as_it_is(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        key = server.api_key
    with spawn(tmp_path, "--seed", "7") as server:
        assert server.api_key == key
        server.api().get(server.api().at("destinations")).expect(200)


def test_a_seeded_database_that_was_reset_is_as_new(tmp_path: Path) -> None:
    new, used = (["--db", str(tmp_path / name)] for name in ("new.db", "used.db"))
    with spawn(tmp_path, "--seed", "7", *new, *PUBLIC):
        pass
    with spawn(tmp_path, "--seed", "7", *used, *PUBLIC) as server:
        first = list(answers(server))
    assert zen("reset", "--yes", *used).exit_code == 0
    runs = []
    for database in (new, used):
        with spawn(tmp_path, *database, *PUBLIC) as server:
            runs.append((server.api_key, list(answers(server))))
    assert runs[0] == runs[1]
    assert runs[0][1] != first, "ids go on where the demo's end, which the first run had just made"


def test_two_starts_of_one_seed_on_one_database_make_different_credentials(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    texts = []
    for _ in range(2):
        with spawn(tmp_path, "--seed", "7", "--no-demo", "--write-target", str(target)):
            texts.append(target.read_text())
    assert texts[0] != texts[1]
