//! What the registry stores, version by version. A step that has been released is never changed.

use crate::schema::{Change, Step};

pub(super) const STEPS: &[Step] = &[&[Change::Sql(FIRST)], &[Change::Sql(SECOND)]];

const FIRST: &str = "
    CREATE TABLE IF NOT EXISTS sources (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        row TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS destinations (
        id TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        deleting INTEGER NOT NULL,
        row TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS rejection_counts (
        source TEXT NOT NULL,
        code TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (source, code)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS rejections (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        code TEXT NOT NULL,
        detail TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS rejections_of ON rejections (source, n);
";

/// What has been published, and what was answered without a queue.
const SECOND: &str = "
    CREATE TABLE IF NOT EXISTS publications (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        event TEXT NOT NULL UNIQUE,
        content TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS answer_counts (
        source TEXT NOT NULL,
        code TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (source, code)
    ) WITHOUT ROWID;
";
