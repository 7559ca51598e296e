"""The ways in which a mutant gets into the sandbox, before it starts.

Nothing of the shipped server knows of this: functions are replaced where they are looked up, parts
of the contract are edited on their way to the stations that read it, and answers pass a layer in
front. Each way refuses what is not there, so that a mutant of yesterday's sandbox is noticed.
"""

import copy
import dataclasses
import json
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp

from tests.conformance.mutants.front import Answer, Asked, Front, RewriteAnswer, RewriteRequest
from zen_contract import contract
from zen_contract.contract import Operation, function_name
from zen_sandbox import app as application
from zen_sandbox.handlers import MODULES
from zen_sandbox.request import operation as compiled
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response

Json = dict[str, Any]
Wrapped = Callable[..., Any]
Schema = Callable[[Json], None]


class NothingThere(LookupError):
    """A mutant is about something that the sandbox does not have."""


class Faulty:
    """A sandbox that is about to start."""

    def __init__(self) -> None:
        self._requests: list[RewriteRequest] = []
        self._answers: list[RewriteAnswer] = []
        self._edits: dict[str, list[Callable[[Json], None]]] = {}

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Puts what `make` makes of a function, method or constant in its place."""
        if name not in vars(owner):
            raise NothingThere(f"{owner.__name__} has no {name}")
        setattr(owner, name, make(vars(owner)[name]))

    def around(self, owner: Any, name: str) -> Callable[[Wrapped], Wrapped]:
        """Calls the decorated function instead, with the original before its arguments."""

        def decorate(instead: Wrapped) -> Wrapped:
            self.replace(owner, name, lambda original: _calling(instead, original))
            return instead

        return decorate

    def sql(self, owner: Any, name: str, old: str, new: str) -> None:
        """Changes a part of a statement, or of another text."""

        def changed(text: str) -> str:
            if old not in text:
                raise NothingThere(f"{name} does not say {old!r}")
            return text.replace(old, new)

        self.replace(owner, name, changed)

    def handler(self, *operation_ids: str) -> Callable[[Wrapped], Wrapped]:
        """Calls `instead(run, call, **given)` where the operations' handlers were called."""

        def decorate(instead: Wrapped) -> Wrapped:
            for operation_id in operation_ids:
                name = function_name(operation_id)
                self.around(_module_of(name), name)(instead)
            return instead

        return decorate

    def shown(self, *operation_ids: str) -> Callable[[Wrapped], Wrapped]:
        """Lets `edit(document, call, given)` change what the operations answer on success."""

        def decorate(edit: Wrapped) -> Wrapped:
            @self.handler(*operation_ids)
            def instead(run: Wrapped, call: Call, **given: Any) -> Response:
                response: Response = run(call, **given)
                document = json.loads(response.body)
                edit(document, call, given)
                return response._replace(body=json.dumps(document, ensure_ascii=False).encode())

            return edit

        return decorate

    def requests(self, *operation_ids: str) -> Callable[[RewriteRequest], RewriteRequest]:
        """Lets a function change requests of those operations (default: all) on their way in."""

        def decorate(rewrite: RewriteRequest) -> RewriteRequest:
            def chosen(asked: Asked) -> None:
                if not operation_ids or asked.operation_id in operation_ids:
                    rewrite(asked)

            self._requests.append(chosen)
            return rewrite

        return decorate

    def answers(self, *operation_ids: str) -> Callable[[RewriteAnswer], RewriteAnswer]:
        """Lets a function change answers of those operations (default: all) on their way out."""

        def decorate(rewrite: RewriteAnswer) -> RewriteAnswer:
            def chosen(asked: Asked, answer: Answer) -> None:
                if not operation_ids or asked.operation_id in operation_ids:
                    rewrite(asked, answer)

            self._answers.append(chosen)
            return rewrite

        return decorate

    def body(self, operation_id: str, path: str = "", *without: str, **more: Any) -> None:
        """Edits what the operation checks of a member of its body, `target.id` say."""

        def edit(definition: Json) -> None:
            content = definition["requestBody"]["content"].values()
            for schema in {id(media["schema"]): media["schema"] for media in content}.values():
                _edit(_member(schema, path), without, more)

        self._edit(operation_id, edit)

    def parameter(self, operation_id: str, name: str, *without: str, **more: Any) -> None:
        """Edits what the operation checks of a parameter."""

        def edit(definition: Json) -> None:
            found = [one for one in definition["parameters"] if one["name"] == name]
            if not found:
                raise NothingThere(f"{operation_id} has no parameter {name}")
            _edit(found[0]["schema"], without, more)

        self._edit(operation_id, edit)

    def definition(self, operation_id: str) -> Callable[[Schema], Schema]:
        """Lets a function edit `requestBody` and `parameters` of an operation freely."""

        def decorate(edit: Schema) -> Schema:
            self._edit(operation_id, edit)
            return edit

        return decorate

    def ready(self) -> None:
        """Everything is said: the sandbox may start."""
        front = Front(self._requests, self._answers)
        self.replace(
            application,
            "create_app",
            lambda create: lambda *given: _behind(front, create(*given)),
        )
        self.replace(compiled, "_compile", self._compiling)

    def _edit(self, operation_id: str, edit: Schema) -> None:
        known = [contract.load(name) for name in application.CONTRACTS]
        if not any(operation_id == one.operation_id for each in known for one in each.operations):
            raise NothingThere(f"there is no operation {operation_id}")
        self._edits.setdefault(operation_id, []).append(edit)

    def _compiling(self, compile_one: Wrapped) -> Wrapped:
        def edited(one: Operation, handler: Wrapped) -> Any:
            definition: Json = {
                "parameters": copy.deepcopy(list(one.parameters)),
                "requestBody": copy.deepcopy(one.request_body),
            }
            for edit in self._edits.get(one.operation_id, ()):
                edit(definition)
            changed = dataclasses.replace(
                one,
                parameters=tuple(definition["parameters"]),
                request_body=definition["requestBody"],
            )
            return compile_one(changed, handler)

        return edited


def _behind(front: Front, app: ASGIApp) -> ASGIApp:
    return front.around(app)


def _calling(instead: Wrapped, original: Wrapped) -> Wrapped:
    if isinstance(original, staticmethod | classmethod):
        raise NothingThere("only functions and methods of instances can be replaced")
    return lambda *given, **named: instead(original, *given, **named)


def _module_of(name: str) -> Any:
    for module in MODULES:
        if name in vars(module):
            return module
    raise NothingThere(f"no handler is called {name}")


def _member(schema: Json, path: str) -> Json:
    for name in path.split(".") if path else ():
        schema = schema["items"] if name == "[]" else schema["properties"][name]
        if "allOf" in schema:
            schema = schema["allOf"][0]
    return schema


def _edit(schema: Json, without: tuple[str, ...], more: Json) -> None:
    for name in without:
        if name not in schema:
            raise NothingThere(f"the schema has no {name}")
        del schema[name]
    schema.update(more)
