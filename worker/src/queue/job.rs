//! A delivery as an attempt needs it, and how it is read.

use std::collections::HashMap;

use hookward_relay::delivery::Delivery;
use hookward_relay::ids::DeliveryId;

use super::rows::Carried;
use super::seq::Seq;
use super::store::{COLUMNS, Store, found};
use crate::sql::{self, Row, integer};

/// A body that is read along with others: a look into the store holds only so much in memory.
const SHORT_BYTES: u64 = 32 * 1024;

/// About as much as a job takes beside its body, its type and its headers.
const ROW_BYTES: usize = 512;

/// What an attempt needs of a delivery.
pub(super) struct Job {
    pub(super) seq: Seq,
    pub(super) id: DeliveryId,
    /// The row as it was read.
    pub(super) delivery: Delivery,
    /// Which state of the queue's rows that was: as long as it is the same, so is the row.
    pub(super) epoch: u64,
    pub(super) source: String,
    pub(super) event_type: Option<String>,
    pub(super) carried: Carried,
    pub(super) body: Vec<u8>,
}

impl Job {
    /// About as much memory as it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        let headers = self.carried.headers.iter();
        let headers = headers.map(|(name, value)| name.len().saturating_add(value.len()));
        let parts =
            headers.chain([self.body.len(), self.event_type.as_ref().map_or(0, String::len)]);
        parts.fold(ROW_BYTES, usize::saturating_add)
    }
}

impl Store {
    /// What the next attempt of `seq` needs; `None` when it is not pending any more.
    pub(super) fn job(&self, seq: Seq, epoch: u64) -> worker::Result<Option<Job>> {
        let query = format!("SELECT {COLUMNS}, carried, body FROM deliveries WHERE seq = ?");
        match sql::first(&self.sql, &query, vec![integer(seq.0)])? {
            Some(row) => job(row, epoch),
            None => Ok(None),
        }
    }

    /// The same of several, as far as they are short and can be read.
    pub(super) fn short_jobs(&self, seqs: &[Seq], epoch: u64) -> worker::Result<HashMap<Seq, Job>> {
        let query = format!(
            "SELECT {COLUMNS}, carried, body FROM deliveries
                WHERE seq IN (SELECT value FROM json_each(?)) AND length(body) <= ?"
        );
        let seqs: Vec<u64> = seqs.iter().map(|seq| seq.0).collect();
        let bindings = vec![serde_json::to_string(&seqs)?.into(), integer(SHORT_BYTES)];
        let jobs = sql::rows(&self.sql, &query, bindings)?.into_iter();
        let jobs = jobs.filter_map(|row| job(row, epoch).ok().flatten());
        Ok(jobs.map(|job| (job.seq, job)).collect())
    }
}

/// Reads the columns of [`COLUMNS`], `carried` and `body`; `None` for what is not pending any more.
fn job(mut row: Row, epoch: u64) -> worker::Result<Option<Job>> {
    let found = found(&mut row)?;
    if found.delivery.next_attempt().is_none() {
        return Ok(None);
    }
    Ok(Some(Job {
        seq: found.seq,
        id: found.row.id,
        delivery: found.delivery,
        epoch,
        source: found.row.source,
        event_type: found.row.event_type,
        carried: serde_json::from_str(&row.text()?)?,
        body: row.bytes()?,
    }))
}
