"""Targets: what may be written, what comes back, and what never does."""

import base64
from typing import Any

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.given import SECRET
from tests.server.harness import Sandbox
from zen_sandbox.clock import SteppingClock

MEMBERS = {"id", "name", "url", "type", "status", "created_at", "updated_at"}
URL_REASON = (
    "must be an absolute http or https URL of at most 2048 characters, with a host, a port from 1"
    " to 65535 if any, no user information and no fragment"
)
SECRET_REASON = "must be 'whsec_' followed by the standard base64 of 24 to 64 bytes"

GOOD_URLS = [
    "https://app.example.com/webhooks",
    "http://app.example.com",
    "http://a",
    "http://localhost:8080/",
    "HTTPS://EXAMPLE.COM/Path",
    "hTTp://example.com",
    "http://127.0.0.1:65535/x",
    "http://10.0.0.1:1",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/",
    "http://[2001:db8::8a2e:370:7334]:8443/x?y=z",
    "http://[::ffff:192.0.2.1]/",
    "https://example.com/?q=a&b=c%20d",
    "https://example.com?q",
    "https://example.com/a//b/../c",
    "https://example.com/%F0%9F%8E%AF",
    "https://example.com/~user/!$&'()*+,;=:@",
    "https://xn--bcher-kva.example/",
    "https://under_score.example/",
    "https://example.com./",
    "https://example.com:00080/",
    "https://example.com/" + "x" * (2048 - 20),
]
BAD_URLS = [
    "example.com",
    "/webhooks",
    "//example.com/x",
    "ftp://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "http:example.com",
    "http:/example.com",
    "http://",
    "http:///x",
    "http://:80/",
    "http://?q",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://:@example.com/",
    "https://@example.com/",
    "https://example.com/#fragment",
    "https://example.com#",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:99999/",
    "https://example.com:-1/",
    "https://example.com:80a/",
    "https://example.com:٨٠/",
    "https://exa mple.com/",
    "https://example.com/a b",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/\n",
    "https://example.com/\x00",
    "https://example.com/\\",
    "https://example.com/é",
    "https://bücher.example/",
    "https://example.com/%zz",
    "https://example.com/%2",
    "https://example.com/<x>",
    'https://example.com/"',
    "http://[::1",
    "http://::1/",
    "http://[::1]x/",
    "http://[1.2.3.4]/",
    "http://[:::]/",
    "http://[12345::]/",
    "https://example.com/" + "x" * (2049 - 20),
]


def secret_of(length: int, *, url_safe: bool = False, fill: int = 0xFB) -> str:
    """A secret of so many bytes."""
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    return "whsec_" + encode(bytes([fill]) * length).decode()


def stored_secret(sandbox: Sandbox, api: Api, destination_id: str) -> str | None:
    """The secret that the delivery engine would sign with."""
    return sandbox.store.destinations.secret(api.tenant_id, destination_id)


def test_a_target_is_created_with_its_defaults_and_found_at_its_location(api: Api) -> None:
    body = {"name": "app", "url": "https://app.example.com/webhooks"}
    answer = api.post(api.at("destinations"), body).expect(201)
    made = answer.json
    assert made.keys() == MEMBERS
    assert made["id"].startswith("dest_")
    assert {**made, **body, "type": "webhook", "status": "active"} == made
    assert made["created_at"] == made["updated_at"]
    assert answer.headers["location"] == api.at("destinations", made["id"])
    assert api.get(answer.headers["location"]).expect(200).json == made
    assert api.walk(api.at("destinations"), "destinations") == [made]


def test_targets_are_listed_newest_first(api: Api) -> None:
    made = [given.destination(api) for _ in range(5)]
    assert api.walk(api.at("destinations"), "destinations") == made[::-1]


@pytest.mark.parametrize("url", GOOD_URLS, ids=lambda url: url[:60])
def test_a_url_is_returned_as_it_was_given(api: Api, url: str) -> None:
    made = given.destination(api, url=url)
    assert made["url"] == url
    path = api.at("destinations", made["id"])
    api.patch(path, {"url": "https://elsewhere.example/"}).expect(200)
    assert api.patch(path, {"url": url}).expect(200).json["url"] == url


@pytest.mark.parametrize("url", BAD_URLS, ids=lambda url: ascii(url)[:60])
def test_a_url_that_is_not_valid_is_refused(api: Api, url: str) -> None:
    body = given.destination_body(url=url)
    api.post(api.at("destinations"), body).invalid("url", URL_REASON)
    made = given.destination(api)
    api.patch(api.at("destinations", made["id"]), {"url": url}).invalid("url", URL_REASON)
    assert api.get(api.at("destinations", made["id"])).json == made


def test_an_empty_url_must_not_be_empty(api: Api) -> None:
    document = api.post(api.at("destinations"), given.destination_body(url="")).json
    assert document["detail"] == "url: must not be empty"


@pytest.mark.parametrize("kind", ["a", "stripe", "x" * 32, "a-b_c9", "webhook"])
def test_a_type_of_the_allowed_letters_is_taken(api: Api, kind: str) -> None:
    assert given.destination(api, type=kind)["type"] == kind


@pytest.mark.parametrize(
    "kind", ["", "A", "9a", "_a", "-a", "x" * 33, "a b", "a.b", "é", "a\n", None, 1, ["a"]]
)
def test_a_type_of_other_letters_is_refused(api: Api, kind: Any) -> None:
    api.post(api.at("destinations"), given.destination_body(type=kind)).invalid("type")
    path = api.at("destinations", given.destination(api)["id"])
    api.patch(path, {"type": kind}).invalid("type")


@pytest.mark.parametrize("length", range(24, 65))
def test_a_secret_of_24_to_64_bytes_is_kept_and_never_returned(
    shared: Sandbox, api: Api, length: int
) -> None:
    secret = secret_of(length)
    answer = api.post(
        api.at("destinations"), given.destination_body(secret={"value": secret})
    ).expect(201)
    made = answer.json
    assert made.keys() == MEMBERS
    assert b"whsec" not in answer.body
    assert stored_secret(shared, api, made["id"]) == secret
    for seen in (api.get(api.at("destinations", made["id"])), api.get(api.at("destinations"))):
        assert b"whsec" not in seen.body
        assert b"secret" not in seen.body


@pytest.mark.parametrize(
    "value",
    [
        "",
        "whsec_",
        secret_of(23),
        secret_of(65),
        secret_of(66),
        secret_of(24).removeprefix("whsec_"),
        "WHSEC_" + secret_of(24)[6:],
        "whsec_whsec_" + secret_of(24)[6:],
        secret_of(32, url_safe=True),
        secret_of(32).rstrip("="),
        secret_of(31) + "=",
        secret_of(24) + "\n",
        " " + secret_of(24),
        secret_of(24) + " ",
        secret_of(24).replace("+", "é"),
        secret_of(25)[:-3] + "x==",  # leftover bits that no encoder sets
        secret_of(26)[:-2] + "9=",
        None,
        5,
        ["x"],
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_a_secret_that_is_not_standard_base64_of_24_to_64_bytes_is_refused(
    api: Api, value: Any
) -> None:
    body = given.destination_body(secret={"value": value})
    answer = api.post(api.at("destinations"), body)
    answer.invalid("secret.value")
    assert len(str(value)) < 30 or str(value).encode() not in answer.body
    path = api.at("destinations", given.destination(api)["id"])
    api.patch(path, {"secret": {"value": value}}).invalid("secret.value")


@pytest.mark.parametrize(
    ("secret", "field"),
    [
        (None, "secret"),
        ("whsec_x", "secret"),
        ({}, "secret.value"),
        ({"value": SECRET, "algorithm": "x"}, "secret.algorithm"),
        ([], "secret"),
    ],
)
def test_a_secret_on_create_is_an_object_with_a_value(api: Api, secret: Any, field: str) -> None:
    api.post(api.at("destinations"), given.destination_body(secret=secret)).invalid(field)


def test_a_patch_replaces_removes_or_keeps_the_secret(shared: Sandbox, api: Api) -> None:
    made = given.destination(api, secret={"value": SECRET})
    path = api.at("destinations", made["id"])
    api.patch(path, {"name": "renamed"}).expect(200)
    assert stored_secret(shared, api, made["id"]) == SECRET
    api.patch(path, {"secret": {"value": secret_of(40)}}).expect(200)
    assert stored_secret(shared, api, made["id"]) == secret_of(40)
    assert api.patch(path, {"secret": None}).expect(200).json.keys() == MEMBERS
    assert stored_secret(shared, api, made["id"]) is None
    api.patch(path, {"secret": None}).expect(200)


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "renamed"},
        {"url": "http://moved.example/"},
        {"type": "stripe"},
        {"status": "disabled"},
        {"name": "renamed", "url": "http://moved.example/", "type": "x", "status": "disabled"},
    ],
)
def test_a_patch_changes_what_it_names_and_nothing_else(
    api: Api, changes: dict[str, str], media_type: str
) -> None:
    made = given.destination(api, type="webhook")
    path = api.at("destinations", made["id"])
    after = api.patch(path, changes, headers={"Content-Type": media_type}).expect(200).json
    assert {**after, "updated_at": ""} == {**made, **changes, "updated_at": ""}
    assert api.get(path).json == after


@pytest.mark.parametrize("field", ["name", "url", "type", "status"])
def test_a_patch_with_null_for_anything_but_the_secret_is_refused(api: Api, field: str) -> None:
    made = given.destination(api)
    path = api.at("destinations", made["id"])
    api.patch(path, {field: None}).invalid(field, "must not be null")
    assert api.get(path).json == made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ([], "body"),
        (None, "body"),
        ("x", "body"),
        ({"id": "dest_x"}, "id"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "created_at"),
        ({"updated_at": "2026-01-01T00:00:00Z"}, "updated_at"),
        ({"name": "x", "colour": "red"}, "colour"),
        ({"status": "error"}, "status"),
        ({"status": "ACTIVE"}, "status"),
        ({"status": ""}, "status"),
        ({"secret": {}}, "secret.value"),
    ],
)
def test_a_patch_that_is_not_valid_is_refused_and_changes_nothing(
    api: Api, body: Any, field: str
) -> None:
    made = given.destination(api)
    path = api.at("destinations", made["id"])
    api.patch(path, body).invalid(field)
    assert api.get(path).json == made


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": "dest_mine"}, "id"),
        ({"status": "active"}, "status"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "created_at"),
        ({"updated_at": "2026-01-01T00:00:00Z"}, "updated_at"),
        ({"colour": "red"}, "colour"),
        ({"Name": "x"}, "Name"),
        ({"": "x"}, "body"),
    ],
)
def test_a_create_with_a_field_it_does_not_take_is_refused(
    api: Api, fields: dict[str, Any], field: str
) -> None:
    document = api.post(api.at("destinations"), given.destination_body(**fields)).json
    assert [error["message"] for error in document["errors"]] == ["is not a known field"]
    assert document["errors"][0]["field"] == field
    assert api.walk(api.at("destinations"), "destinations") == []


def test_a_create_reports_everything_that_is_wrong(api: Api) -> None:
    document = api.post(api.at("destinations"), {"url": "", "type": 3, "id": "x"}).refused(
        "validation-error"
    )
    found = {error["field"]: error["message"] for error in document["errors"]}
    assert found["name"] == "is required"
    assert found["url"] == "must not be empty"
    assert found["id"] == "is not a known field"
    assert "type" in found


@pytest.mark.parametrize("missing", ["name", "url"])
def test_a_create_needs_a_name_and_a_url(api: Api, missing: str) -> None:
    body = given.destination_body()
    del body[missing]
    document = api.post(api.at("destinations"), body).json
    assert document["detail"] == f"{missing}: is required"


def test_updated_at_moves_with_each_change_and_created_at_does_not(tmp_path: Any) -> None:
    with Sandbox(tmp_path / "sandbox.db", clock=SteppingClock()) as sandbox:
        api = sandbox.api()
        made = given.destination(api)
        path = api.at("destinations", made["id"])
        seen = [made["updated_at"]]
        for changes in ({"name": "b"}, {"secret": {"value": SECRET}}, {"status": "disabled"}):
            after = api.patch(path, changes).expect(200).json
            assert after["created_at"] == made["created_at"]
            seen.append(after["updated_at"])
        assert seen == sorted(set(seen))


def test_updated_at_never_moves_back_when_the_clock_does(tmp_path: Any) -> None:
    path = tmp_path / "sandbox.db"
    with Sandbox(path, clock=SteppingClock(2_000_000_000_000)) as sandbox:
        made = given.destination(sandbox.api())
    with Sandbox(path, clock=SteppingClock(1_000_000_000_000)) as sandbox:
        api = sandbox.api()
        after = api.patch(api.at("destinations", made["id"]), {"name": "later"}).expect(200).json
        assert after["updated_at"] > made["updated_at"]
        assert given.destination(api)["created_at"] > made["created_at"]


def test_a_deleted_target_is_gone(api: Api) -> None:
    made = given.destination(api)
    path = api.at("destinations", made["id"])
    answer = api.delete(path).expect(204)
    assert answer.body == b""
    assert "content-type" not in answer.headers
    gone = f"Destination {made['id']} not found."
    api.get(path).refused("not-found", gone)
    api.patch(path, {"name": "x"}).refused("not-found", gone)
    api.delete(path).refused("not-found", gone)
    assert api.walk(api.at("destinations"), "destinations") == []


def test_a_target_in_use_is_not_deleted_and_the_refusal_names_the_flow(api: Api) -> None:
    flow = given.flow(api)
    path = api.at("destinations", flow["destination_id"])
    api.delete(path).refused(
        "conflict",
        f"Destination {flow['destination_id']} is used by flow '{flow['name']}' ({flow['id']}).",
    )
    api.get(path).expect(200)
    api.delete(api.at("delivery-flows", flow["id"])).expect(204)
    api.delete(path).expect(204)


def test_past_attempts_keep_the_id_of_a_deleted_target(shared: Sandbox, api: Api) -> None:
    target = given.destination(api)["id"]
    _, delivery_id = given.failed_event(shared, api.tenant_id, destination_id=target)
    api.delete(api.at("destinations", target)).expect(204)
    attempt = api.get(api.at("deliveries", delivery_id)).expect(200).json
    assert attempt["destination_id"] == target
    listed = api.get(api.at("deliveries", destination_id=target)).expect(200).json
    assert listed == {"deliveries": [attempt]}


def test_ids_are_unique_and_sort_by_the_time_they_were_made(api: Api) -> None:
    ids = [given.destination(api)["id"] for _ in range(50)]
    assert len(set(ids)) == 50
    times = [one[: len("dest_") + 11] for one in ids]
    assert times == sorted(times)
