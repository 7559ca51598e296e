"""What is wrong with a contract file: other people's linters and the rules only we know.

Start at `linter.py`. This package needs the extra `lint`; nothing outside it does.
"""
