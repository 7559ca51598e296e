"""What a change outside the operations means: the addresses, the credentials, the front matter."""

from collections.abc import Iterator

from zen_contract.diff.change import Found, breaking, compatible, editorial
from zen_contract.diff.wording import unknown_members
from zen_contract.pointers import Place

_COMPARED = {"openapi", "info", "servers", "tags", "security", "paths", "components"}
_SCHEME_WORDS = {"description", "bearerFormat"}


def compared(old: Place, new: Place) -> Iterator[Found]:
    """Every difference of the document's own members; operations are compared by themselves."""
    yield from _openapi(old, new)
    yield from _info(old, new)
    yield from _servers(old, new)
    yield from _schemes(old, new)
    if old.get("tags") != new.get("tags"):
        yield editorial(("tags",), "tags", "the tags read differently.")
    if old.get("externalDocs") != new.get("externalDocs"):
        yield editorial(("externalDocs",), "externalDocs", "the externalDocs read differently.")
    yield from unknown_members(old, new, "the document", _COMPARED)


def _openapi(old: Place, new: Place) -> Iterator[Found]:
    before, after = str(old.get("openapi")), str(new.get("openapi"))
    if before == after:
        return
    what = f"the contract is written in OpenAPI {after}, was in {before}."
    if before.split(".")[:2] == after.split(".")[:2]:
        yield editorial(("openapi",), "openapi", what)
    else:
        said = "Requests and answers stay as they are; tools that read the old one may fail."
        yield breaking(("openapi",), "openapi", what, said)


def _info(old: Place, new: Place) -> Iterator[Found]:
    before, after = old.get("info", {}), new.get("info", {})
    for key in dict.fromkeys([*before, *after]):
        if key != "version" and before.get(key) != after.get(key):
            yield editorial(("info", key), key, f"the {key} of the contract reads differently.")


def _servers(old: Place, new: Place) -> Iterator[Found]:
    before = {place.get("url"): place for _, place in old.below("servers")}
    after = {place.get("url"): place for _, place in new.below("servers")}
    for url in dict.fromkeys([*before, *after]):
        if url not in after:
            said = "Requests to that address are not promised an answer any more."
            yield breaking(("servers",), f"server {url}", f"the server {url} is gone.", said)
        elif url not in before:
            said = "It may be used; nobody has to."
            what = f"the server {url} is new."
            yield compatible(after[url].pointer, f"server {url}", what, said)
        elif before[url].value != after[url].value:
            what = f"the server {url} is described differently."
            yield editorial(after[url].pointer, f"server {url}", what)


def _schemes(old: Place, new: Place) -> Iterator[Found]:
    keys = "components", "securitySchemes"
    before, after = dict(old.below(*keys)), dict(new.below(*keys))
    for name in dict.fromkeys([*before, *after]):
        topic = f"scheme {name}"
        if name not in after:
            said = "Credentials of that kind are refused (401)."
            yield breaking(keys, topic, f"the security scheme {name} is gone.", said)
        elif name not in before:
            said = "Credentials of that kind are taken where an operation says so."
            what = f"the security scheme {name} is new."
            yield compatible(after[name].pointer, topic, what, said)
        else:
            yield from _scheme(name, before[name], after[name])


def _scheme(name: str, old: Place, new: Place) -> Iterator[Found]:
    for key in sorted({*old.value, *new.value}):
        if old.get(key) == new.get(key):
            continue
        where = (*new.pointer, key), key
        if key in _SCHEME_WORDS:
            yield editorial(*where, f"the {key} of the security scheme {name} reads differently.")
        else:
            what = f"{key} of the security scheme {name} is {new.get(key)}, was {old.get(key)}."
            yield breaking(*where, what, "Credentials have to be sent in another way.")
