"""The reference sandbox of the Zen Mesh customer API.  Start reading at `app.create_app`."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("zen-back")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
