//! Bringing in what the other commands need, and nothing that is there already.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;
use crate::process::{capture, run, say};
use crate::stamp::{Inputs, Stamp};

/// The target of the npm package and of the gateway.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// A target without an operating system: shows that the core needs none.
pub(crate) const BARE_METAL: &str = "thumbv7em-none-eabi";

/// The oldest Node that can run npm for us; the tools themselves run on the Node that npm brings.
const OLDEST_NODE: u32 = 20;

/// How much a command needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// What builds and runs.
    Build,
    /// That, and what checks.
    Test,
}

/// Makes sure that everything `needs` stands for is installed. Takes milliseconds when it is.
pub(crate) fn ensure(checkout: &Checkout, needs: Needs) -> Result<()> {
    rust_targets(match needs {
        Needs::Build => &[WASM],
        Needs::Test => &[WASM, BARE_METAL],
    })?;
    if needs == Needs::Test {
        rust_components(&["rustfmt", "clippy"])?;
    }
    npm_packages(checkout)
}

fn rust_targets(targets: &[&str]) -> Result<()> {
    let sysroot = PathBuf::from(capture(rustc().args(["--print", "sysroot"]))?);
    let missing = missing_targets(&sysroot, targets);
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("adding the Rust target {}", missing.join(", ")));
    run(Command::new("rustup").args(["target", "add"]).args(&missing)).with_context(|| {
        format!(
            "the Rust target {} is missing and rustup could not add it; \
             install it the way this Rust was installed",
            missing.join(", ")
        )
    })
}

fn missing_targets<'a>(sysroot: &Path, targets: &[&'a str]) -> Vec<&'a str> {
    let installed = sysroot.join("lib").join("rustlib");
    targets.iter().copied().filter(|target| !installed.join(target).join("lib").is_dir()).collect()
}

fn rust_components(components: &[&str]) -> Result<()> {
    let sysroot = PathBuf::from(capture(rustc().args(["--print", "sysroot"]))?);
    for component in components {
        let program = match *component {
            "clippy" => "cargo-clippy",
            other => other,
        };
        if sysroot.join("bin").join(program).with_extension(env::consts::EXE_EXTENSION).is_file() {
            continue;
        }
        say(&format!("adding the Rust component {component}"));
        run(Command::new("rustup").args(["component", "add", component])).with_context(|| {
            format!("the Rust component {component} is missing and rustup could not add it")
        })?;
    }
    Ok(())
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The npm packages of `tests/`: the tools, and what the ordinary tests need.
fn npm_packages(checkout: &Checkout) -> Result<()> {
    let node = checkout.node();
    npm_ci(checkout, "tests", &node, &[], || {
        capture(Command::new(&node).arg("--version")).map(drop).with_context(|| {
            format!(
                "npm installed no working {}: its install script did not run; \
                 see whether `ignore-scripts` is set in your npm configuration",
                node.display()
            )
        })
    })
}

/// The npm packages of a folder that only `test --full` needs: hundreds of megabytes. Some would
/// download or compile something when they are installed; none needs to.
pub(crate) fn heavy_packages(checkout: &Checkout, folder: &str) -> Result<()> {
    let lock = checkout.path(folder).join("node_modules/.package-lock.json");
    npm_ci(checkout, folder, &lock, &["--ignore-scripts"], || Ok(()))
}

/// `npm ci` in a folder, when its lock file is another than the one last installed from, or `output`
/// is not there. It is done if `check` then finds nothing wrong.
fn npm_ci(
    checkout: &Checkout,
    folder: &str,
    output: &Path,
    flags: &[&str],
    check: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let path = checkout.path(folder);
    let inputs =
        Inputs::new().file(&path.join("package.json"))?.file(&path.join("package-lock.json"))?;
    let stamp = Stamp::new(path.join("node_modules/.installed-from"), &inputs);
    if stamp.is_fresh(&[output]) {
        return Ok(());
    }
    let _alone = checkout.lock()?;
    if stamp.is_fresh(&[output]) {
        return Ok(());
    }

    check_node()?;
    say(&format!("installing the npm packages of {folder}/ (once per lock file)"));
    fs::create_dir_all(path.join("node_modules"))?;
    stamp.clear();
    run(Command::new("npm")
        .current_dir(&path)
        .args(["ci", "--prefer-offline", "--no-audit", "--no-fund"])
        // The system's Node may be older than some packages want; they run on the one npm brings.
        .arg("--loglevel=error")
        .args(flags))
    .with_context(|| format!("the npm packages of {folder}/ could not be installed"))?;
    check()?;
    stamp.set()
}

fn check_node() -> Result<()> {
    let version = capture(Command::new("node").arg("--version"))
        .context("Node.js is needed (version 20 or newer): https://nodejs.org")?;
    match node_major(&version) {
        Some(major) if major >= OLDEST_NODE => {}
        Some(_) => bail!("Node.js is {version}; version {OLDEST_NODE} or newer is needed"),
        None => bail!("`node --version` says {version:?}, which is no version of Node.js"),
    }
    capture(Command::new("npm").arg("--version"))
        .context("npm is needed; it comes with Node.js")?;
    Ok(())
}

/// `v20.11.1` → 20.
fn node_major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node() {
        assert_eq!(node_major("v24.21.0"), Some(24));
        assert_eq!(node_major("v8.0.0"), Some(8));
        assert_eq!(node_major("24.21.0"), None);
        assert_eq!(node_major("bun"), None);
    }

    #[test]
    fn a_target_that_is_not_in_the_sysroot_is_missing() {
        let sysroot = env::temp_dir().join(format!("xtask-sysroot-{}", std::process::id()));
        fs::create_dir_all(sysroot.join("lib/rustlib/here/lib")).unwrap();
        assert_eq!(missing_targets(&sysroot, &["here", "absent"]), ["absent"]);
        fs::remove_dir_all(&sysroot).unwrap();
    }
}
