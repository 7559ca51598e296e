"""`python -m zen_conformance`."""

from zen_conformance.cli import main

main(prog_name="zen-conformance")
