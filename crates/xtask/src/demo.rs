//! `cargo xtask demo`: the whole path, once, to watch.

use anyhow::Result;

use crate::checkout::Checkout;
use crate::process::{node, run};
use crate::{npm_build, worker_build};

/// Builds what the demo shows and runs it; its exit code decides.
pub(crate) fn run_demo(checkout: &Checkout) -> Result<()> {
    npm_build::build(checkout)?;
    worker_build::build(checkout)?;
    run(&mut node(checkout, &checkout.path("tests/demo/demo.mjs")))
}
