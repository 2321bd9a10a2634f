//! Replay jobs, stored.

use hookward_relay::ids::ReplayId;
use hookward_relay::replay_job::JobStatus;

use super::rows::ReplayRow;
use super::store::Store;
use crate::clock::Millis;
use crate::sql::{self, Row, integer};

/// Jobs kept for the log.
const KEPT: u64 = 100;

impl Store {
    pub(super) fn put_replay(&self, row: &ReplayRow) -> worker::Result<()> {
        let query = "INSERT INTO replays (id, running, row) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET running = excluded.running, row = excluded.row";
        let running = integer(u64::from(row.progress.status == JobStatus::Running));
        let bindings = vec![row.id.to_string().into(), running, serde_json::to_string(row)?.into()];
        sql::run(&self.sql, query, bindings)?;
        let query = "DELETE FROM replays WHERE id <=
            (SELECT id FROM replays ORDER BY id DESC LIMIT 1 OFFSET ?) AND running = 0";
        sql::run(&self.sql, query, vec![integer(KEPT)])
    }

    pub(super) fn replay(&self, id: ReplayId) -> worker::Result<Option<ReplayRow>> {
        let query = "SELECT row FROM replays WHERE id = ?";
        sql::first(&self.sql, query, vec![id.to_string().into()])?.map(parsed).transpose()
    }

    pub(super) fn running_replay(&self) -> worker::Result<Option<ReplayRow>> {
        let query = "SELECT row FROM replays WHERE running = 1";
        sql::first(&self.sql, query, Vec::new())?.map(parsed).transpose()
    }

    /// The newest first, and one more than `limit` where there is one.
    pub(super) fn replays(
        &self,
        before: Option<ReplayId>,
        limit: u32,
    ) -> worker::Result<Vec<ReplayRow>> {
        let query = "SELECT row FROM replays WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2";
        let before = before.map(|id| id.to_string());
        let bindings = vec![before.into(), integer(u64::from(limit).saturating_add(1))];
        sql::rows(&self.sql, query, bindings)?.into_iter().map(parsed).collect()
    }

    /// How many pending deliveries are due, counted no further than `most`.
    pub(super) fn count_due(&self, now: Millis, most: u64) -> worker::Result<u64> {
        let query = "SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE status = 'pending' AND at_ms <= ? LIMIT ?)";
        sql::first(&self.sql, query, vec![integer(now.0), integer(most)])?
            .map_or(Ok(0), |mut row| row.number())
    }
}

fn parsed(mut row: Row) -> worker::Result<ReplayRow> {
    Ok(serde_json::from_str(&row.text()?)?)
}
