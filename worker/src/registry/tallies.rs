//! What has been counted of the sources: refusals by their codes, the last of them, and answers that
//! no queue has counted.

use hookward_relay::ids::SourceId;

use super::rows::{AddRejections, GetRejections, Rejection, Rejections, Total, Totals};
use super::store::{Store, one_more, page, text};
use crate::sql;

/// Rejections kept per source.
const REJECTIONS_KEPT: u64 = 20;

impl Store {
    /// Ignored for a source that is gone: nothing would ever delete what it leaves.
    pub(super) fn add_rejections(&self, call: &AddRejections) -> worker::Result<()> {
        if self.source(call.source)?.is_none() {
            return Ok(());
        }
        let source = || text(&call.source);
        for (table, counts) in
            [("rejection_counts", &call.counts), ("answer_counts", &call.answered)]
        {
            let query = format!(
                "INSERT INTO {table} (source, code, count) VALUES (?, ?, ?)
                    ON CONFLICT (source, code) DO UPDATE SET count = count + excluded.count"
            );
            for (code, count) in counts {
                let bindings = vec![source(), code.as_str().into(), sql::integer(*count)];
                sql::run(&self.0, &query, bindings)?;
            }
        }
        for one in &call.recent {
            let query = "INSERT INTO rejections (source, at_ms, code, detail) VALUES (?, ?, ?, ?)";
            let bindings = vec![
                source(),
                sql::integer(one.at_ms),
                one.code.as_str().into(),
                one.detail.as_str().into(),
            ];
            sql::run(&self.0, query, bindings)?;
        }
        let query = "DELETE FROM rejections WHERE source = ?1 AND n <= (
            SELECT n FROM rejections WHERE source = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)";
        sql::run(&self.0, query, vec![source(), sql::integer(REJECTIONS_KEPT)])
    }

    pub(super) fn rejections(&self, call: &GetRejections) -> worker::Result<Rejections> {
        let query = "SELECT code, count FROM rejection_counts WHERE source = ? ORDER BY code";
        let counts = sql::rows(&self.0, query, vec![text(&call.source)])?
            .into_iter()
            .map(|mut row| Ok((row.text()?, row.number()?)))
            .collect::<worker::Result<_>>()?;
        let query = "SELECT n, at_ms, code, detail FROM rejections
            WHERE source = ? AND n < ? ORDER BY n DESC LIMIT ?";
        let before = sql::integer(call.before.unwrap_or(u64::MAX));
        let mut found = Vec::new();
        for mut row in
            sql::rows(&self.0, query, vec![text(&call.source), before, one_more(call.limit)])?
        {
            let n = row.number()?;
            let one = Rejection { at_ms: row.number()?, code: row.text()?, detail: row.text()? };
            found.push((n, one));
        }
        let page = page(found, call.limit);
        Ok(Rejections { counts, recent: page.rows, next: page.next })
    }

    pub(super) fn totals(&self) -> worker::Result<Totals> {
        Ok(Totals {
            rejected: self.totals_of("rejection_counts")?,
            answered: self.totals_of("answer_counts")?,
        })
    }

    fn totals_of(&self, table: &'static str) -> worker::Result<Vec<Total>> {
        let query = format!("SELECT source, code, count FROM {table} ORDER BY source, code");
        let mut totals = Vec::new();
        for mut row in sql::rows(&self.0, &query, Vec::new())? {
            let Ok(source) = SourceId::parse(&row.text()?) else { continue };
            totals.push(Total { source, word: row.text()?, count: row.number()? });
        }
        Ok(totals)
    }
}
