"""The tables, and the steps that bring a database of any older version to today's.

A database says its version in `PRAGMA user_version`: how many of `STEPS` it has seen. A step is
never edited once it was released; a change of the tables is a new step.
"""

from collections.abc import Callable

from sqlite_utils import Database as SqliteUtilsDatabase

from zen_sandbox.store.database import Database, DatabaseProblem

# What a write costs is mostly the pages it touches. Collections that every write adds to lie in the
# order of their own lists, (tenant_id, seq), which spares an index and a counter; `seq` is one more
# than the tenant's highest, so a page of a list can never meet a place that came after it. Which
# tenant a row belongs to comes from a credential, which was checked against `tenants`.
ACCOUNTS_AND_RESOURCES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE tenants (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL, revoked_at TEXT
) WITHOUT ROWID;
CREATE TABLE clusters (
  tenant_id TEXT NOT NULL REFERENCES tenants, id TEXT NOT NULL, created_at TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL REFERENCES tenants, name TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE, scopes TEXT NOT NULL,
  created_at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT
) WITHOUT ROWID;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id);

CREATE TABLE destinations (
  tenant_id TEXT NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL, type TEXT NOT NULL,
  status TEXT NOT NULL, secret TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (tenant_id, seq), UNIQUE (tenant_id, id), UNIQUE (tenant_id, name)
) WITHOUT ROWID;
CREATE TABLE ingesters (
  tenant_id TEXT NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (tenant_id, seq), UNIQUE (tenant_id, name)
) WITHOUT ROWID;
CREATE TABLE delivery_flows (
  tenant_id TEXT NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL, name TEXT NOT NULL, source_id TEXT NOT NULL, destination_id TEXT NOT NULL,
  max_attempts INTEGER NOT NULL, backoff_seconds INTEGER NOT NULL, status TEXT NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (tenant_id, seq), UNIQUE (tenant_id, id), UNIQUE (tenant_id, name)
) WITHOUT ROWID;
CREATE INDEX delivery_flows_by_source ON delivery_flows (tenant_id, source_id);
CREATE INDEX delivery_flows_by_destination ON delivery_flows (tenant_id, destination_id);
"""

# `seq` ends every index, so each of the orders below is an index read backwards, however deep.
DELIVERIES_AND_LOGS = """
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL,
  id TEXT NOT NULL, ingester_id TEXT NOT NULL, received_at TEXT NOT NULL,
  content_type TEXT, headers TEXT NOT NULL, body BLOB NOT NULL,
  UNIQUE (tenant_id, id)
);
CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant_id TEXT NOT NULL,
  id TEXT NOT NULL, event_id TEXT NOT NULL, destination_id TEXT NOT NULL, flow_id TEXT NOT NULL,
  status TEXT NOT NULL, response_code INTEGER, attempt_number INTEGER NOT NULL,
  queued_at TEXT NOT NULL, attempted_at TEXT, next_attempt_at TEXT, error_message TEXT,
  evidence_id TEXT NOT NULL,
  UNIQUE (tenant_id, id)
);
CREATE INDEX deliveries_in_order ON deliveries (tenant_id);
CREATE INDEX deliveries_by_status ON deliveries (tenant_id, status);
CREATE INDEX deliveries_by_destination ON deliveries (tenant_id, destination_id);
CREATE INDEX deliveries_by_destination_and_status ON deliveries (tenant_id, destination_id, status);
CREATE INDEX deliveries_by_event ON deliveries (tenant_id, event_id);
CREATE TABLE logs (
  tenant_id TEXT NOT NULL, seq INTEGER NOT NULL,
  id TEXT NOT NULL, timestamp TEXT NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL,
  action TEXT NOT NULL, result TEXT NOT NULL, actor TEXT NOT NULL, resource_type TEXT NOT NULL,
  resource_id TEXT, request_id TEXT, delivery_id TEXT, source_id TEXT,
  PRIMARY KEY (tenant_id, seq)
) WITHOUT ROWID;
CREATE INDEX logs_by_level ON logs (tenant_id, level);
CREATE INDEX logs_by_source ON logs (tenant_id, source_id) WHERE source_id IS NOT NULL;
CREATE INDEX logs_by_source_and_level ON logs (tenant_id, source_id, level)
  WHERE source_id IS NOT NULL;
CREATE INDEX logs_by_delivery ON logs (tenant_id, delivery_id) WHERE delivery_id IS NOT NULL;
CREATE TABLE idempotency (
  seq INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, key TEXT NOT NULL,
  fingerprint BLOB NOT NULL, created_at TEXT NOT NULL, status INTEGER NOT NULL,
  body BLOB NOT NULL, location TEXT,
  UNIQUE (tenant_id, key)
);
"""

# Only what the engine may attempt has a due time; rows that a demo made up as queued have none.
DELIVERY_ENGINE = """
ALTER TABLE deliveries ADD COLUMN due_at TEXT;
CREATE INDEX deliveries_due ON deliveries (tenant_id, destination_id, due_at)
  WHERE due_at IS NOT NULL;
ALTER TABLE destinations ADD COLUMN final_failures INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_in_order ON events (tenant_id);
CREATE INDEX events_by_id ON events (id);
CREATE INDEX deliveries_by_id ON deliveries (id);
CREATE TABLE snapshots (
  name TEXT NOT NULL, tenant_id TEXT NOT NULL, taken_at TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (name, tenant_id)
);
CREATE TABLE clocks (
  tenant_id TEXT PRIMARY KEY REFERENCES tenants, offset_ms INTEGER NOT NULL, frozen_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE made_attempts (
  position INTEGER PRIMARY KEY AUTOINCREMENT, delivery_seq INTEGER NOT NULL
);
CREATE TABLE attempt_records (
  seq INTEGER PRIMARY KEY, request_headers TEXT NOT NULL, response_headers TEXT NOT NULL,
  response_body BLOB NOT NULL, truncated INTEGER NOT NULL, address TEXT,
  first_byte_ms REAL, total_ms REAL NOT NULL
);
"""

# A place in the order of attempts goes with its attempt, which has to be found from there.
ATTEMPTS_FORGOTTEN = """
DELETE FROM made_attempts WHERE delivery_seq NOT IN (SELECT seq FROM deliveries);
CREATE INDEX made_attempts_by_delivery ON made_attempts (delivery_seq);
"""

Step = Callable[[SqliteUtilsDatabase], None]


def _statements(script: str) -> Step:
    def run(tables: SqliteUtilsDatabase) -> None:
        # Not executescript: it would commit the transaction that makes a step all or nothing.
        for statement in script.split(";\n"):
            if statement.strip():
                tables.execute(statement)

    return run


STEPS: tuple[Step, ...] = (
    _statements(ACCOUNTS_AND_RESOURCES),
    _statements(DELIVERIES_AND_LOGS),
    _statements(DELIVERY_ENGINE),
    _statements(ATTEMPTS_FORGOTTEN),
)


def bring_up_to_date(database: Database, steps: tuple[Step, ...] = STEPS) -> bool:
    """Runs the steps the database has not seen, in one transaction; says whether it was new.

    DatabaseProblem when the database is of a newer version than this program.
    """
    version = _version(database)
    if version > len(steps):
        raise DatabaseProblem(
            f"{database.path} was made by a newer zen-sandbox (database version {version}, this one"
            f" knows {len(steps)}); upgrade zen-back, or give another file with --db."
        )
    if version == len(steps):
        return False
    with database.writing():
        version = _version(database)  # another process may have been faster
        for step in steps[version:]:
            step(database.tables)
        database.execute(f"PRAGMA user_version = {len(steps)}")
    return version == 0


def _version(database: Database) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
