"""What the status labels of operations mean, and what the contract says is not claimed."""

from zen_contract.contract import Contract

LABELS = {
    "WIRED_SANDBOX": "Implemented in a local or sandbox runtime. Not a claim that it is live in"
    " production.",
    "SANDBOX_ONLY": "Part of this sandbox only. No customer programs against it in production.",
    "INTERNAL_ONLY": "For the dashboard. Not a contract with customers.",
}

_NON_CLAIMS_HEADING = "## What is not claimed\n"


def non_claims(one: Contract) -> list[str]:
    """The list under the contract's heading of what is not claimed, an item a line."""
    description: str = one.document["info"]["description"]
    section = description.partition(_NON_CLAIMS_HEADING)[2].partition("\n## ")[0]
    items = (" " + section).replace("\n", " ").split(" - ")[1:]
    return [" ".join(item.split()) for item in items]
