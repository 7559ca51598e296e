"""Pages written by hand: what becomes of them, and what is said when one is wrong."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.written import Document
from zen_contract.contract import load
from zen_contract.site import guides, prose
from zen_contract.site.build import build
from zen_contract.site.fault import SiteFault

Written = Callable[..., Path]

NAVIGATION = """\
- section: Start
  pages: [start, other]
"""
REQUIREMENTS = "# The requirements\n\n| Id | Level |\n|---|---|\n| ABC-001 | MUST |\n"


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a folder of pages: those that every site has, and those given by name."""

    def write(navigation: str = NAVIGATION, **pages: str) -> Path:
        folder = tmp_path / "docs"
        folder.mkdir()
        shutil.copytree(guides.load().folder / "problems", folder / "problems")
        for page in (folder / "problems").glob("*.md"):
            text = re.sub(r"\]\(\.\./\S+?\)", "](../start.md)", page.read_text("utf-8"))
            page.write_text(text, encoding="utf-8")
        given = {"start": "# Start\n", "other": "# Other\n\n## A part\n", **pages}
        listed = navigation + "- section: Suite\n  pages: [conformance, requirements]\n"
        given |= {"conformance": "# Test your own server\n", "requirements": REQUIREMENTS}
        (folder / "navigation.yaml").write_text(listed, encoding="utf-8")
        for slug, text in given.items():
            (folder / f"{slug}.md").write_text(text, encoding="utf-8")
        return folder

    return write


def built(folder: Path) -> dict[str, bytes]:
    """The site of those pages and the customers' contract alone, which is quicker to build."""
    return build([load()], guides.load(folder))


def fault_of(folder: Path) -> str:
    """The sentence that stops the build."""
    with pytest.raises(SiteFault) as stopped:
        built(folder)
    message = str(stopped.value)
    assert "\n" not in message
    return message


def test_links_between_pages_lead_to_their_html(written: Written) -> None:
    folder = written(
        start="# Start\n\nSee [a part](other.md#a-part), [an operation](operations/listLogs.md),\n"
        "[a problem](problems/not-found.md) and [elsewhere](https://example.com/a.md).\n"
    )
    page = Document(built(folder)["start.html"].decode())
    assert {
        "other.html#a-part",
        "operations/listLogs.html",
        "problems/not-found.html",
        "https://example.com/a.md",
    } <= set(page.values("href"))


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("missing.md", "the site has no missing.html"),
        ("other.md#no-part", "other.html has no anchor 'no-part'"),
        ("#nowhere", "start.html has no anchor 'nowhere'"),
        ("operations/listLog.md", "the site has no operations/listLog.html"),
        ("problems/not-there.md", "the site has no problems/not-there.html"),
        ("../README.md", "the site has no ../README.html"),
        ("requirements.md#ABC-002", "requirements.html has no anchor 'ABC-002'"),
    ],
)
def test_a_link_that_leads_nowhere_is_named_by_file_and_line(
    written: Written, link: str, reason: str
) -> None:
    folder = written(start=f"# Start\n\nOne line,\nanother with [a link]({link}).\n")
    assert fault_of(folder) == f"docs/start.md:4: The link {link!r} leads nowhere: {reason}."


def test_a_picture_of_a_page_is_part_of_the_site(written: Written) -> None:
    folder = written(start="# Start\n\n![What there is](images/one.png)\n")
    (folder / "images").mkdir()
    (folder / "images" / "one.png").write_bytes(b"the picture")
    site = built(folder)
    assert site["images/one.png"] == b"the picture"
    page = Document(site["start.html"].decode())
    assert ("img", {"src": "images/one.png", "alt": "What there is"}) in page.elements


def test_a_picture_that_is_not_there_is_named_by_file_and_line(written: Written) -> None:
    folder = written(start="# Start\n\n![What there is](images/two.png)\n")
    assert fault_of(folder) == (
        "docs/start.md:3: The link 'images/two.png' leads nowhere: the site has no images/two.png."
    )


def test_a_wrong_link_of_a_problem_page_is_named_too(written: Written) -> None:
    folder = written()
    page = folder / "problems" / "not-found.md"
    page.write_text("# Not Found\n\n[Back](../gone.md)\n", encoding="utf-8")
    assert fault_of(folder).startswith("docs/problems/not-found.md:3: The link '../gone.md' ")


def test_a_requirement_can_be_linked_to(written: Written) -> None:
    folder = written(start="# Start\n\n[One](requirements.md#ABC-001)\n")
    page = Document(built(folder)["requirements.html"].decode())
    assert ("tr", {"id": "ABC-001"}) in page.elements
    assert "#ABC-001" in page.values("href")


@pytest.mark.parametrize(
    ("navigation", "message"),
    [
        (
            "- section: Start\n  pages: [start]\n",
            "docs/other.md: The page is in no section of docs/navigation.yaml.",
        ),
        (
            NAVIGATION.replace("other", "other, third"),
            "docs/navigation.yaml: There is no page docs/third.md.",
        ),
        (
            NAVIGATION.replace("other", "other, start"),
            "docs/navigation.yaml: The page 'start' is listed twice.",
        ),
        (
            NAVIGATION.replace("pages", "page"),
            "docs/navigation.yaml: Each item has to be a `section` with its `pages`.",
        ),
        (
            NAVIGATION.replace("  pages", "  section: Again\n  pages"),
            "docs/navigation.yaml:2: The key 'section' stands twice in one mapping.",
        ),
    ],
)
def test_a_wrong_navigation_is_one_sentence(
    written: Written, navigation: str, message: str
) -> None:
    folder = written(navigation)
    with pytest.raises(SiteFault, match=re.escape(message)):
        guides.load(folder)


def test_a_folder_without_a_navigation_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SiteFault, match=r"navigation\.yaml cannot be read: No such file"):
        guides.load(tmp_path)


def test_a_page_without_a_title_is_one_sentence(written: Written) -> None:
    folder = written(start="Begins with text.\n")
    assert fault_of(folder).startswith("docs/start.md:1: The page has to begin with its title")


def test_a_page_that_is_not_utf_8_is_one_sentence(written: Written) -> None:
    folder = written()
    (folder / "start.md").write_bytes(b"# Start\n\n\xff\n")
    assert fault_of(folder) == "docs/start.md: It is not UTF-8."


def test_a_problem_of_the_contract_without_a_page_is_one_sentence(written: Written) -> None:
    folder = written()
    (folder / "problems" / "conflict.md").unlink()
    told = fault_of(folder)
    assert "docs/problems/conflict.md: The contract names the problem 'conflict'" in told


def test_another_file_can_be_included_and_linked_to() -> None:
    text = "# Changes\n\nThe [file](../LOG.md).\n\n<!-- include ../LOG.md -->\n\n## After\n"
    page = prose.page(text, {"../LOG.md": "# Log\n\n## 1.0.0\n\n- First.\n"}.__getitem__)
    document = Document(page.html)
    assert page.title == "Changes"
    assert document.values("id") == ["LOG", "100", "after"]
    assert "#LOG" in document.values("href")
    assert "First." in document.text


def test_an_included_file_that_is_missing_is_one_sentence(written: Written) -> None:
    folder = written(start="# Start\n\n<!-- include ../NOTHING.md -->\n")
    assert "../NOTHING.md, which a page includes, cannot be read." in fault_of(folder)


def test_code_is_coloured_and_stays_what_it_is() -> None:
    code = 'curl -H "Authorization: Bearer $TOKEN" <url> && echo "&amp;"\n'
    page = Document(prose.page(f"# Page\n\n```sh\n{code}```\n").html)
    assert "nv" in page.values("class")
    assert page.text == code.strip()
    assert ("pre", {"tabindex": "0"}) in page.elements


def test_a_block_in_an_unknown_language_is_shown_as_it_is() -> None:
    page = Document(prose.page("# Page\n\n```console\n$ <b>\n```\n").html)
    assert page.text == "$ <b>"


def test_prose_of_the_contract_is_shown_as_it_is_written() -> None:
    text = prose.inline("`Event <id>` or <id>, with **weight**;\nno <script>.")
    assert text == (
        "<code>Event &lt;id&gt;</code> or &lt;id&gt;, with <strong>weight</strong>;"
        " no &lt;script&gt;."
    )
    assert " id=" not in prose.passage("## A heading\n\n| a |\n|---|\n| ABC-001 |\n")
