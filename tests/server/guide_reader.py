"""A reader of a guide page, who runs its samples in terminals and sees what they print."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from tests.server.guide_pages import PRINTS, RUNS, START, Block, blocks, compare, setup, text_of
from tests.server.new_user import environment, free_ports, with_python
from tests.server.terminals import Terminal
from tests.server.walked_page import Transcript, with_ports
from zen_contract import node_tools

SERVER, HANDLER = 8080, 9000  # the ports that the pages print

_NODE_PACKAGE = Path(__file__).with_name("node")
_STARTS = {
    "shell": (". ./{name}", "sh"),
    "python": ("python3 ./{name}", "py"),
    "javascript": ("node ./{name}", "mjs"),
}


class Reader:
    """One reader with a folder of their own. Use it in a `with`.

    What has one of the marks in `without` is read over.
    """

    def __init__(self, folder: Path, env: Mapping[str, str], *, without: AbstractSet[str]) -> None:
        self.folder = folder
        self._env = env
        self._without = without
        self._transcript = Transcript()
        self._stack = contextlib.ExitStack()
        self._terminals: list[Terminal] = []  # the one where samples run, then the background
        self._samples = 0

    def __enter__(self) -> "Reader":
        self._open_terminal()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def read(self, blocks: Iterable[Block]) -> None:
        """Does what the blocks say, and sees what they show and nothing else."""
        for sample, output in _with_outputs(list(blocks)):
            if not sample.marks & self._without:
                self._do(sample, output)

    def run(self, sample: Block) -> tuple[int, str]:
        """Runs a sample in the first terminal; its exit code and what it shows."""
        terminal = self._terminals[0]
        terminal.type(self._start(sample))
        code = terminal.finish()
        shown, terminal.shown = terminal.shown, ""
        return code, shown

    def _do(self, sample: Block, output: Block | None) -> None:
        if sample.language in PRINTS:
            self._see(self._terminals[-1], sample)
        elif sample.saved_as:
            (self.folder / sample.saved_as).write_text(sample.text, encoding="utf-8")
        elif "background" in sample.marks:
            assert output, f"the page does not say what is shown by\n{sample.text}"
            terminal = self._open_terminal()
            terminal.type(self._start(sample))
            self._see(terminal, output)
        else:
            code, shown = self.run(sample)
            assert code == 0, f"exit code {code} of\n{sample.text}\n{shown}"
            if output:
                compare(output, shown, self._transcript)
            elif "install" not in sample.marks:  # pip has more to say on some machines
                assert not shown, f"the page does not say that this is shown:\n{shown}"

    def _see(self, terminal: Terminal, output: Block) -> None:
        self._transcript.learn(terminal.shows(self._transcript.pattern(output.text)))

    def _start(self, sample: Block) -> str:
        self._samples += 1
        command, suffix = _STARTS[sample.language]
        name = f"sample-{self._samples}.{suffix}"
        (self.folder / name).write_text(sample.text, encoding="utf-8")
        return command.format(name=name)

    def _open_terminal(self) -> Terminal:
        terminal = self._stack.enter_context(Terminal(self.folder, self._env))
        self._terminals.append(terminal)
        return terminal


@contextlib.contextmanager
def having_read(
    slug: str,
    folder: Path,
    *,
    without: AbstractSet[str] = frozenset({"install", "go"}),
    env: Mapping[str, str] | None = None,
) -> Iterator[Reader]:
    """A reader who has read a page in that folder, from the start of a fresh sandbox on.

    Without an `env` they have installed everything already.
    """
    server, handler = free_ports()
    ports = {SERVER: server, HANDLER: handler}
    known = with_python(environment(folder)) if env is None else env
    place = folder / "page"
    place.mkdir(exist_ok=True)
    (place / "node_modules").symlink_to(node_tools.install(_NODE_PACKAGE))
    page = [*([] if slug == START else setup()), *blocks(text_of(slug))]
    with Reader(place, {**known, "ZEN_SANDBOX_PORT": str(server)}, without=without) as reader:
        reader.read(block.with_text(with_ports(block.text, ports)) for block in page)
        yield reader


def _with_outputs(blocks: list[Block]) -> Iterator[tuple[Block, Block | None]]:
    """Each sample with the output right behind it; an output in the background comes alone."""
    for before, block, after in zip([None, *blocks], blocks, [*blocks[1:], None], strict=False):
        if not _is_direct(block):
            yield block, after if after and _is_direct(after) else None
        else:
            assert before, f"no sample prints this:\n{block.text}"
            assert before.language in RUNS, f"a second output of one sample:\n{block.text}"


def _is_direct(block: Block) -> bool:
    """Whether it is what the block before it prints at once."""
    return block.language in PRINTS and "background" not in block.marks
