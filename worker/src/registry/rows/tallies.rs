//! What is counted of the sources.

use hookward_relay::ids::SourceId;
use serde::{Deserialize, Serialize};

use crate::calls::Call;

/// One refused request, as its source's owner may see it. Holds nothing that the sender sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rejection {
    pub(crate) at_ms: u64,
    pub(crate) code: String,
    pub(crate) detail: String,
}

/// Adds to a source's counts and replaces its oldest rejections.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AddRejections {
    pub(crate) source: SourceId,
    pub(crate) counts: Vec<(String, u64)>,
    /// Events that no queue has counted: `ignored` ones, and copies that the hint gave away.
    pub(crate) answered: Vec<(String, u64)>,
    pub(crate) recent: Vec<Rejection>,
}

impl Call for AddRejections {
    const PATH: &'static str = "/rejections/add";
    type Answer = ();
}

/// A source's counts by code, and its last rejections, the newest first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetRejections {
    pub(crate) source: SourceId,
    /// The last one of the page before.
    pub(crate) before: Option<u64>,
    pub(crate) limit: u32,
}

/// Answer to [`GetRejections`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rejections {
    pub(crate) counts: Vec<(String, u64)>,
    pub(crate) recent: Vec<Rejection>,
    /// Where to go on.
    pub(crate) next: Option<u64>,
}

impl Call for GetRejections {
    const PATH: &'static str = "/rejections/get";
    type Answer = Rejections;
}

/// All that has been counted of all sources.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetTotals {}

/// Answer to [`GetTotals`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) rejected: Vec<Total>,
    pub(crate) answered: Vec<Total>,
}

/// How often something was answered by a source.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Total {
    pub(crate) source: SourceId,
    pub(crate) word: String,
    pub(crate) count: u64,
}

impl Call for GetTotals {
    const PATH: &'static str = "/totals";
    type Answer = Totals;
}
