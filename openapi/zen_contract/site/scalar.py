"""Where the bundle of Scalar's API reference is: in a package from PyPI, which is not imported."""

import importlib.util
from pathlib import Path

from zen_contract.site.fault import SiteFault

PACKAGE = "flask-openapi3-scalar"

_BUNDLE = "templates/scalar/js/scalar.standalone.js"


def bundle() -> bytes:
    """The script that renders a contract; SiteFault when the package is not there."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise SiteFault(f"The reference needs {PACKAGE}; run `pip install 'zen-back[docs]'`.")
    try:
        return (Path(spec.origin).parent / _BUNDLE).read_bytes()
    except OSError as error:
        raise SiteFault(
            f"{PACKAGE} has no {_BUNDLE}; run `pip install --force-reinstall {PACKAGE}`."
        ) from error
