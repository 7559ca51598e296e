"""One attempt against a target that answers well, badly, slowly, or not at all."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.delivery_target import NO_ANSWER, Reply, Target, closed_port
from zen_sandbox.delivery.answer import BODY_CAP, Answer
from zen_sandbox.delivery.guard import TargetGuard
from zen_sandbox.delivery.transport import Transport

CUT_OFF = "the target ended the connection before its answer was whole"
RESET = "the target reset the connection"
NOT_HTTP = "the target's answer was not HTTP"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A path of the target that is this test's own."""
    return f"/{abs(hash(request.node.nodeid))}"


@pytest.mark.parametrize(
    "status", [200, 201, 202, 204, 299, 300, 301, 304, 399, 400, 404, 500, 599]
)
def test_the_status_of_a_whole_answer_is_what_counts(
    target: Target, path: str, status: int
) -> None:
    target.answer(path, Reply(status, body=b"" if status in (204, 304) else b"ok"))
    answer = posted(target.url(path))
    assert (answer.status, answer.error) == (status, None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(target: Target, path: str, status: int) -> None:
    elsewhere = f"{path}-elsewhere"
    target.answer(path, Reply(status, (("Location", target.url(elsewhere)),)))
    assert posted(target.url(path)).status == status
    assert target.seen(elsewhere) == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(raw=b"", then="close"), CUT_OFF),
        (Reply(raw=b"", then="reset"), RESET),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Le", then="close"), CUT_OFF),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", then="close"), CUT_OFF),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", then="reset"), None),
        (
            Reply(
                raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
                then="close",
            ),
            CUT_OFF,
        ),
        (Reply(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n", then="close"), NOT_HTTP),
        (Reply(raw=b"HTTP/1.1 2x0 OK\r\n\r\n", then="close"), NOT_HTTP),
        (
            Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n", then="close"),
            NOT_HTTP,
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_no_answer(
    target: Target, path: str, reply: Reply, error: str | None
) -> None:
    target.answer(path, reply)
    answer = posted(target.url(path))
    assert answer.status is None
    assert answer.error in ((CUT_OFF, RESET) if error is None else (error,))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_a_target_that_stops_answering_has_its_time_and_no_more(
    target: Target, path: str, raw: bytes
) -> None:
    target.answer(path, Reply(raw=raw, then="hang"))
    answer = posted(target.url(path), timeout=0.2)
    assert (answer.status, answer.error) == (None, "no whole answer within 0.2 seconds")
    assert 200 <= answer.total_ms < 5000


def test_the_time_counts_for_headers_and_body_together() -> None:
    """A byte every 50 ms would keep any time-out that starts over from ever striking."""
    with Dripping() as dripping:
        answer = posted(f"http://127.0.0.1:{dripping.port}/", timeout=0.4)
    assert answer.error == "no whole answer within 0.4 seconds"
    assert answer.total_ms < 5000


def test_a_name_that_is_not_looked_up_in_time_is_a_time_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: over.wait(20) and [])
    try:
        answer = posted("http://slow.test/", timeout=0.2)
        assert answer.error == "no whole answer within 0.2 seconds"
    finally:
        over.set()


def test_many_names_that_are_not_looked_up_hold_up_no_other(
    target: Target, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, real = threading.Event(), socket.getaddrinfo

    def look_up(host: str, *args: Any, **more: Any) -> Any:
        return over.wait(20) and [] if host.startswith("dead") else real(host, *args, **more)

    async def post_all() -> Answer:
        transport = Transport(TargetGuard(loopback=True), timeout=10)
        dead = [
            asyncio.create_task(transport.post(f"http://dead{number}.test/", {}, b""))
            for number in range(60)
        ]
        await asyncio.sleep(0)
        try:
            return await transport.post(f"http://localhost:{target.port}{path}", {}, b"")
        finally:
            for one in dead:
                one.cancel()
            await asyncio.gather(*dead, return_exceptions=True)
            await transport.close()

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        answer = asyncio.run(post_all())
    finally:
        over.set()
    assert answer.status == 200
    assert answer.total_ms < 5000


def test_a_refused_connection_says_so() -> None:
    answer = posted(f"http://127.0.0.1:{closed_port()}/")
    assert (answer.status, answer.address) == (None, None)
    assert answer.error == "connecting to the target failed: Connection refused"


def test_a_target_that_speaks_no_tls_says_so() -> None:
    with Dripping() as dripping:
        answer = posted(f"https://127.0.0.1:{dripping.port}/")
    assert (answer.status, answer.error) == (None, "the TLS handshake with the target failed")


@pytest.mark.parametrize("size", [BODY_CAP - 1, BODY_CAP])
def test_a_body_up_to_the_cap_is_kept_whole(target: Target, path: str, size: int) -> None:
    target.answer(path, Reply(body=b"x" * size))
    answer = posted(target.url(path))
    assert (answer.status, len(answer.body), answer.truncated) == (200, size, False)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"x" * (BODY_CAP + 1)),
        Reply(body=b"x" * 3_000_000),
        # More was announced than comes: the cap is reached, so the answer counts as complete.
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 70_000),
        Reply(
            raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 70_000, then="hang"
        ),
        Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 70_000, then="hang"),
    ],
)
def test_a_longer_body_counts_as_complete_at_the_cap(
    target: Target, path: str, reply: Reply
) -> None:
    target.answer(path, reply)
    answer = posted(target.url(path), timeout=5)
    assert (answer.status, answer.error) == (200, None)
    assert (len(answer.body), answer.truncated) == (BODY_CAP, True)


def test_an_answer_without_a_length_ends_with_its_connection(target: Target, path: str) -> None:
    target.answer(path, Reply(raw=b"HTTP/1.0 200 OK\r\n\r\nall of it", then="close"))
    answer = posted(target.url(path))
    assert (answer.status, answer.body) == (200, b"all of it")


def test_an_encoded_answer_is_kept_as_it_came(target: Target, path: str) -> None:
    """Also one that says gzip and is none: nothing is decoded, so nothing can blow up."""
    target.answer(path, Reply(headers=(("Content-Encoding", "gzip"),), body=b"no gzip at all"))
    answer = posted(target.url(path))
    assert (answer.status, answer.body) == (200, b"no gzip at all")


def test_headers_that_are_no_text_are_kept_as_text(target: Target, path: str) -> None:
    target.answer(path, Reply(headers=(("X-Odd", "caf\xe9"), ("X-Twice", "1"), ("X-Twice", "2"))))
    answer = posted(target.url(path))
    assert answer.header("x-odd") == "caf�"
    assert [value for name, value in answer.headers if name == "X-Twice"] == ["1", "2"]


def test_where_the_connection_led_and_how_long_it_took_is_told(target: Target, path: str) -> None:
    target.answer(path, Reply(body=b""))
    answer = posted(target.url(path))
    assert answer.address == f"127.0.0.1 port {target.port}"
    assert answer.first_byte_ms is not None
    assert 0 < answer.first_byte_ms <= answer.total_ms


def test_it_is_told_for_a_target_that_never_answered_too(target: Target, path: str) -> None:
    target.answer(path, NO_ANSWER)
    answer = posted(target.url(path), timeout=0.2)
    assert answer.address == f"127.0.0.1 port {target.port}"
    assert answer.first_byte_ms is None


def test_attempts_to_one_target_share_a_connection(target: Target, path: str) -> None:
    async def post_often() -> None:
        transport = Transport(TargetGuard(loopback=True))
        for _ in range(5):
            assert (await transport.post(target.url(path), {}, b"x")).status == 200
        await transport.close()

    asyncio.run(post_often())
    assert len({one.connection for one in target.seen(path)}) == 1


def test_a_connection_is_not_used_again_after_an_answer_that_was_cut(
    target: Target, path: str
) -> None:
    target.answer(path, Reply(body=b"x" * 200_000), Reply(body=b"second"))

    async def post_twice() -> list[Answer]:
        transport = Transport(TargetGuard(loopback=True))
        answers = [await transport.post(target.url(path), {}, b"") for _ in range(2)]
        await transport.close()
        return answers

    first, second = asyncio.run(post_twice())
    assert (first.truncated, second.body) == (True, b"second")


def test_cookies_of_a_target_are_not_sent_back(target: Target, path: str) -> None:
    target.answer(path, Reply(headers=(("Set-Cookie", "session=1; Path=/"),)))

    async def post_twice() -> None:
        transport = Transport(TargetGuard(loopback=True))
        for _ in range(2):
            await transport.post(target.url(path), {}, b"")
        await transport.close()

    asyncio.run(post_twice())
    assert [one.header("Cookie") for one in target.wait(path, 2)] == [None, None]


@pytest.mark.parametrize(
    ("tail", "sent"),
    [
        ("", "/"),
        ("?x=1", "/?x=1"),
        ("/a/../b//c", "/a/../b//c"),
        ("/%41%2f%7e?q=%20+%2B&&", "/%41%2f%7e?q=%20+%2B&&"),
        ("/a;b=c,d:e@f!$&'()*", "/a;b=c,d:e@f!$&'()*"),
    ],
)
def test_the_url_goes_out_as_it_was_written(target: Target, tail: str, sent: str) -> None:
    assert posted(target.url(tail)).status == 200
    assert target.wait(sent)[-1].line == f"POST {sent} HTTP/1.1"


def test_the_scheme_may_be_in_capitals_and_the_port_have_zeros(target: Target, path: str) -> None:
    answer = posted(f"HTTP://127.0.0.1:000{target.port}{path}")
    assert answer.status == 200, answer.error


def posted(url: str, timeout: float = 10.0) -> Answer:
    """What one attempt comes to."""

    async def post() -> Answer:
        transport = Transport(TargetGuard(loopback=True), timeout=timeout)
        try:
            return await transport.post(url, {}, b"{}")
        finally:
            await transport.close()

    return asyncio.run(post())


class Dripping:
    """Answers each connection with a byte now and then, for ever. Use it in a `with`."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._drip)

    def __enter__(self) -> "Dripping":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join(20)
        self._listening.close()

    def _drip(self) -> None:
        connection, _ = self._listening.accept()
        deadline = time.monotonic() + 20
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
            while not self._over.wait(0.05) and time.monotonic() < deadline:
                connection.sendall(b"x")
        except OSError:
            pass
        finally:
            connection.close()
