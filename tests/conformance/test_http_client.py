"""How the suite reads answers that HTTP permits and few servers give."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from zen_conformance.http.client import HttpClient
from zen_conformance.http.exchange import Exchange
from zen_conformance.traffic import until

_HEAD_ENDS = b"\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def _server(talk: Talk) -> Iterator[tuple[HttpClient, list[socket.socket]]]:
    """A client of a server that holds that talk on each connection, and the connections so far."""
    met: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    met.append(connection)
                    threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        client = HttpClient(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=10)
        try:
            yield client, met
        finally:
            client.close()
            for one in met:
                one.close()
            listening.shutdown(socket.SHUT_RDWR)


def _answering(answer: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while _head(connection):
                connection.sendall(answer)

    return talk


def _head(connection: socket.socket) -> bytes:
    read = b""
    while _HEAD_ENDS not in read:
        piece = connection.recv(1024)
        if not piece:
            return b""
        read += piece
    return read


def _status(exchange: Exchange) -> int:
    assert exchange.received is not None, exchange.trouble
    return exchange.received.status


def test_what_is_said_before_the_answer_is_passed_over() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    talk = _answering(hints + b"HTTP/1.1 102 Processing\r\n\r\n" + _OK)
    with _server(talk) as (client, met):
        for _ in range(2):
            exchange = client.send("GET", "/")
            assert _status(exchange) == 200
            assert exchange.received is not None
            assert exchange.received.document == {}
        assert len(met) == 1


def test_a_body_that_is_too_large_is_not_sent_on_once_it_is_refused() -> None:
    def talk(connection: socket.socket) -> None:
        _head(connection)  # and little more: what follows fills the socket
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}")

    for chunked in (False, True):
        with _server(talk) as (client, _):
            exchange = client.send("POST", "/", (), b"x" * 8 * 1024 * 1024, chunked=chunked)
            assert _status(exchange) == 413


def test_a_connection_that_lay_idle_is_not_used_again() -> None:
    with _server(_answering(_OK)) as (client, met):
        client.send("GET", "/")
        client.send("GET", "/")
        assert len(met) == 1
        began = time.monotonic()
        until(lambda: time.monotonic() - began > 1.05, seconds=5)
        assert _status(client.send("GET", "/")) == 200
        assert len(met) == 2


def test_a_request_that_meets_the_end_of_a_connection_after_an_error_is_sent_on_another() -> None:
    served: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}")
        if len(served) == 0:
            served.append(_head(connection))  # a second request, which nobody answers
            connection.close()

    with _server(talk) as (client, met):
        for _ in range(2):
            assert _status(client.send("POST", "/")) == 404
        assert len(met) == 2


def test_a_request_that_is_not_answered_is_not_sent_again_after_a_success() -> None:
    def talk(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(_OK)
        _head(connection)
        connection.close()

    with _server(talk) as (client, met):
        assert _status(client.send("POST", "/")) == 200
        exchange = client.send("POST", "/")
        assert exchange.received is None
        assert exchange.trouble == "the server closed the connection without an answer"
        assert len(met) == 1


def test_a_connection_made_to_see_whether_the_server_is_there_is_used() -> None:
    with _server(_answering(_OK)) as (client, met):
        client.reach()
        assert _status(client.send("GET", "/")) == 200
        assert len(met) == 1
