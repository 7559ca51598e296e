"""Shows tox every Python pyenv has installed: pyenv puts only the chosen ones on PATH."""

import os
from pathlib import Path

_root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
_path = os.environ.get("PATH", os.defpath)
os.environ["PATH"] = os.pathsep.join([_path, *map(str, sorted(_root.glob("versions/3.*/bin")))])
