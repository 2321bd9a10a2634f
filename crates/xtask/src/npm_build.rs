//! `cargo xtask build npm`: the package `hookward` in `npm/hookward/dist`.

use std::{env, fs};

use anyhow::Result;

use crate::checkout::Checkout;
use crate::process::{node, run, say};
use crate::stamp::{Inputs, Stamp};
use crate::wasm;

/// Builds the npm package: the module by this tool, the rest by the package's own script.
pub(crate) fn build(checkout: &Checkout) -> Result<()> {
    let module = wasm::compile(checkout, "hookward-wasm", "wasm-sdk")?;
    let package = checkout.path("npm/hookward");
    let dist = package.join("dist");
    let inputs = Inputs::new()
        .file(&module)?
        .folder(&package.join("src"))?
        .folder(&package.join("scripts"))?
        .file(&package.join("package.json"))?
        .file(&package.join("tsconfig.json"))?
        .file(&package.join("tsconfig.cli.json"))?
        .file(&checkout.path("tests/package-lock.json"))?
        .file(&env::current_exe()?)?;
    let stamp = Stamp::new(checkout.scratch().join("npm.built-from"), &inputs);
    let _alone = checkout.lock()?;
    if stamp.is_fresh(&[&dist.join("index.js"), &dist.join("index.cjs")]) {
        return Ok(());
    }

    say("binding, optimising and packing hookward for npm");
    stamp.clear();
    let stage = checkout.scratch().join("npm");
    wasm::bind(&module, "hookward", &stage, |bindgen| {
        // The package has glue of its own; only the module is taken.
        bindgen.bundler(true)?.remove_name_section(true).remove_producers_section(true);
        Ok(())
    })?;
    fs::create_dir_all(dist.join("wasm"))?;
    wasm::optimise(
        checkout,
        &stage.join("hookward_bg.wasm"),
        &dist.join("wasm/hookward_bg.wasm"),
        &["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"],
    )?;
    run(&mut node(checkout, &package.join("scripts/build.mjs")))?;
    stamp.set()
}
