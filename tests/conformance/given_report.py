"""A report with every outcome and every oddity in it, as a value."""

from typing import Any

from zen_conformance.report.model import Report, Result

HOSTILE = "<script>alert(1)</script> & \"'\x00\x1b[31m\ud800]]>"
_DIGEST = "ab" * 32


def failure(requirement: str, message: str, **more: Any) -> dict[str, Any]:
    """One, with a request and an answer full of hostile text."""
    request = {
        "method": "POST",
        "url": "http://127.0.0.1:1/v1/tenants/t/destinations?<b>",
        "headers": [["X-Odd", _written(HOSTILE)]],
        "body": _written(HOSTILE),
    }
    response = {"status": 201, "headers": [["X-Odd", "é"]], "body": _written(HOSTILE) * 20}
    return {
        "requirement": requirement,
        "check": "test_x.py::test_y",
        "message": _written(message),
        "expected": "status 200",
        "got": _written(HOSTILE),
        "curl": "curl -sS -i http://127.0.0.1:1/" + "a" * 200,
        "credential": "valid api_key of primary (no scope)",
        "request": request,
        "response": response,
        "transcript": [[request, response], [request, {"trouble": "no answer in time"}]],
        **more,
    }


def result(requirement_id: str, outcome: str, **more: Any) -> Result:
    """What is said of one requirement."""
    return Result(
        **{
            "id": requirement_id,
            "area": requirement_id.partition("-")[0],
            "level": "SHOULD" if outcome == "warned" else "MUST",
            "title": f"The sentence of {requirement_id}, with a `code` in it.",
            "contract": "zen-back.v1.yaml#/components/schemas/Name",
            "source": "D §3",
            "outcome": outcome,
            "selected": True,
            "checks": 2,
            "seconds": 0.5,
            **more,
        }
    )


def report(**more: Any) -> Report:
    """All of it; `more` replaces members."""
    failures = (failure("DEST-002", HOSTILE), failure("DEST-002", "another", deliveries=[{"a": 1}]))
    requirements = (
        result("DEST-001", "passed"),
        result(
            "DEST-002", "failed", failures=failures, replay="zen-conformance run --only DEST-002"
        ),
        result("DEST-003", "failed", failures=(failure("DEST-003", "known"),)),
        result("LIST-001", "warned", failures=(failure("LIST-001", "w", smallest_input="x=0"),)),
        result("LIST-002", "not_run", reason="a precondition failed"),
        result("LIST-003", "not_run", reason="not selected", selected=False),
        result("LIST-004", "passed"),
    )
    members: dict[str, Any] = {
        "verdict": "nonconformant",
        "suite_version": "0.1.0",
        "contract_version": "1.0.0",
        "contract_digest": _DIGEST,
        "started": "2026-01-02T03:04:05Z",
        "seconds": 12.5,
        "configuration": {
            "base_url": "http://127.0.0.1:1",
            "profile": "full",
            "budget": "standard",
            "seed": 1,
            "workers": 1,
            "only": [],
            "skip": [],
            "skip_reason": None,
            "strict": False,
            "fail_fast": False,
            "capabilities": ["ingest"],
        },
        "requirements": requirements,
        "left_behind": ("/v1/tenants/t/destinations/d1",),
        "errors": (_written(HOSTILE),),
        "expected_failures": {"DEST-003": "ticket 7", "LIST-004": "ticket 8"},
        "unexpected_passes": ("LIST-004",),
    }
    return Report(**{**members, **more})


def _written(text: str) -> str:
    """As a record has it: nothing that UTF-8 has no bytes for."""
    return text.encode("utf-8", "backslashreplace").decode()
