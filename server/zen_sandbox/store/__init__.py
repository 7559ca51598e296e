"""All SQL of the sandbox.  `Store` opens a database and holds one small object per resource."""

from zen_sandbox.store.database import Database, DatabaseProblem, Locked
from zen_sandbox.store.store import Store

__all__ = ["Database", "DatabaseProblem", "Locked", "Store"]
