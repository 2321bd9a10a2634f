//! `cargo xtask fuzz`: the fuzz targets of the core, each for a while, by cargo-fuzz.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;
use crate::process::{cargo, node, run, say};

/// Installed into the target folder. Its release is fixed, so that a run tomorrow is one of today.
const CARGO_FUZZ: &str = "0.13.2";

/// The fuzz targets' crate: a workspace of its own, as they build only with the fuzzer's flags.
const FOLDER: &str = "crates/hookward/fuzz";

/// How long a single input may take, in seconds, before it counts as a hang.
const INPUT_SECONDS: u32 = 10;

/// The targets of these names; all of them for no name.
pub(crate) fn choose(checkout: &Checkout, names: &[String]) -> Result<Vec<String>> {
    let folder = checkout.path(FOLDER).join("fuzz_targets");
    let entries =
        folder.read_dir().with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut known = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let (Some(stem), true) =
            (path.file_stem(), path.extension().is_some_and(|extension| extension == "rs"))
        {
            known.push(stem.to_string_lossy().into_owned());
        }
    }
    known.sort();
    if known.is_empty() {
        bail!("there is no fuzz target in {}", folder.display());
    }
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        bail!("there is no fuzz target `{unknown}`; there are {}", known.join(", "));
    }
    known.retain(|name| names.is_empty() || names.contains(name));
    Ok(known)
}

/// Runs each target for this many seconds. It starts from requests made of the vectors and from what
/// once broke the core (`crashers/TARGET`); what the fuzzer finds interesting is kept in the target
/// folder and starts the next run too. An input that crashes is written to `artifacts/TARGET`.
pub(crate) fn run_targets(checkout: &Checkout, targets: &[String], seconds: u32) -> Result<()> {
    let seeds = checkout.target().join("fuzz").join("seeds");
    run(node(checkout, &checkout.path(FOLDER).join("seeds.mjs")).arg(&seeds))?;
    let program = cargo_fuzz(checkout)?;
    let fuzz = |verb: &str, target: &str| {
        let mut command = Command::new(&program);
        command
            .current_dir(checkout.root())
            // The sanitizer and the coverage are compiler flags that are not stable yet.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", verb, target, "--fuzz-dir", FOLDER, "--target-dir"])
            .arg(checkout.target().join("fuzz"));
        command
    };
    for target in targets {
        say(&format!("building the fuzz target {target}"));
        run(&mut fuzz("build", target))?;
        let corpus = checkout.target().join("fuzz").join("corpus").join(target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("{} cannot be made", corpus.display()))?;
        say(&format!("fuzzing {target} for {seconds} s"));
        let mut command = fuzz("run", target);
        // The first of them is written to.
        let crashers = checkout.path(FOLDER).join("crashers");
        let starts = [seeds.join(target), crashers.join(target)];
        command.arg(corpus).args(starts.iter().filter(|folder| folder.is_dir()));
        command.arg("--").args([
            format!("-max_total_time={seconds}"),
            format!("-timeout={INPUT_SECONDS}"),
            "-print_final_stats=1".to_owned(),
            "-verbosity=0".to_owned(),
        ]);
        run(&mut command).with_context(|| {
            format!("{target} failed; the input is in {FOLDER}/artifacts/{target}")
        })?;
    }
    Ok(())
}

/// cargo-fuzz's program, installed if it is not there.
fn cargo_fuzz(checkout: &Checkout) -> Result<PathBuf> {
    let root = checkout.target().join("xtask").join(format!("cargo-fuzz-{CARGO_FUZZ}"));
    let program = root.join("bin").join("cargo-fuzz");
    if program.is_file() {
        return Ok(program);
    }
    say("installing cargo-fuzz (once)");
    run(cargo(checkout)
        .args(["install", "cargo-fuzz", "--locked", "--quiet", "--version", CARGO_FUZZ, "--root"])
        .arg(&root))
    .context("cargo-fuzz could not be installed")?;
    Ok(program)
}
