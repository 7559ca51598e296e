"""Names: which are taken, by each operation that writes one, and how they come back."""

import itertools
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

import pytest

from zen_conformance.answer import Answer
from zen_conformance.check import requirement
from zen_conformance.failures import NotRun, must
from zen_conformance.resources import RECIPE, WRITES, Writer, recipe_rows, writer
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant, a_name

every_write = pytest.mark.parametrize("operation_id", WRITES)
Note = Callable[..., None]

ASTRAL, HAN, PRECOMPOSED = "\U0001f98a", "\u6c49", "\u0958"
ZERO_WIDTH = ("\u00ad", "\u180e", "\u200b", "\u200e", "\u2060", "\ufeff")  # Cf, no White_Space
CONTROL = [chr(point) for point in (*range(0x20), *range(0x7F, 0xA0))]
OF_EACH_KIND = [*"\0\t\n\x0b\r\x1b\x1f\x7f\x80\x85\x9f"]
SPACES = [
    *map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
]


def unique(fill: str, points: int) -> str:
    """A name of that many code points that nothing else has."""
    own = uuid.uuid4().hex
    repeated = "".join(itertools.islice(itertools.cycle(fill), points - len(own)))
    return own[:16] + repeated + own[16:]


# Where every character counts, the unique part is written in the same script.
def in_script(first: int, points: int) -> str:
    """A unique name out of the code points from `first` on."""
    own = uuid.uuid4().int
    return "".join(chr(first + (own >> (4 * place)) % 16) for place in range(points))


def long_names(points: int) -> list[str]:
    """Unique names of that many code points, longer or shorter by other counts."""
    return [
        unique("x", points),
        in_script(0x4E00, points),  # three bytes each in UTF-8
        in_script(0x1F600, points),  # two units each in UTF-16
        unique(ASTRAL, points),
        unique("e\u0301", points),  # half as many once normalised
        unique("\U0001f468\u200d\U0001f469\u200d\U0001f467", points),  # few to the eye
        unique(PRECOMPOSED, points),  # more once normalised
        unique("\u00e9", points),
        unique("\ufdfa", points),  # eighteen each by compatibility
    ]


def odd_names() -> Iterator[str]:
    """Legal names that a server might trim, fold, escape or refuse."""
    for space in SPACES:
        yield f"{a_name('in')}{space}{space}side"
    for mark in ZERO_WIDTH:
        yield f"{mark}{a_name('ends')}{mark}"
    for text in (
        "'\"\\/`",
        "<b>&amp;</b>",
        "%00%41+%",
        "'; DROP TABLE names; --",
        "${x} {{y}} %s {0}",
        "e\u0301 \u00e9 \u212b \ufb01 \u2126",
        "\u0130\u0131\u00df\u1e9e\u03c2",
        "\u05d0\u0628\u202e",
        "\U0001f1e9\U0001f1ea\U0001f44d\U0001f3fd",
        "null",
        "_-.~!@#$^*()=|;:,?[]",
    ):
        yield f"{text}{a_name('odd')}{text}"


def held(resource_id: object, operation_id: str, api: Tenant) -> dict[str, object]:
    """What GET says of it, then what its list and for a recipe its own list say of a new one."""
    resource, one = WRITES[operation_id], str(resource_id)
    shown = {"GET": resource.read(api, one).expect(200)["name"]}
    if operation_id != resource.update:  # that a list shows the last write, others say
        shown["the list"] = (resource.row(api, one) or {}).get("name")
    if operation_id == RECIPE:
        shown["the recipe's list"] = recipe_rows(api, [one]).get(one, {}).get("name")
    return shown


def is_kept(answer: Answer, name: str, operation_id: str, api: Tenant) -> None:
    """The name was taken, and comes back as given wherever it is shown."""
    answer.expect(200, 201, why=f"the name {name!r} of {len(name)} code points is legal")
    answer.expect_members(name=name)
    for where, shown in held(answer["id"], operation_id, api).items():
        answer.must(shown == name, f"{where} shows the name {shown!r} instead of {name!r}")


def is_refused(answer: Answer, name: str, note: Note) -> None:
    """The name was answered 400; that it is the field named is another requirement."""
    answer.expect(400, why=f"the name {name[:120]!r} of {len(name)} code points is not legal")
    detail = answer.get("detail")
    fits = str(detail).startswith("name:")
    note("PROB-014", None if fits else f"detail {detail!r} does not begin with 'name:'", answer)


@every_write
@requirement("NAME-001")
def test_a_name_of_100_code_points_is_kept(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    for name in (*long_names(100), *long_names(99)[:3]):
        is_kept(write(name=name), name, operation_id, api)


@every_write
@requirement("NAME-001")
def test_a_name_of_one_code_point_is_kept(api: Tenant, operation_id: str, chance: Random) -> None:
    write = writer(api, operation_id)
    letters = chance.sample(string.ascii_letters + string.digits + "!~'\"\\<%", 20)
    for choices in (
        letters,
        [chr(chance.randrange(0x4E00, 0x9F00)) for _ in range(5)],
        [chr(chance.randrange(0x20000, 0x2A000)) for _ in range(5)],
    ):
        is_one_of(choices, write, operation_id, api)


def is_one_of(names: list[str], write: Writer, operation_id: str, api: Tenant) -> None:
    """The first of those names that nobody has is kept."""
    for name in names:
        answer = write(name=name)
        if answer.status != 409:
            return is_kept(answer, name, operation_id, api)
    raise NotRun(f"the names {names!r} are all taken")


@every_write
@requirement("NAME-001")
def test_a_name_of_odd_characters_is_kept(api: Tenant, operation_id: str) -> None:
    # As most clients send them: in UTF-8 and not in escapes.
    write, resource = writer(replace(api, escapes=False), operation_id), WRITES[operation_id]
    names: dict[str, str] = {}
    for name in odd_names():
        answer = write(name=name).expect(200, 201, why=f"the name {name!r} is legal")
        one = str(answer.expect_members(name=name)["id"])
        if operation_id == resource.update:
            resource.read(api, one).expect(200).expect_members(name=name)
        names[one] = name
    if operation_id == resource.update:
        return
    rows = resource.listed(api, names)
    for one, name in names.items():
        shown = rows.get(one, {}).get("name")
        must(shown == name, f"the list shows the name {shown!r} instead of {name!r}")


@every_write
@requirement("NAME-002")
def test_a_name_of_no_or_more_than_100_code_points_is_refused(
    api: Tenant, operation_id: str, note: Note
) -> None:
    write = writer(api, operation_id)
    for name in ("", *long_names(101), *long_names(102)[:2], unique("x", 201), "x" * 5000):
        is_refused(write(name=name), name, note)


@every_write
@requirement("NAME-003")
def test_a_name_with_white_space_at_an_end_is_refused(
    api: Tenant, operation_id: str, note: Note
) -> None:
    write = writer(api, operation_id)
    for space in SPACES:
        for name in (space + a_name("led"), a_name("trailed") + space):
            is_refused(write(name=name), name, note)
    for name in (f" {a_name('both')} ", f"{a_name('two')}  ", " ", "  ", "\u00a0", "\u3000"):
        is_refused(write(name=name), name, note)


@every_write
@requirement("NAME-003")
def test_a_name_with_a_control_character_is_refused(
    api: Tenant, operation_id: str, note: Note, suite: Suite
) -> None:
    write = writer(api, operation_id)
    every = suite.configuration.scaled(False, True, True)
    for control in CONTROL if every else OF_EACH_KIND:
        is_refused(write(name=f"{a_name('in')}{control}side"), control, note)
    for control in OF_EACH_KIND:
        for name in (control, control + a_name("led"), a_name("trailed") + control):
            is_refused(write(name=name), name, note)
