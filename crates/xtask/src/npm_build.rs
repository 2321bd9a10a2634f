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
        let packed = parts.join(name).with_extension("wasm");
        wasm::optimise(checkout, module, &packed, &flags)?;
        let mut bytes = fs::read(&packed)?;
        blank_places(&mut bytes);
        fs::write(&packed, bytes)?;
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

/// Overwrites the source files' names, which panics would tell if they told anything here: zeros take
/// no room in a compressed module.
fn blank_places(module: &mut [u8]) {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    for start in [&b"crates/"[..], b"/rustc/", b"registry/"] {
        let mut rest = &mut *module;
        while let Some(at) = rest.windows(start.len()).position(|text| text == start) {
            let (_, name) = rest.split_at_mut(at);
            let length = name.iter().take_while(|byte| in_name(byte)).count();
            let whole = name.split_at(length).0;
            // Names of several files can stand one behind the other.
            let end = whole.windows(3).position(|text| text == b".rs").map(|at| at + 3);
            let (name, behind) = name.split_at_mut(end.unwrap_or(start.len()));
            if end.is_some() {
                name.fill(0);
            }
            rest = behind;
        }
    }
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
    fn names_of_source_files_are_blanked_and_nothing_else_is() {
        let mut module =
            b"crates/a/src/b.rs/rustc/0f/c.rs.crates registry/x-1/d.rsz crates/".to_vec();
        blank_places(&mut module);
        let text = String::from_utf8(module).unwrap().replace('\0', "");
        assert_eq!(text, ".crates z crates/");
    }

    #[test]
    fn every_line_has_its_columns() {
        let columns = |line: &str| line.split('|').count();
        assert!(rows().lines().all(|line| [18, 2].contains(&columns(line))));
        assert!(lines().lines().all(|line| columns(line) == 21));
        assert_eq!(rows().lines().count(), lines().lines().count() + unsupported().count());
    }
}
