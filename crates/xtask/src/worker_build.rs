//! `cargo xtask build worker`: the gateway as `worker/build/index.js` and `index_bg.wasm`.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::checkout::Checkout;
use crate::process::{run, say};
use crate::stamp::{Inputs, Stamp};
use crate::{glue, wasm};

/// Builds the gateway. Cargo sees by itself what is unchanged; what follows Cargo is skipped when
/// the module, the entry and the tools are those of the last time.
pub(crate) fn build(checkout: &Checkout) -> Result<()> {
    let module = wasm::compile(checkout, "hookward-worker", "", "wasm-worker")?;
    bundle(checkout, &module, &checkout.path("worker/build"))
}

/// Turns a compiled Worker crate into the two files that `workerd` loads.
pub(crate) fn bundle(checkout: &Checkout, module: &Path, out: &Path) -> Result<()> {
    let entry = checkout.path("worker/src/entry.js");
    let script = out.join("index.js");
    let wasm = out.join("index_bg.wasm");
    let inputs = Inputs::new()
        .file(module)?
        .file(&entry)?
        .file(&checkout.path("tests/package-lock.json"))?
        .file(&env::current_exe()?)?;
    let stamp = Stamp::new(out.join(".built-from"), &inputs);
    let _alone = checkout.lock()?;
    if stamp.is_fresh(&[&script, &wasm]) {
        return Ok(());
    }

    say("binding, optimising and bundling the gateway");
    let stage = checkout.scratch().join("worker");
    wasm::bind(module, "index", &stage, |bindgen| {
        // The entry starts the module afresh after a panic: that takes a function to reset the
        // glue's state, and the handler through which the `worker` crate reports an abort.
        bindgen.module(true)?.reset_state_function(true).force_enable_abort_handler(true);
        Ok(())
    })?;
    let optimised = stage.join("optimised.wasm");
    // The names stay in: a stack trace of a panic is worth the bytes.
    wasm::optimise(checkout, &stage.join("index_bg.wasm"), &optimised, &["-O3", "--debuginfo"])?;

    let glue = stage.join("index.js");
    fs::write(&glue, glue::leave_restarts_to_the_entry(&fs::read_to_string(&glue)?)?)?;
    fs::copy(&entry, stage.join("entry.js"))?;
    run(Command::new(checkout.npm_file(".bin/esbuild")).current_dir(&stage).args([
        "entry.js",
        "--bundle",
        "--format=esm",
        // Names stay as they are, for readable stack traces.
        "--minify-whitespace",
        "--minify-syntax",
        "--external:./index_bg.wasm",
        "--outfile=bundled.js",
        "--log-level=warning",
    ]))?;
    // workerd gives a compiled module for a plain import; bundlers in between know no other.
    let bundled =
        fs::read_to_string(stage.join("bundled.js"))?.replace("import source ", "import ");

    stamp.clear();
    fs::create_dir_all(out)?;
    put(&wasm, &fs::read(&optimised)?)?;
    put(&script, bundled.as_bytes())?;
    stamp.set()
}

/// Writes a file in one step, so that a running `wrangler dev` never reads half of it.
fn put(path: &Path, content: &[u8]) -> Result<()> {
    let partial = path.with_extension("partial");
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}
