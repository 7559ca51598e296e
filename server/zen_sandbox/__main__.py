"""`python -m zen_sandbox` is the command `zen-sandbox`."""

from zen_sandbox.cli import main

if __name__ == "__main__":
    main(prog_name="zen-sandbox")
