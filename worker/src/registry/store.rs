//! The registry's tables.

use hookward_relay::ids::{DestinationId, SourceId};
use hookward_relay::routing::{Origin, SourceFilter};
use serde::de::DeserializeOwned;
use worker::{SqlStorage, SqlStorageValue};

use super::rows::{DestinationRow, ListPage, Snapshot, SourceRow, SweepRow};
use super::schema;
use crate::sql;

/// Sources of one gateway: each is a row that every isolate may hold in memory.
pub(crate) const SOURCES: u64 = 1_000;

/// Destinations of one gateway: the sweep asks each of them within the sub-requests that one
/// invocation has.
pub(crate) const DESTINATIONS: u64 = 400;

pub(super) struct Store(pub(super) SqlStorage);

impl Store {
    pub(super) fn open(sql: SqlStorage) -> worker::Result<Self> {
        let known = sql::has_table(&sql, "sources")?;
        crate::schema::upgrade(&sql, schema::STEPS, known)?;
        Ok(Self(sql))
    }

    pub(super) fn snapshot(&self, source: SourceId) -> worker::Result<Option<Snapshot>> {
        let Some(source) = self.source(source)? else { return Ok(None) };
        let origin = Origin::Source(source.id);
        let listening = |row: &DestinationRow| row.route.sources.matches(origin);
        let routes = self.live_destinations()?.into_iter().filter(listening);
        let routes = routes.map(|row| (row.id, row.route)).collect();
        Ok(Some(Snapshot { source, routes }))
    }

    pub(super) fn source(&self, id: SourceId) -> worker::Result<Option<SourceRow>> {
        let query = "SELECT row FROM sources WHERE id = ?";
        sql::first(&self.0, query, vec![text(&id)])?.map(parsed).transpose()
    }

    pub(super) fn sources(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> worker::Result<ListPage<SourceRow, u64>> {
        let query = "SELECT n, row FROM sources WHERE n > ? ORDER BY n LIMIT ?";
        let bindings = vec![sql::integer(after.unwrap_or(0)), one_more(limit)];
        let mut found = Vec::new();
        for mut row in sql::rows(&self.0, query, bindings)? {
            found.push((row.number()?, parsed(row)?));
        }
        Ok(page(found, limit))
    }

    pub(super) fn count_sources(&self) -> worker::Result<u64> {
        self.count("SELECT count(*) FROM sources")
    }

    pub(super) fn put_source(&self, row: &SourceRow) -> worker::Result<()> {
        let query = "INSERT INTO sources (id, row) VALUES (?, ?)
            ON CONFLICT (id) DO UPDATE SET row = excluded.row";
        sql::run(&self.0, query, vec![text(&row.id), serde_json::to_string(row)?.into()])
    }

    /// Whether there was such a source. What belongs to it goes first, so that a repetition finds
    /// the source still there.
    pub(super) fn delete_source(&self, id: SourceId) -> worker::Result<bool> {
        for table in ["rejections", "rejection_counts", "answer_counts"] {
            let query = format!("DELETE FROM {table} WHERE source = ?");
            sql::run(&self.0, &query, vec![text(&id)])?;
        }
        let query = "DELETE FROM sources WHERE id = ? RETURNING 1";
        Ok(sql::first(&self.0, query, vec![text(&id)])?.is_some())
    }

    pub(super) fn destination(&self, id: DestinationId) -> worker::Result<Option<DestinationRow>> {
        let query = "SELECT row FROM destinations WHERE id = ? AND deleting = 0";
        sql::first(&self.0, query, vec![text(&id)])?.map(parsed).transpose()
    }

    pub(super) fn destinations(
        &self,
        after: Option<DestinationId>,
        limit: u32,
    ) -> worker::Result<ListPage<DestinationRow, DestinationId>> {
        let query =
            "SELECT row FROM destinations WHERE id > ? AND deleting = 0 ORDER BY id LIMIT ?";
        let rows: Vec<DestinationRow> =
            sql::rows(&self.0, query, vec![key(after), one_more(limit)])?
                .into_iter()
                .map(parsed)
                .collect::<worker::Result<_>>()?;
        Ok(page(rows.into_iter().map(|row| (row.id, row)).collect(), limit))
    }

    pub(super) fn count_destinations(&self) -> worker::Result<u64> {
        self.count("SELECT count(*) FROM destinations")
    }

    /// Every source's id.
    pub(super) fn source_ids(&self) -> worker::Result<Vec<SourceId>> {
        let rows = sql::rows(&self.0, "SELECT id FROM sources", Vec::new())?;
        let ids: Vec<String> =
            rows.into_iter().map(|mut row| row.text()).collect::<worker::Result<_>>()?;
        Ok(ids.iter().filter_map(|id| SourceId::parse(id).ok()).collect())
    }

    /// What the destinations other than `id` listen to.
    pub(super) fn other_sources(&self, id: DestinationId) -> worker::Result<Vec<SourceFilter>> {
        let others = self.live_destinations()?.into_iter().filter(|row| row.id != id);
        Ok(others.map(|row| row.route.sources).collect())
    }

    /// Stores a new destination's row. Repeatable.
    pub(super) fn insert_destination(&self, row: &DestinationRow) -> worker::Result<()> {
        let query = "INSERT INTO destinations (id, version, deleting, row) VALUES (?, ?, 0, ?)
            ON CONFLICT (id) DO NOTHING";
        let bindings =
            vec![text(&row.id), sql::integer(row.version), serde_json::to_string(row)?.into()];
        sql::run(&self.0, query, bindings)
    }

    /// Replaces an older row. One that was deleted meanwhile does not come back.
    pub(super) fn update_destination(&self, row: &DestinationRow) -> worker::Result<()> {
        let query = "UPDATE destinations SET version = ?1, row = ?2
            WHERE id = ?3 AND deleting = 0 AND version < ?1";
        let bindings =
            vec![sql::integer(row.version), serde_json::to_string(row)?.into(), text(&row.id)];
        sql::run(&self.0, query, bindings)
    }

    /// Adds sources to what a destination's row listens to. The row counts as one version older, so
    /// that the queue's own replaces it, if need be by the sweep.
    pub(super) fn widen_destination(
        &self,
        id: DestinationId,
        sources: &SourceFilter,
    ) -> worker::Result<()> {
        let Some(mut row) = self.destination(id)? else { return Ok(()) };
        row.route.sources = row.route.sources.union(sources);
        let query = "UPDATE destinations SET version = ?, row = ? WHERE id = ? AND deleting = 0";
        let bindings = vec![
            sql::integer(row.version.saturating_sub(1)),
            serde_json::to_string(&row)?.into(),
            text(&id),
        ];
        sql::run(&self.0, query, bindings)
    }

    /// Whether there is such a destination, live or already being deleted.
    pub(super) fn begin_delete(&self, id: DestinationId) -> worker::Result<bool> {
        let query = "UPDATE destinations SET deleting = 1 WHERE id = ? RETURNING 1";
        Ok(sql::first(&self.0, query, vec![text(&id)])?.is_some())
    }

    pub(super) fn finish_delete(&self, id: DestinationId) -> worker::Result<()> {
        let query = "DELETE FROM destinations WHERE id = ? AND deleting = 1";
        sql::run(&self.0, query, vec![text(&id)])
    }

    pub(super) fn sweep(
        &self,
        after: Option<DestinationId>,
        limit: u32,
    ) -> worker::Result<ListPage<SweepRow, DestinationId>> {
        let query = "SELECT id, version, deleting FROM destinations
            WHERE id > ? ORDER BY id LIMIT ?";
        let mut found = Vec::new();
        for mut row in sql::rows(&self.0, query, vec![key(after), one_more(limit)])? {
            let Ok(id) = DestinationId::parse(&row.text()?) else { continue };
            let (version, deleting) = (row.number()?, row.number()? != 0);
            found.push((id, SweepRow { id, version, deleting }));
        }
        Ok(page(found, limit))
    }

    /// Bytes that the object holds.
    pub(super) fn bytes(&self) -> u64 {
        self.0.database_size() as u64
    }

    pub(super) fn live_destinations(&self) -> worker::Result<Vec<DestinationRow>> {
        let query = "SELECT row FROM destinations WHERE deleting = 0 ORDER BY id";
        sql::rows(&self.0, query, Vec::new())?.into_iter().map(parsed).collect()
    }

    fn count(&self, query: &str) -> worker::Result<u64> {
        sql::first(&self.0, query, Vec::new())?.map_or(Ok(0), |mut row| row.number())
    }
}

fn parsed<T: DeserializeOwned>(mut row: sql::Row) -> worker::Result<T> {
    Ok(serde_json::from_str(&row.text()?)?)
}

pub(super) fn text(id: &impl ToString) -> SqlStorageValue {
    id.to_string().into()
}

/// Where a page of ids starts. The empty text sorts before every id.
fn key(after: Option<DestinationId>) -> SqlStorageValue {
    after.map(|id| id.to_string()).unwrap_or_default().into()
}

/// One row more than the page has shows whether there is another page.
pub(super) fn one_more(limit: u32) -> SqlStorageValue {
    sql::integer(u64::from(limit).saturating_add(1))
}

pub(super) fn page<T, K: Copy>(mut found: Vec<(K, T)>, limit: u32) -> ListPage<T, K> {
    let limit = limit as usize;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(key, _)| *key);
    ListPage { rows: found.into_iter().map(|(_, row)| row).collect(), next }
}
