"""The tenant's log: who did what to what, how it ended, and how attempts went."""

from zen_sandbox.cursor import Window
from zen_sandbox.domain import LogEntry
from zen_sandbox.store.database import Database
from zen_sandbox.store.rows import Filters, Places, first_place, next_seq

_COLUMNS = ", ".join(LogEntry._fields)
_INSERT = f"""
INSERT INTO logs (tenant_id, seq, id, timestamp, level, message, action, result, actor,
  resource_type, resource_id, request_id, delivery_id, source_id)
VALUES (?, {next_seq("logs")}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TO_THE_MS = 23  # characters
_PROBE = "SELECT seq, timestamp FROM logs WHERE tenant_id = ? AND seq >= ? ORDER BY seq LIMIT 1"

_BEFORE = "SELECT timestamp FROM logs WHERE tenant_id = ? AND seq < ? ORDER BY seq DESC LIMIT 1"


class Logs:
    """The collection `logs`; moments in it never go back, so `seq` is its order in time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = Places()

    def add(self, tenant_id: str, entry: LogEntry) -> None:
        """Appends an entry; its `seq` is made here."""
        place = self._places.at(tenant_id, entry.timestamp)
        self._database.execute(_INSERT, (tenant_id, place, tenant_id, *entry[1:]))

    def page(
        self,
        tenant_id: str,
        window: Window,
        *,
        level: str | None = None,
        source_id: str | None = None,
        delivery_id: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[LogEntry]:
        """The window's entries and one more, newest first; `since` included, `until` not."""
        filters = Filters(
            tenant_id,
            level=level,
            source_id=source_id,
            delivery_id=delivery_id,
        )
        if since is not None:
            first = self._first_at(tenant_id, since)
            if first is None:
                return []
            filters.add("seq >= ?", first)
        if until is not None:
            beyond = self._first_at(tenant_id, until)
            if beyond is not None:
                filters.add("seq < ?", beyond)
        index = _index(level=level, source_id=source_id, delivery_id=delivery_id)
        rows = filters.select(self._database, _COLUMNS, "logs", window, index=index)
        return [LogEntry._make(row) for row in rows]

    def _first_at(self, tenant_id: str, moment: str) -> int | None:
        """The place of the first entry at or after a moment; None when all are before it.

        Places are made from moments, so the first guess is right unless places ran ahead of time;
        then halving finds it. No write has to keep an index for this.
        """
        low, high = 0, self._highest(tenant_id) + 1
        guess = min(max(_guess(moment), low), high)
        before = self._database.execute(_BEFORE, (tenant_id, guess)).fetchone()
        if before is None or before[0] < moment:
            low = guess
            found = self._database.execute(_PROBE, (tenant_id, low)).fetchone()
            if found is None or found[1] >= moment:
                return found[0] if found else None
        else:
            high = guess
        while low < high:
            middle = (low + high) // 2
            found = self._database.execute(_PROBE, (tenant_id, middle)).fetchone()
            if found is None or found[1] >= moment:
                high = middle
            else:
                low = int(found[0]) + 1
        found = self._database.execute(_PROBE, (tenant_id, low)).fetchone()
        return found[0] if found else None

    def _highest(self, tenant_id: str) -> int:
        row = self._database.execute(
            "SELECT MAX(seq) FROM logs WHERE tenant_id = ?", (tenant_id,)
        ).fetchone()
        return row[0] or 0


def _guess(moment: str) -> int:
    try:
        return first_place(moment[:_TO_THE_MS])
    except (ValueError, OverflowError):  # a year that no clock of ours tells
        return 0


def _index(*, level: str | None, source_id: str | None, delivery_id: str | None) -> str | None:
    """The index that leaves the fewest rows to look at; None is the table's own order."""
    if delivery_id is not None:
        return "logs_by_delivery"
    if source_id is not None:
        return "logs_by_source" if level is None else "logs_by_source_and_level"
    return None if level is None else "logs_by_level"
