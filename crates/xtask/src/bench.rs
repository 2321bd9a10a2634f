//! `cargo xtask bench`: the core by criterion, the npm package beside its peers.

use std::fs;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::npm_build;
use crate::process::{cargo, node, run, say};

/// A part of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The Rust core, by criterion.
    Core,
    /// The Rust core beside other crates, which take minutes to build: only when asked for.
    Peers,
    /// Part of `tests/bench/report.mjs`, by its name there.
    Js(&'static str),
}

const PARTS: [(&str, Part); 5] = [
    ("core", Part::Core),
    ("peers", Part::Peers),
    ("js", Part::Js("verify")),
    ("size", Part::Js("size")),
    ("start", Part::Js("start")),
];

/// The parts of these names; for no name, all but the one that takes minutes to build.
pub(crate) fn choose(names: &[String]) -> Result<Vec<Part>> {
    if names.is_empty() {
        let parts = PARTS.iter().map(|(_, part)| *part);
        return Ok(parts.filter(|part| *part != Part::Peers).collect());
    }
    names
        .iter()
        .map(|name| match PARTS.iter().find(|(known, _)| known == name) {
            Some((_, part)) => Ok(*part),
            None => bail!("there is no benchmark `{name}`; there are core, peers, js, size, start"),
        })
        .collect()
}

/// Runs the parts. The report of the JavaScript ones goes to `target/bench/report.md` as well.
pub(crate) fn run_parts(checkout: &Checkout, parts: &[Part], quick: bool) -> Result<()> {
    if parts.contains(&Part::Core) {
        say("benchmarking the core");
        let mut command = cargo(checkout);
        command.args(["bench", "--locked", "--package", "hookward"]);
        if quick {
            // criterion then runs each benchmark once, to see that it works.
            command.args(["--", "--test"]);
        }
        run(&mut command)?;
    }
    if parts.contains(&Part::Peers) {
        say("benchmarking the core beside the crates standardwebhooks and svix");
        let mut command = cargo(checkout);
        command.args(["bench", "--locked", "--manifest-path"]);
        command.arg(checkout.path("crates/hookward/benches/peers/Cargo.toml"));
        command.arg("--target-dir").arg(checkout.target().join("peers"));
        if quick {
            command.args(["--", "--test"]);
        }
        run(&mut command)?;
    }

    let js: Vec<&str> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Js(name) => Some(*name),
            Part::Core | Part::Peers => None,
        })
        .collect();
    if js.is_empty() {
        return Ok(());
    }
    npm_build::build(checkout)?;
    say("benchmarking the npm package beside its peers");
    let report = checkout.target().join("bench").join("report.md");
    fs::create_dir_all(checkout.target().join("bench"))?;
    let mut command = node(checkout, &checkout.path("tests/bench/report.mjs"));
    command.arg("--out").arg(&report).args(js);
    if quick {
        command.arg("--quick");
    }
    run(&mut command)?;
    say(&format!("the report is in {}", report.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_by_name() {
        assert_eq!(choose(&[]).unwrap().len(), PARTS.len() - 1);
        assert_eq!(choose(&["size".to_owned()]).unwrap(), [Part::Js("size")]);
        assert!(choose(&["speed".to_owned()]).is_err());
    }
}
