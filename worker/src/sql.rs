//! SQL of an object's own database, without the calls that a JS exception would skip Rust in.

use worker::{SqlStorage, SqlStorageValue};

/// A row, column by column.
pub(crate) struct Row(std::vec::IntoIter<SqlStorageValue>);

/// Runs `query` to its end and returns its rows.
///
/// `SqlCursor::one`, `next` and `to_array` are bound without `catch`; `raw` is not.
pub(crate) fn rows(
    sql: &SqlStorage,
    query: &str,
    bindings: Vec<SqlStorageValue>,
) -> worker::Result<Vec<Row>> {
    sql.exec(query, bindings)?.raw().map(|row| Ok(Row(row?.into_iter()))).collect()
}

/// Runs `query` to its end and returns its first row.
pub(crate) fn first(
    sql: &SqlStorage,
    query: &str,
    bindings: Vec<SqlStorageValue>,
) -> worker::Result<Option<Row>> {
    Ok(rows(sql, query, bindings)?.into_iter().next())
}

/// Runs a statement that has no rows to return.
pub(crate) fn run(
    sql: &SqlStorage,
    query: &str,
    bindings: Vec<SqlStorageValue>,
) -> worker::Result<()> {
    sql.exec(query, bindings).map(drop)
}

/// Whether the database has a table of this name. Asking creates nothing.
pub(crate) fn has_table(sql: &SqlStorage, name: &str) -> worker::Result<bool> {
    let query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    Ok(first(sql, query, vec![name.into()])?.is_some())
}

impl Row {
    /// The next column as a whole number that is not negative.
    pub(crate) fn number(&mut self) -> worker::Result<u64> {
        self.optional_number()?.ok_or_else(unexpected)
    }

    /// The next column as a whole number that is not negative, or NULL.
    pub(crate) fn optional_number(&mut self) -> worker::Result<Option<u64>> {
        match self.0.next() {
            Some(SqlStorageValue::Integer(number)) => {
                u64::try_from(number).map(Some).map_err(|_| unexpected())
            }
            Some(SqlStorageValue::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    /// The next column as text.
    pub(crate) fn text(&mut self) -> worker::Result<String> {
        self.optional_text()?.ok_or_else(unexpected)
    }

    /// The next column as text, or NULL.
    pub(crate) fn optional_text(&mut self) -> worker::Result<Option<String>> {
        match self.0.next() {
            Some(SqlStorageValue::String(text)) => Ok(Some(text)),
            Some(SqlStorageValue::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    /// The next column as bytes.
    pub(crate) fn bytes(&mut self) -> worker::Result<Vec<u8>> {
        match self.0.next() {
            Some(SqlStorageValue::Blob(bytes)) => Ok(bytes),
            _ => Err(unexpected()),
        }
    }
}

/// `number` for a binding. Times and counts stay far below 2^53.
pub(crate) fn integer(number: u64) -> SqlStorageValue {
    SqlStorageValue::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The same as JavaScript has it.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

fn unexpected() -> worker::Error {
    worker::Error::RustError("a stored row has another shape than expected".into())
}
