//! The history of a queue: deliveries as the API lists them, and their attempts.

use hookward_relay::delivery::{Delivery, DeliveryStatus};
use hookward_relay::ids::{DeliveryId, DestinationId};
use wasm_bindgen::JsValue;

use super::frame;
use super::rows::{AttemptRow, Counted, Filter};
use super::seq::{MAX_SEQ, Seq, first_seq_of, seqs_of};
use super::store::{COLUMNS, Found, Store, found, small, stored};
use crate::host;
use crate::sql::{self, integer};

thread_local! {
    /// Carried over to JavaScript once.
    static WRITE_FIRST: JsValue = "UPDATE deliveries SET status = ?, at_ms = ?, dead_reason = ?,
        round = ?, attempts = ?, first_attempt = ? WHERE seq = ?".into();
}

/// Rows looked at for one page, so that a rare status or type cannot make a call scan for long.
const ROWS_LOOKED_AT: u64 = 5_000;

/// Rows looked at to count.
const ROWS_COUNTED: u64 = 50_000;

/// How a list is put in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// What is rare is sorted: few pages, each as full as it can be.
    Sort,
    /// In the order of making, whatever that passes: as many pages as there are rows to look at, each
    /// of bounded cost. For those who look at all of it.
    Walk,
}

/// What [`Store::list`] found.
pub(super) struct FoundPage {
    pub(super) rows: Vec<Found>,
    /// Where to go on; `None` at the end.
    pub(super) next: Option<DeliveryId>,
}

impl Store {
    /// The delivery that has this id.
    pub(super) fn find(&self, id: DeliveryId) -> worker::Result<Option<Found>> {
        let (low, high) = seqs_of(id);
        let query = format!("SELECT {COLUMNS} FROM deliveries WHERE seq BETWEEN ? AND ?");
        for mut row in sql::rows(&self.sql, &query, vec![integer(low), integer(high)])? {
            let found = found(&mut row)?;
            if found.row.id == id {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Deliveries that match, the newest first. What is pending or dead is sorted for each page;
    /// of the rest only so many rows are looked at.
    pub(super) fn list(
        &self,
        id: DestinationId,
        filter: &Filter,
        before: Option<DeliveryId>,
        limit: u32,
        order: Order,
    ) -> worker::Result<FoundPage> {
        if filter.event_keys.is_some() {
            let before = before.map_or(Ok(MAX_SEQ), |id| self.position(id))?;
            let mut rows = self.of_events(id, filter)?;
            rows.retain(|found| found.seq.0 < before);
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next = rows.last().filter(|_| more).map(|found| found.row.id);
            return Ok(FoundPage { rows, next });
        }
        let low = filter.since_ms.map_or(0, first_seq_of);
        let until = filter.until_ms.map_or(MAX_SEQ, first_seq_of);
        let high = match before {
            Some(id) => self.position(id)?.min(until),
            None => until,
        };
        // What is pending or dead is found by the index, and then sorted. What is delivered is most of
        // the log: reading it in its order beats that.
        let looked_at = match filter.status {
            _ if order == Order::Walk => "",
            Some(DeliveryStatus::Pending) => "AND status = 'pending'",
            Some(DeliveryStatus::Dead) => "AND status = 'dead'",
            Some(DeliveryStatus::Delivered) | None => "",
        };
        let looked_at = format!(
            "SELECT seq AS looked_at FROM deliveries WHERE seq >= ?1 AND seq < ?2 {looked_at}
                ORDER BY seq DESC LIMIT {ROWS_LOOKED_AT}"
        );
        let query = format!(
            "SELECT {COLUMNS} FROM ({looked_at}) JOIN deliveries ON seq = looked_at
                WHERE (?3 IS NULL OR status = ?3) AND (?4 IS NULL OR event_type = ?4)
                ORDER BY seq DESC LIMIT ?5"
        );
        let bindings = vec![
            integer(low),
            integer(high),
            filter.status.map(DeliveryStatus::as_str).into(),
            filter.event_type.clone().into(),
            integer(u64::from(limit).saturating_add(1)),
        ];
        // One that cannot be read does not hide the others.
        let mut rows: Vec<Found> = sql::rows(&self.sql, &query, bindings)?
            .into_iter()
            .filter_map(|mut row| found(&mut row).ok())
            .collect();
        if rows.len() > limit as usize {
            rows.truncate(limit as usize);
            let next = rows.last().map(|found| found.row.id);
            return Ok(FoundPage { rows, next });
        }
        let query = format!("SELECT min(looked_at), count(*) FROM ({looked_at})");
        let Some(mut end) = sql::first(&self.sql, &query, vec![integer(low), integer(high)])?
        else {
            return Ok(FoundPage { rows, next: None });
        };
        let next = match (end.optional_number()?, end.number()?) {
            (Some(last), ROWS_LOOKED_AT) => self.delivery(Seq(last))?.map(|found| found.row.id),
            _ => None,
        };
        Ok(FoundPage { rows, next })
    }

    /// Deliveries of the events that the filter names, the newest first, found by their keys.
    fn of_events(&self, id: DestinationId, filter: &Filter) -> worker::Result<Vec<Found>> {
        let query = format!("SELECT {COLUMNS} FROM deliveries WHERE key = ?");
        let mut all = Vec::new();
        for event_key in filter.event_keys.iter().flatten() {
            let Some(event_key) = hex::decode(event_key).ok().and_then(|it| it.try_into().ok())
            else {
                continue;
            };
            let key = frame::delivery_key(id, &event_key);
            if let Some(mut row) = sql::first(&self.sql, &query, vec![key.to_vec().into()])? {
                all.push(found(&mut row)?);
            }
        }
        let low = filter.since_ms.map_or(0, first_seq_of);
        let high = filter.until_ms.map_or(MAX_SEQ, first_seq_of);
        all.retain(|found| {
            (low..high).contains(&found.seq.0)
                && filter.status.is_none_or(|status| found.row.status == status)
                && filter
                    .event_type
                    .as_ref()
                    .is_none_or(|it| found.row.event_type.as_ref() == Some(it))
        });
        all.sort_by_key(|found| std::cmp::Reverse(found.seq));
        Ok(all)
    }

    /// How many deliveries match, as far as so many rows say.
    pub(super) fn count_matching(
        &self,
        id: DestinationId,
        filter: &Filter,
    ) -> worker::Result<Counted> {
        if filter.event_keys.is_some() {
            let matched = self.of_events(id, filter)?.len() as u64;
            return Ok(Counted { matched, more: false });
        }
        let status = match filter.status {
            // Found by the index.
            Some(DeliveryStatus::Pending) => "AND status = 'pending'",
            Some(DeliveryStatus::Dead) => "AND status = 'dead'",
            Some(DeliveryStatus::Delivered) => "AND status = 'delivered'",
            None => "",
        };
        let query = format!(
            "SELECT count(*), coalesce(sum(event_type = ?3), 0) FROM
                (SELECT event_type FROM deliveries WHERE seq >= ?1 AND seq < ?2 {status}
                    LIMIT {ROWS_COUNTED})"
        );
        let bindings = vec![
            integer(filter.since_ms.map_or(0, first_seq_of)),
            integer(filter.until_ms.map_or(MAX_SEQ, first_seq_of)),
            filter.event_type.clone().into(),
        ];
        let Some(mut row) = sql::first(&self.sql, &query, bindings)? else {
            return Ok(Counted { matched: 0, more: false });
        };
        let (looked_at, of_type) = (row.number()?, row.number()?);
        let matched = if filter.event_type.is_some() { of_type } else { looked_at };
        Ok(Counted { matched, more: looked_at >= ROWS_COUNTED })
    }

    /// The row number that a page before `id` ends at. Where the delivery is gone by now, a few of
    /// its millisecond may be shown again; none is left out.
    fn position(&self, id: DeliveryId) -> worker::Result<u64> {
        Ok(self.find(id)?.map_or_else(|| seqs_of(id).1.saturating_add(1), |found| found.seq.0))
    }

    /// Logs an attempt. The same attempt made again, after a crash, takes the place of the first.
    pub(super) fn log_attempt(&self, seq: Seq, row: &AttemptRow) -> worker::Result<()> {
        let query = "INSERT OR REPLACE INTO attempts (seq, round, attempt, at_ms, duration_ms,
            status, error, excerpt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let bindings = vec![
            integer(seq.0),
            integer(row.round.into()),
            integer(row.attempt.into()),
            integer(row.at_ms),
            integer(row.duration_ms),
            row.status.map(i32::from).into(),
            row.error.clone().into(),
            row.excerpt.clone().into(),
        ];
        sql::run(&self.sql, query, bindings)
    }

    /// Writes a delivery that its first attempt has delivered, and the attempt, in one row.
    pub(super) fn write_first(
        &self,
        seq: Seq,
        delivery: Delivery,
        row: &AttemptRow,
    ) -> worker::Result<()> {
        let (status, at_ms, dead_reason) = stored(delivery.state);
        let row = serde_json::to_string(row)?;
        let written = WRITE_FIRST.with(|query| {
            host::store_first(
                self.sql.as_ref(),
                query,
                status,
                sql::float(at_ms),
                dead_reason,
                delivery.round,
                delivery.attempts,
                &row,
                sql::float(seq.0),
            )
        });
        Ok(written.map(drop)?)
    }

    /// All attempts of a delivery, the first one first.
    pub(super) fn attempts(&self, seq: Seq) -> worker::Result<Vec<AttemptRow>> {
        let query = "SELECT first_attempt FROM deliveries WHERE seq = ?";
        let first = match sql::first(&self.sql, query, vec![integer(seq.0)])? {
            Some(mut row) => row.optional_text()?,
            None => None,
        };
        let first = first.map(|row| serde_json::from_str(&row)).transpose()?;
        Ok(first.into_iter().chain(self.later_attempts(seq)?).collect())
    }

    fn later_attempts(&self, seq: Seq) -> worker::Result<Vec<AttemptRow>> {
        let query = "SELECT round, attempt, at_ms, duration_ms, status, error, excerpt
            FROM attempts WHERE seq = ? ORDER BY round, attempt";
        let rows = sql::rows(&self.sql, query, vec![integer(seq.0)])?;
        rows.into_iter()
            .map(|mut row| {
                Ok(AttemptRow {
                    round: small(row.number()?),
                    attempt: small(row.number()?),
                    at_ms: row.number()?,
                    duration_ms: row.number()?,
                    status: row.optional_number()?.and_then(|status| u16::try_from(status).ok()),
                    error: row.optional_text()?,
                    excerpt: row.optional_text()?,
                })
            })
            .collect()
    }
}
