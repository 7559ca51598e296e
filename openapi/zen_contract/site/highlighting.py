"""Code as HTML with a class for each kind of word; the colours are in `static/prose.css`."""

from functools import cache
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_LABELS = {
    "bash": "Shell",
    "go": "Go",
    "http": "HTTP",
    "javascript": "JavaScript",
    "js": "JavaScript",
    "json": "JSON",
    "python": "Python",
    "sh": "Shell",
    "shell": "Shell",
    "toml": "TOML",
    "yaml": "YAML",
}
_FORMATTER = HtmlFormatter(nowrap=True)


@cache
def block(text: str, language: str) -> str:
    """The text as a block that can be scrolled with the keyboard, and copied."""
    label = _LABELS.get(language, "")
    return (
        f'<div class="code" data-language="{escape(label)}">'
        f'<pre tabindex="0"><code>{_words(text, language)}</code></pre></div>\n'
    )


def _words(text: str, language: str) -> str:
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(text, quote=False)
    return str(highlight(text, lexer, _FORMATTER))
