//! The `OpenAPI` document against the running gateway, by schemathesis, which is written in Python.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::checkout::Checkout;
use crate::process::{capture, node, run, say};
use crate::stamp::{Inputs, Stamp};
use crate::worker_build;

/// Makes requests up from the document, and judges every answer by it.
pub(crate) fn test(checkout: &Checkout) -> Result<()> {
    worker_build::build(checkout)?;
    let program = ensure(checkout)?;
    run(node(checkout, &checkout.path("tests/openapi/full/schemathesis.mjs")).arg(program))
}

/// Installs it into a folder of our own, as `requirements.txt` pins it.
fn ensure(checkout: &Checkout) -> Result<PathBuf> {
    let requirements = checkout.path("tests/openapi/full/requirements.txt");
    let folder = checkout.scratch().join("schemathesis");
    let program = folder.join("bin/schemathesis");
    let stamp = Stamp::new(folder.join(".installed-from"), &Inputs::new().file(&requirements)?);
    let _alone = checkout.lock()?;
    if stamp.is_fresh(&[&program]) {
        return Ok(program);
    }
    capture(Command::new("python3").arg("--version"))
        .context("this step needs python3, version 3.10 or newer, with its module venv")?;
    say("installing schemathesis into the checkout's scratch folder (once)");
    stamp.clear();
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    run(Command::new(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements))?;
    stamp.set()?;
    Ok(program)
}
