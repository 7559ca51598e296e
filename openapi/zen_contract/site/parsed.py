"""What a page holds: its anchors, what it points to, and its text by heading."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_POINTING = ("href", "src")
_HEADINGS = ("h1", "h2", "h3", "h4")
_UNSEARCHED = frozenset({"nav", "script", "style", "template", "button"})
_INLINE = frozenset({"a", "b", "code", "em", "i", "kbd", "mark", "span", "strong", "wbr"})
_VOID = ("area", "br", "col", "hr", "img", "input", "link", "meta", "wbr")


@dataclass
class Passage:
    """The text from one anchor to the next; the first of a page has no anchor."""

    anchor: str
    heading: str = ""
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text on one line."""
        return " ".join("".join(self.words).split())


class Parsed(HTMLParser):
    """The body of a page, read once."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.references: list[str] = []
        self.headings: list[tuple[int, str, str]] = []  # level, anchor, text
        self.passages = [Passage("")]
        self._open: list[str] = []
        self._unsearched = 0  # how many elements are open from one on that is not searched
        self._in_heading = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self._open.append(tag)
        if tag not in _INLINE:
            self.passages[-1].words.append(" ")
        given = dict(attrs)
        if "data-unsearched" in given:
            self._unsearched = len(self._open)
        anchor = given.get("id")
        if anchor:
            self.anchors.append(anchor)
        self.references += [value for name in _POINTING if (value := given.get(name))]
        if not self._unsearched and (tag in _HEADINGS or (tag == "tr" and anchor)):
            self._begin(tag, anchor or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if len(self._open) < self._unsearched:
            self._unsearched = 0
        if tag in _HEADINGS:
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._unsearched or not _UNSEARCHED.isdisjoint(self._open):
            return
        if not self._in_heading:
            self.passages[-1].words.append(data)
        elif "a" not in self._open:  # the link beside a heading is not its text
            self.passages[-1].heading += data
            if self.headings and self.headings[-1][1] == self.passages[-1].anchor:
                level, anchor, text = self.headings[-1]
                self.headings[-1] = (level, anchor, text + data)

    def _begin(self, tag: str, anchor: str) -> None:
        if tag == "h1":
            self._in_heading = True
            return
        self.passages.append(Passage(anchor))
        if tag == "tr":
            self.passages[-1].heading = anchor
            return
        self._in_heading = True
        if anchor:
            self.headings.append((int(tag[1]), anchor, ""))
