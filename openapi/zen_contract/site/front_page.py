"""The front page: what this is, the three jobs, and the way to a first delivered event."""

from collections.abc import Mapping, Sequence
from typing import Any

from zen_contract.contract import Contract
from zen_contract.site import highlighting, prose
from zen_contract.site.layout import Item, Layout, Page
from zen_contract.status_labels import LABELS, non_claims

PATH = "index.html"
TITLE = "Zen Mesh customer API"
SERVE = """\
python3 -m venv .venv && .venv/bin/pip install -q '.[sandbox]'
.venv/bin/zen-sandbox serve
"""

_STEPS = (
    ("createIngester", "Make an endpoint", "for a provider to post to."),
    ("createDestination", "Make a target", "with the URL of your web server and a secret."),
    ("createDeliveryFlow", "Make a flow", "from the one to the other, with its retry policy."),
    ("ingestEvent", "Post an event", "as the provider would."),
    ("listDeliveries", "Look at its attempts", "until one is delivered."),
)


def front_page(
    contracts: Sequence[Contract], layout: Layout, start: Item, *, has_problems: bool
) -> Page:
    """The page; `start` is the guide that leads to a first delivered event."""
    operations = {one.operation_id: one for contract in contracts for one in contract.operations}
    labels = {one.status_label for one in operations.values()}
    given: Mapping[str, Any] = {
        "start": start,
        "has_problems": has_problems,
        "has_sandbox": len(contracts) > 1,
        "serve": highlighting.block(SERVE, "sh"),
        "steps": [step for step in _STEPS if step[0] in operations],
        "words": prose.passage(_words(contracts[0])),
        "labels": {label: meaning for label, meaning in LABELS.items() if label in labels},
        "non_claims": non_claims(contracts[0]),
    }
    body = layout.fill("front.html", PATH, **given)
    return Page(PATH, TITLE, body, "front", "The contract, a sandbox and a conformance suite.")


def _words(contract: Contract) -> str:
    """The table of words that opens the contract's description."""
    opening = str(contract.document["info"]["description"]).partition("\n## ")[0]
    return opening[opening.index("|") :] if "|" in opening else opening
