"""The reference sandbox of the Zen Mesh customer API.  Start reading at `app.create_app`."""

from zen_contract import __version__

__all__ = ["__version__"]
