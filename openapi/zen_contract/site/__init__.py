"""The site: what the Markdown pages and the contracts say, as HTML that any web server serves.

Start at `build.py`.
"""
