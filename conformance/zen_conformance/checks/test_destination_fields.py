"""What a target's `url`, `type`, `secret` and `status` may be, on create and on update alike."""

from collections.abc import Callable
from typing import Any

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.checks.signing_secrets import NO_SECRETS, SECRETS, secret
from zen_conformance.failures import must
from zen_conformance.resources import TARGET, writer
from zen_conformance.tenant import Tenant

Note = Callable[..., None]
both_writes = pytest.mark.parametrize("operation_id", [TARGET.create, TARGET.update])

NO_URLS = (
    "/hooks",
    "receiver.example.com/hooks",
    "receiver.example.com:8080/hooks",
    "//receiver.example.com/hooks",
    "ftp://receiver.example.com/hooks",
    "ws://receiver.example.com/hooks",
    "wss://receiver.example.com/hooks",
    "httpx://receiver.example.com/hooks",
    "shttp://receiver.example.com/hooks",
    "file:///etc/passwd",
    "file://receiver.example.com/hooks",
    "javascript:alert(1)",
    "data:text/plain,hooks",
    "mailto:hooks@example.com",
    "http",
    "http:",
    "https:",
    "http://",
    "https://",
    "https:///hooks",
    "https://?hooks",
    "https://:8080/hooks",
    "http://:80",
    "https:receiver.example.com/hooks",
    "https:/receiver.example.com/hooks",
    "https//receiver.example.com/hooks",
    "://receiver.example.com/hooks",
    "https://receiver example.com/hooks",
    " https://receiver.example.com/hooks",
    "https://receiver.example.com/hooks\n",
    "not a url",
)
USER_INFORMATION = (
    "https://user@receiver.example.com/hooks",
    "https://user:password@receiver.example.com/hooks",
    "http://user:password@receiver.example.com",
    "https://:password@receiver.example.com/hooks",
    "https://user:@receiver.example.com:8443/hooks",
    "https://us%40er:pass%3Aword@receiver.example.com/hooks",
    "http://user@127.0.0.1:9000/hooks",
    "http://user:password@[::1]:9000/hooks",
)
FRAGMENTS = (
    "https://receiver.example.com/hooks#part",
    "https://receiver.example.com#part",
    "https://receiver.example.com/#part",
    "https://receiver.example.com/hooks?a=1#part",
    "http://receiver.example.com:8080/hooks#/a/b?c=d",
    "http://[::1]:9000/hooks#x",
)
AS_GIVEN = (
    "http://receiver.example.com",
    "https://receiver.example.com/",
    "HTTPS://Receiver.EXAMPLE.com/Hooks/",
    "Http://receiver.example.com/HOOKS",
    "http://receiver.example.com:80/hooks",
    "https://receiver.example.com:443/hooks",
    "https://receiver.example.com:8443",
    "https://receiver.example.com/a/../b/./c//d/",
    "https://receiver.example.com/%7Euser/~user/%c3%a9/%C3%A9/%2F%41",
    "https://receiver.example.com/hooks?b=2&a=1&a=&c&%20=+",
    "https://receiver.example.com?only=query",
    "https://receiver.example.com/hooks?next=https://example.com/x?y=z",
    "https://receiver.example.com/a;b=c/(d),e!$&'*@f:g",
    "https://xn--bcher-kva.example/hooks",
    "https://a-b.c-d.example.com/_hooks_",
    "http://localhost/hooks",
    "http://localhost:3000",
    "http://receiver:9000/hooks",
    "http://127.0.0.1:9000/hooks",
    "http://10.0.0.1/hooks",
    "http://172.16.5.4/hooks",
    "http://192.168.0.1:8080/hooks",
    "http://169.254.169.254/latest/meta-data/",
    "http://0.0.0.0:9000/hooks",
    "http://[::1]:9000/hooks",
    "http://[2001:db8:0:0:0:0:0:1]/hooks",
    "https://[2001:DB8::A]:8443/hooks?a=b",
    "http://[fd00::1]",
)
TYPES = ("a", "z", "slack", "http2", "a0_-", "a-", "a_", "w" * 31, "w" * 32, "x" + "9_-" * 10)
NO_TYPES = (
    "",
    "w" * 33,
    "Webhook",
    "webHook",
    "WEBHOOK",
    "1webhook",
    "_webhook",
    "-webhook",
    "web hook",
    "web.hook",
    "web/hook",
    "web:hook",
    " webhook",
    "webhook ",
    "webhook\n",
    "w\u00e9bhook",
    "\uff57ebhook",
    "webhook\u0661",
)
STATUSES = ("active", "disabled")
NO_STATUSES = (
    "error",
    "",
    "Active",
    "DISABLED",
    "disabled ",
    "enabled",
    "paused",
    "pending",
    "deleted",
    "unknown",
)


def is_refused(answer: Answer, member: str, value: Any, note: Note) -> None:
    """The value was answered 400; that it is the field named is another requirement."""
    answer.expect(400, why=f"{member} {str(value)[:200]!r} is not legal")
    detail = answer.get("detail")
    fits = str(detail).startswith((f"{member}:", f"{member}."))
    note("PROB-014", None if fits else f"detail {detail!r} is not about {member}", answer)


def is_kept(answer: Answer, api: Tenant, **member: Any) -> None:
    """The value was taken and comes back as given, at once and from GET."""
    answer.expect(200, 201, why=f"{member!r} is legal"[:400]).expect_members(**member)
    TARGET.read(api, str(answer["id"])).expect(200).expect_members(**member)


@both_writes
@pytest.mark.parametrize("value", TYPES)
@requirement("DEST-002")
def test_a_type_on_the_pattern_is_kept(api: Tenant, operation_id: str, value: str) -> None:
    is_kept(writer(api, operation_id)(type=value), api, type=value)


@requirement("DEST-002")
def test_an_omitted_type_is_webhook(api: Tenant) -> None:
    write = writer(api, TARGET.create)
    for more in ({}, {"secret": secret(32)}):
        is_kept(write(**more), api, type="webhook")


@both_writes
@requirement("DEST-002")
def test_a_type_off_the_pattern_is_refused(api: Tenant, operation_id: str, note: Note) -> None:
    write = writer(api, operation_id)
    for value in NO_TYPES:
        is_refused(write(type=value), "type", value, note)


@both_writes
@requirement("DEST-003")
def test_an_empty_url_is_told_in_words(api: Tenant, operation_id: str) -> None:
    answer = writer(api, operation_id)(url="")
    answer.expect(400).expect_members(detail="url: must not be empty")


@both_writes
@pytest.mark.parametrize("url", NO_URLS)
@requirement("DEST-004")
def test_what_is_no_absolute_http_url_is_refused(
    api: Tenant, operation_id: str, url: str, note: Note
) -> None:
    is_refused(writer(api, operation_id)(url=url), "url", url, note)


@both_writes
@pytest.mark.parametrize("url", USER_INFORMATION + FRAGMENTS)
@requirement("DEST-004")
def test_a_url_with_user_information_or_a_fragment_is_refused(
    api: Tenant, operation_id: str, url: str, note: Note
) -> None:
    is_refused(writer(api, operation_id)(url=url), "url", url, note)


@both_writes
@pytest.mark.parametrize("host", ["receiver.example.com", "127.0.0.1", "[::1]"])
@requirement("DEST-005")
def test_a_port_of_1_to_65535_is_taken_and_no_other(
    api: Tenant, operation_id: str, host: str, note: Note
) -> None:
    write = writer(api, operation_id)
    for scheme in ("http", "https"):
        for port in (1, 2, 80, 443, 9000, 10000, 65534, 65535):
            url = f"{scheme}://{host}:{port}/hooks"
            write(url=url).expect(200, 201, why=f"{url} is legal")
        for wrong in ("0", "65536", "65540", "70000", "99999", "100000", "-1", "x", "8o"):
            url = f"{scheme}://{host}:{wrong}" + ("/hooks" if scheme == "https" else "")
            is_refused(write(url=url), "url", url, note)


@both_writes
@pytest.mark.parametrize("fill", ["a", "a/", "%41", "?", "b=c&"])
@requirement("DEST-005")
def test_a_url_of_2048_characters_is_taken_and_no_longer_one(
    api: Tenant, operation_id: str, fill: str, note: Note
) -> None:
    write = writer(api, operation_id)
    for scheme in ("http", "https"):
        start = f"{scheme}://receiver.example.com/h?"
        for size in (2047, 2048, 2049, 2050, 4096):
            end = (fill * size)[: (size - len(start)) // len(fill) * len(fill)]
            url = start + "x" * (size - len(start) - len(end)) + end
            if size <= 2048:
                write(url=url).expect(200, 201, why=f"a url of {size} characters is legal")
            else:
                is_refused(write(url=url), "url", url, note)


@both_writes
@requirement("DEST-006")
def test_a_url_comes_back_as_given(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    urls: dict[str, str] = {}
    for url in AS_GIVEN:
        answer = write(url=url)
        is_kept(answer, api, url=url)
        urls[str(answer["id"])] = url
    if operation_id == TARGET.update:
        return  # that a list shows the last write is another requirement's
    rows = TARGET.listed(api, urls)
    for one, url in urls.items():
        shown = rows.get(one, {}).get("url")
        must(shown == url, f"the list shows the url {shown!r} instead of {url!r}")


@both_writes
@requirement("DEST-007")
def test_a_secret_of_24_to_64_bytes_is_taken(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    for given in SECRETS:
        write(secret=given).expect(200, 201, why=f"the secret {given['value']!r} is legal")


@both_writes
@pytest.mark.parametrize("value", NO_SECRETS.values(), ids=NO_SECRETS)
@requirement("DEST-007")
def test_another_secret_is_refused(api: Tenant, operation_id: str, value: Any, note: Note) -> None:
    is_refused(writer(api, operation_id)(secret=value), "secret", value, note)


@requirement("DEST-007")
def test_no_secret_is_null_on_create(api: Tenant, note: Note) -> None:
    is_refused(writer(api, TARGET.create)(secret=None), "secret", None, note)


@pytest.mark.parametrize("status", STATUSES)
@requirement("DEST-012")
def test_the_status_is_set_by_an_update(api: Tenant, status: str) -> None:
    target = api.a_destination()
    before = "active"
    for value in (status, *STATUSES, *STATUSES[::-1]):
        answer = TARGET.change(api, target, status=value)
        answer.expect(200, why=f"from {before} to {value}").expect_members(status=value)
        TARGET.read(api, target["id"]).expect(200).expect_members(status=value)
        row = TARGET.row(api, target["id"]) or {}
        answer.must(row.get("status") == value, f"the list shows the status {row.get('status')!r}")
        before = value


@pytest.mark.parametrize("status", STATUSES)
@requirement("DEST-012")
def test_another_status_is_refused(api: Tenant, status: str, note: Note) -> None:
    target = TARGET.changed(api, api.a_destination(), status=status)
    for value in (*NO_STATUSES, True, False, 0, 1, [], ["active"], {"value": "active"}):
        is_refused(TARGET.change(api, target, status=value), "status", value, note)
        TARGET.read(api, target["id"]).expect(200).expect_members(status=status)
