//! Versions of what an object stores: a database is brought to the newest when its object starts.
//!
//! A database without a version is of the first gateways, or new. The steps from one version to the
//! next run once, in their order, each in one turn; each can be repeated, so that one cut short is
//! made again. A database of a newer gateway is left alone, and its object answers 503.

use worker::SqlStorage;

use crate::log;
use crate::sql::{self, integer};

/// One step, from one version to the next.
pub(crate) type Step = &'static [Change];

/// A part of a step; it can be repeated.
pub(crate) enum Change {
    /// Statements that can be repeated.
    Sql(&'static str),
    /// A column more, at the end of the table; no statement for it can be repeated.
    Column { table: &'static str, name: &'static str, kind: &'static str },
}

const VERSION: &str = "
    CREATE TABLE IF NOT EXISTS schema (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        version INTEGER NOT NULL
    )";

/// Brings the database to the version that `steps` lead to. The first step makes a new one, and is
/// what the first gateways had; `known` says whether it has been made.
pub(crate) fn upgrade(sql: &SqlStorage, steps: &[Step], known: bool) -> worker::Result<()> {
    let newest = steps.len() as u64;
    let stored = if sql::has_table(sql, "schema")? {
        sql::first(sql, "SELECT version FROM schema", Vec::new())?
    } else {
        None
    };
    let version = match stored {
        Some(mut row) => row.number()?,
        None => u64::from(known),
    };
    if version > newest {
        log::line("schema").with("outcome", "newer").with("version", version).error();
        return Err(worker::Error::RustError("stored by a newer gateway".into()));
    }
    if version == newest {
        return Ok(());
    }
    sql::run(sql, VERSION, Vec::new())?;
    for (step, to) in steps.iter().zip(1_u64..).skip(usize::try_from(version).unwrap_or(0)) {
        for change in *step {
            make(sql, change)?;
        }
        let query = "INSERT INTO schema (one, version) VALUES (1, ?)
            ON CONFLICT (one) DO UPDATE SET version = excluded.version";
        sql::run(sql, query, vec![integer(to)])?;
    }
    if known {
        log::line("schema")
            .with("outcome", "upgraded")
            .with("from", version)
            .with("to", newest)
            .info();
    }
    Ok(())
}

fn make(sql: &SqlStorage, change: &Change) -> worker::Result<()> {
    match change {
        Change::Sql(statements) => sql::run(sql, statements, Vec::new()),
        Change::Column { table, name, kind } => {
            let query = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?";
            let bindings = vec![(*table).into(), (*name).into()];
            if sql::first(sql, query, bindings)?.is_some() {
                return Ok(());
            }
            sql::run(sql, &format!("ALTER TABLE {table} ADD COLUMN {name} {kind}"), Vec::new())
        }
    }
}
