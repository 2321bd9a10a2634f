//! `cargo xtask bench`: the core by criterion, the npm package beside its peers, the gateway beside a
//! bare Worker.

use std::fs;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::process::{cargo, node, run, say};
use crate::{npm_build, worker_build};

/// A part of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The Rust core, by criterion.
    Core,
    /// The Rust core beside other crates, which take minutes to build: only when asked for.
    Peers,
    /// Part of `tests/bench/report.mjs`, by its name there.
    Js(&'static str),
    /// The gateway in `workerd`, by `tests/bench/gateway/report.mjs`.
    Gateway,
}

const PARTS: [(&str, Part); 6] = [
    ("core", Part::Core),
    ("peers", Part::Peers),
    ("js", Part::Js("verify")),
    ("size", Part::Js("size")),
    ("start", Part::Js("start")),
    ("gateway", Part::Gateway),
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
            None => bail!("there is no benchmark `{name}`; there are {}", names_of_parts()),
        })
        .collect()
}

fn names_of_parts() -> String {
    PARTS.map(|(name, _)| name).join(", ")
}

/// Runs the parts. The reports of those in JavaScript and of the gateway go to `target/bench` as well.
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
            Part::Core | Part::Peers | Part::Gateway => None,
        })
        .collect();
    if !js.is_empty() {
        npm_build::build(checkout)?;
        say("benchmarking the npm package beside its peers");
        report(checkout, "tests/bench/report.mjs", "report.md", &js, quick)?;
    }
    if parts.contains(&Part::Gateway) {
        worker_build::build(checkout)?;
        say("benchmarking the gateway beside a bare Worker");
        report(checkout, "tests/bench/gateway/report.mjs", "gateway.md", &[], quick)?;
    }
    Ok(())
}

/// Runs a script that writes a report into a file of `target/bench`.
fn report(
    checkout: &Checkout,
    script: &str,
    file: &str,
    parts: &[&str],
    quick: bool,
) -> Result<()> {
    let folder = checkout.target().join("bench");
    fs::create_dir_all(&folder)?;
    let report = folder.join(file);
    let mut command = node(checkout, &checkout.path(script));
    command.arg("--out").arg(&report).args(parts);
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
