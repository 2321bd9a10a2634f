//! `cargo xtask chaos`: the gateway under faults, with counts of what was sent, delivered and lost.

use anyhow::Result;

use crate::checkout::Checkout;
use crate::process::{node, run};
use crate::worker_build;

/// Builds the gateway and runs the scenarios of these names, or all, in their long form. A seed
/// brings back the random moments of an earlier run.
pub(crate) fn run_long(checkout: &Checkout, scenarios: &[String], seed: Option<u32>) -> Result<()> {
    let jobs = "--jobs=2".to_owned();
    let seed = seed.map(|seed| format!("--seed={seed}"));
    run_scenarios(checkout, [&jobs].into_iter().chain(&seed).chain(scenarios))
}

/// The short form of all scenarios, a few at a time: most of what they do is to wait. Before that,
/// whether the account that they are judged by sees what is wrong.
pub(crate) fn run_short(checkout: &Checkout) -> Result<()> {
    run(node(checkout, "--test".as_ref()).arg(checkout.path("tests/chaos/ledger.test.mjs")))?;
    run_scenarios(checkout, ["--short", "--jobs=4"])
}

fn run_scenarios<I>(checkout: &Checkout, args: I) -> Result<()>
where
    I: IntoIterator,
    I::Item: AsRef<std::ffi::OsStr>,
{
    worker_build::build(checkout)?;
    run(node(checkout, &checkout.path("tests/chaos/run.mjs")).args(args))
}
