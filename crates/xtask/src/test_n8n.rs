//! `cargo xtask test-n8n`: the n8n nodes, the pasted text and the required package in a real n8n.

use anyhow::Result;

use crate::checkout::Checkout;
use crate::process::{node, run};
use crate::stamp::{Inputs, Stamp};
use crate::{debian, npm_build, setup};

/// n8n's own code that the nodes' tests use: its types, parameters and expressions.
pub(crate) const WORKFLOW: &str = "tests/n8n";

/// n8n's tool and scanner for community nodes.
pub(crate) const TOOL: &str = "npm/n8n-nodes-hookward";

/// Builds the nodes, with the compiler that is there already.
pub(crate) fn build_nodes(checkout: &Checkout) -> Result<()> {
    npm_build::build(checkout)?;
    let _alone = checkout.lock()?;
    let package = checkout.path(TOOL);
    let script = checkout.path("tests/n8n/build.mjs");
    let mut inputs = Inputs::new()
        .file(&checkout.path("npm/hookward/dist/portable.js"))?
        .file(&checkout.path("tests/n8n/tsconfig.json"))?
        .file(&checkout.path("tests/n8n/package-lock.json"))?
        .file(&package.join("tsconfig.json"))?
        .file(&script)?;
    for folder in ["src", "nodes", "credentials", "icons", "scripts"] {
        inputs = inputs.folder(&package.join(folder))?;
    }
    let stamp = Stamp::new(checkout.scratch().join("n8n-nodes.built-from"), &inputs);
    if stamp.is_fresh(&[&package.join("dist/src/hookward.js")]) {
        return Ok(());
    }
    stamp.clear();
    run(&mut node(checkout, &script))?;
    stamp.set()
}

/// Installs n8n, which is 2.8 GB, unless it is there, and runs the nodes in it.
pub(crate) fn run_in_n8n(checkout: &Checkout) -> Result<()> {
    // n8n compiles its SQLite driver.
    debian::ensure(&[&debian::CPP])?;
    setup::heavy_packages(checkout, WORKFLOW)?;
    build_nodes(checkout)?;
    let folder = checkout.scratch().join("n8n");
    run(node(checkout, &checkout.path("tests/n8n/real/main.mjs")).arg(folder))
}
