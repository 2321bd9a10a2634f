//! `cargo xtask build npm`: the package `hookward` in `npm/hookward/dist`.

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context as _, Result};
use hookward::{Provider, providers, unsupported};

use crate::checkout::Checkout;
use crate::process::{node, run, say};
use crate::stamp::{Inputs, Stamp};
use crate::wasm;

/// The package's two modules: a name, and the features of the crate.
const MODULES: [(&str, &str); 2] = [("hookward", ""), ("hookward-full", "full")];

/// Builds the npm package: the modules and the catalogue by this tool, the rest by the package's own
/// script.
pub(crate) fn build(checkout: &Checkout) -> Result<()> {
    let _alone = checkout.lock()?;
    let package = checkout.path("npm/hookward");
    let dist = package.join("dist");
    let parts = dist.join("wasm");
    let compiled = MODULES.map(|(name, features)| compile(checkout, name, features));
    let [rows, lines] = [rows(), lines()];
    let mut inputs = Inputs::new()
        .bytes(rows.as_bytes())
        .bytes(lines.as_bytes())
        .folder(&package.join("src"))?
        .folder(&package.join("scripts"))?
        .file(&package.join("package.json"))?
        .file(&package.join("tsconfig.json"))?
        .file(&package.join("tsconfig.cli.json"))?
        .file(&checkout.path("tests/package-lock.json"))?
        .file(&env::current_exe()?)?;
    let mut modules = Vec::new();
    for module in compiled {
        let module = module?;
        inputs = inputs.file(&module)?;
        modules.push(module);
    }
    let stamp = Stamp::new(checkout.scratch().join("npm.built-from"), &inputs);
    if stamp.is_fresh(&[&dist.join("index.js"), &dist.join("index.cjs")]) {
        return Ok(());
    }

    say("optimising and packing hookward for npm");
    stamp.clear();
    fs::create_dir_all(&parts)?;
    for ((name, _), module) in MODULES.iter().zip(&modules) {
        let flags = ["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"];
        wasm::optimise(checkout, module, &parts.join(name).with_extension("wasm"), &flags)?;
    }
    fs::write(parts.join("rows.txt"), rows)?;
    fs::write(parts.join("lines.txt"), lines)?;
    run(&mut node(checkout, &package.join("scripts/build.mjs")))?;
    stamp.set()
}

/// Compiles one of the modules; the file, which the next does not overwrite.
fn compile(checkout: &Checkout, name: &str, features: &str) -> Result<PathBuf> {
    let module = wasm::compile(checkout, "hookward-wasm", features, "wasm-sdk")?;
    let kept = checkout.scratch().join(name).with_extension("wasm");
    fs::create_dir_all(checkout.scratch())?;
    fs::copy(&module, &kept).with_context(|| format!("{} cannot be copied", module.display()))?;
    Ok(kept)
}

/// The catalogue as the module that verifies takes it, and what its TypeScript looks up besides; and
/// what the other providers use.
fn rows() -> String {
    let row = |provider: &Provider<'_>| {
        let mut columns = provider.to_compact();
        columns.push(provider.event_type_header.unwrap_or_default().to_owned());
        columns.join("|")
    };
    let others = unsupported().map(|other| format!("{}|{}", other.id, other.uses));
    providers().map(row).chain(others).collect::<Vec<_>>().join("\n")
}

/// The catalogue as people write it.
fn lines() -> String {
    providers().map(Provider::to_line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_columns() {
        let columns = |line: &str| line.split('|').count();
        assert!(rows().lines().all(|line| [18, 2].contains(&columns(line))));
        assert!(lines().lines().all(|line| columns(line) == 21));
        assert_eq!(rows().lines().count(), lines().lines().count() + unsupported().count());
    }
}
