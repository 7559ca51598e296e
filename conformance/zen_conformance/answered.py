"""Events for each way in which an attempt may end, each told once for all checks of its rows."""

from dataclasses import replace

from zen_conformance.receiver import Box, Reply
from zen_conformance.receiver.server import closed_port_url
from zen_conformance.stories import PROMPTLY_SECONDS
from zen_conformance.suite import Suite
from zen_conformance.tales import Tale, see, tell

SUCCESSES = (200, 201, 202, 203, 204, 206, 226, 299)
REDIRECTS = (300, 301, 302, 303, 304, 307, 308)
REFUSALS = (400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429, 451, 499)
FAULTS = (500, 501, 502, 503, 504, 505, 507, 520, 599)
_LARGE = b"x" * (64 * 1024 + 1)
CUT = {
    "200 cut off": Reply(200, cut_off=True),
    "500 cut off": Reply(500, cut_off=True),
    "closed without an answer": Reply(hang_up=True),
}
WHOLE = {
    "200 with more than 64 KiB": Reply(200, body=_LARGE),
    "200 with 1 MiB": Reply(200, body=b"y" * 1024 * 1024),
    "200 after a while": Reply(200, wait_seconds=2.5),
}
UNREACHABLE = ("refused", "unresolvable")
Tales = dict[object, Tale]


def answers(suite: Suite) -> Tales:
    """One event for each way to answer; a retry would be answered 200."""
    elsewhere = suite.receiver.box()
    replies: dict[object, Reply] = {}
    for status in (*SUCCESSES, *REDIRECTS, *REFUSALS, *FAULTS):
        headers = (("Location", elsewhere.url),) if status in REDIRECTS else ()
        replies[status] = Reply(status, headers=headers)
    replies.update(CUT | WHOLE)
    tales: Tales = {}
    for name, reply in replies.items():
        expected = 1 if name in SUCCESSES or name in WHOLE else 2
        tales[name] = tell(suite, reply, Reply(200), max_attempts=2, expected=expected)
        if reply.wait_seconds:
            tales[name].look()  # while it is under way
    see(list(tales.values()), seconds=PROMPTLY_SECONDS + 5)
    aside = replace(tales[302].story, box=elsewhere)
    tales["elsewhere"] = Tale(aside, tales[302].event)  # what came where redirects lead
    return tales


def unreachable(suite: Suite) -> Tales:
    """Events that reach no target, neither at first nor again."""
    urls = {"refused": closed_port_url(), "unresolvable": "http://receiver.invalid/hooks"}
    tales: Tales = {}
    for name, url in urls.items():
        tales[name] = tell(suite, box=Box(url, (Reply(),)), max_attempts=2)
    see(list(tales.values()), seconds=2 * PROMPTLY_SECONDS)
    return tales


def backing_off(suite: Suite) -> Tales:
    """Events whose target fails once, twice and always, below and at `max_attempts`."""
    tales: Tales = {
        "recovers": tell(suite, Reply(500), Reply(500), Reply(200), max_attempts=3),
        "once": tell(suite, Reply(500), max_attempts=1),
        "twice": tell(suite, Reply(503), max_attempts=2),
        "three times": tell(suite, Reply(404), max_attempts=3),
    }
    see(list(tales.values()), seconds=PROMPTLY_SECONDS + 5)
    return tales
