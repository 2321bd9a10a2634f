//! Replays of many deliveries: jobs of a queue.

use hookward_relay::ids::ReplayId;
use hookward_relay::replay_job::Progress;
use serde::{Deserialize, Serialize};

use super::Filter;
use crate::calls::Call;

/// A job, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReplayRow {
    pub(crate) id: ReplayId,
    pub(crate) filter: Filter,
    pub(crate) progress: Progress,
}

/// Makes a job. Refused with `replay_running` while another is under way.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StartReplay {
    pub(crate) filter: Filter,
}

impl Call for StartReplay {
    const PATH: &'static str = "/replays/start";
    type Answer = ReplayRow;
}

/// How many deliveries such a job would find.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CountMatching {
    pub(crate) filter: Filter,
}

impl Call for CountMatching {
    const PATH: &'static str = "/replays/count";
    type Answer = Counted;
}

/// Answer to [`CountMatching`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) matched: u64,
    /// There is more than was looked at.
    pub(crate) more: bool,
}

/// One job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GetReplay {
    pub(crate) id: ReplayId,
}

impl Call for GetReplay {
    const PATH: &'static str = "/replays/get";
    type Answer = ReplayRow;
}

/// Ends a job that is under way; one that has ended stays as it is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CancelReplay {
    pub(crate) id: ReplayId,
}

impl Call for CancelReplay {
    const PATH: &'static str = "/replays/cancel";
    type Answer = ReplayRow;
}

/// Jobs, the newest first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ListReplays {
    pub(crate) before: Option<ReplayId>,
    pub(crate) limit: u32,
}

impl Call for ListReplays {
    const PATH: &'static str = "/replays/list";
    /// The page, and where to go on.
    type Answer = (Vec<ReplayRow>, Option<ReplayId>);
}
