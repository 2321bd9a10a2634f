//! What a queue stores, version by version. A step that has been released is never changed.

use crate::schema::{Change, Step};

pub(super) const STEPS: &[Step] = &[&[Change::Sql(FIRST)], &[Change::Sql(SECOND)], &[THIRD]];

/// The first attempt, where that delivered: with it in the delivery's row, most deliveries need no
/// row of `attempts`.
const THIRD: Change = Change::Column { table: "deliveries", name: "first_attempt", kind: "TEXT" };

const FIRST: &str = "
    CREATE TABLE IF NOT EXISTS settings (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        row TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS deliveries (
        seq INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        status TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        dead_reason TEXT,
        round INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        source TEXT NOT NULL,
        event_type TEXT,
        carried TEXT NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (status, at_ms);
    CREATE TABLE IF NOT EXISTS attempts (
        seq INTEGER NOT NULL,
        round INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        status INTEGER,
        error TEXT,
        excerpt TEXT,
        PRIMARY KEY (seq, round, attempt)
    ) WITHOUT ROWID;
";

/// Counts, what a destination's answers have led to, and replay jobs. The settings' version goes up,
/// so that the sweep brings the routing row, which says more by now, to the registry.
const SECOND: &str = "
    CREATE TABLE IF NOT EXISTS counts (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        row TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS gate (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        row TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS replays (
        id TEXT PRIMARY KEY,
        running INTEGER NOT NULL,
        row TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS deliveries_tried ON deliveries (attempts, at_ms)
        WHERE status = 'pending' AND attempts > 0;
    UPDATE settings SET row = json_set(row, '$.version', json_extract(row, '$.version') + 1);
";
