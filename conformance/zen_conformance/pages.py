"""How long a page is asked for by whoever wants many rows and is not about pages.

Below the bound of 100, so that a server's fault at that bound is told by the checks of `limit`
alone.
"""

LONG_PAGE = 90
