//! `cargo xtask test`: every check, a step at a time.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;
use crate::debian::{self, Package};
use crate::process::{cargo, node, run};
use crate::setup::{self, BARE_METAL, WASM};
use crate::{demo, fuzz, npm_build, test_n8n, worker_build, wrangler};

/// One check.
pub(crate) struct Step {
    /// What it is called on the command line.
    name: &'static str,
    /// What it checks.
    what: &'static str,
    run: fn(&Checkout) -> Result<()>,
    /// Whether it runs only with `--full`, or when asked for by name.
    only_full: bool,
    /// What it needs besides what every step does.
    needs: &'static [Need],
}

/// What only some steps need.
enum Need {
    /// A program from the system's packages.
    Debian(Package),
    /// The npm packages of a folder that has its own.
    Npm(&'static str),
}

/// All checks, those that fail fastest first.
const STEPS: [Step; 29] = [
    step("fmt", "the code is formatted", fmt),
    step("clippy", "no lint complains, natively and for wasm", clippy),
    step("doc", "the documentation builds without warnings", doc),
    step("unit", "unit tests and documentation examples of the Rust crates", unit),
    step("providers", "PROVIDERS.md says what the catalogue says", crate::providers::check),
    step("no-std", "the core builds without std and for bare metal", no_std),
    step(
        "constant-time",
        "comparing tags takes the same instructions, wherever they differ",
        |checkout| {
            run(cargo(checkout)
                .args(["test", "--locked", "--release", "--package", "hookward", "--all-features"])
                .args(["--test", "constant_time"]))
        },
    )
    .needs(&[Need::Debian(debian::VALGRIND)]),
    step("npm", "the npm package builds", npm_build::build),
    step(
        "types",
        "the package's types under every way to resolve them, and its exports",
        |checkout| npm_tests(checkout, "tests/types"),
    ),
    step("packaging", "the packed tarball holds what it should, and does it", |checkout| {
        npm_tests(checkout, "tests/packaging")
    }),
    step(
        "runtimes",
        "the vectors on Node 20, 22 and 24, in workerd, and in esbuild's bundles; publint and attw",
        |checkout| npm_tests(checkout, "tests/runtimes"),
    ),
    step("receiver", "the receiver and its stores, on Redis and Postgres too", |checkout| {
        npm_tests(checkout, "tests/receiver")
    })
    .needs(&[Need::Debian(debian::REDIS), Need::Debian(debian::POSTGRES)]),
    step("adapters", "the adapters in Express, Fastify, Hono, node:http and workerd", |checkout| {
        npm_tests(checkout, "tests/adapters")
    }),
    step("cli", "what `explain` finds, and the command-line tool", |checkout| {
        npm_tests(checkout, "tests/cli")
    }),
    step("n8n", "the n8n nodes, from their packed tarball, with n8n's own code", |checkout| {
        test_n8n::build_nodes(checkout)?;
        node_tests(checkout, "tests/n8n")
    })
    .needs(&[Need::Npm(test_n8n::WORKFLOW)]),
    step(
        "n8n-sandbox",
        "Code nodes with the package, pasted and required, in n8n's own sandbox",
        |checkout| npm_tests(checkout, "tests/runtimes/n8n"),
    )
    .needs(&[Need::Npm("tests/runtimes/n8n")]),
    step("size", "a bundle of `verify` stays within its budget", size),
    step("worker", "the gateway builds, and goes on after its wasm module has stopped", worker),
    step("deploy", "all of a deployment but the upload goes well", |checkout| {
        worker_build::build(checkout)?;
        wrangler::deploy_dry(checkout)
    }),
    step("e2e", "the gateway, end to end in workerd", e2e),
    step(
        "openapi",
        "every call of worker/openapi.json is as it says, and the gateway has no others",
        openapi,
    ),
    step(
        "chaos",
        "the gateway under faults, the short form: nothing is lost, nothing is stuck",
        crate::chaos::run_short,
    ),
    step("demo", "the demo goes as it should", demo::run_demo),
    step(
        "all-runtimes",
        "the vectors on Bun, Deno and edge-runtime, in Chromium, and in the bundles of webpack, \
         Rollup and Vite",
        |checkout| npm_tests(checkout, "tests/runtimes/full"),
    )
    .only_full()
    .needs(&[Need::Npm("tests/runtimes/full"), Need::Debian(debian::CHROMIUM)]),
    step(
        "n8n-tool",
        "n8n's own tool builds the same nodes, and its lints and scanner find nothing",
        |checkout| {
            test_n8n::build_nodes(checkout)?;
            node_tests(checkout, "tests/n8n/tool")
        },
    )
    .only_full()
    .needs(&[Need::Npm(test_n8n::WORKFLOW), Need::Npm(test_n8n::TOOL)]),
    step("all-adapters", "the adapters in Next.js and in the functions framework", |checkout| {
        npm_tests(checkout, "tests/adapters/full")
    })
    .only_full()
    .needs(&[Need::Npm("tests/adapters/full")]),
    step(
        "schemathesis",
        "the gateway answers as its OpenAPI document says, whatever it is asked; needs Python",
        crate::schemathesis::test,
    )
    .only_full(),
    step("fuzz", "the fuzz targets find nothing, for 20 seconds each", |checkout| {
        fuzz::run_targets(checkout, &fuzz::choose(checkout, &[])?, 20)
    })
    .only_full()
    .needs(&[Need::Debian(debian::CPP)]),
    step("bench", "every benchmark runs", |checkout| {
        crate::bench::run_parts(checkout, &crate::bench::choose(&[])?, true)
    })
    .only_full(),
];

const fn step(name: &'static str, what: &'static str, run: fn(&Checkout) -> Result<()>) -> Step {
    Step { name, what, run, only_full: false, needs: &[] }
}

impl Step {
    const fn only_full(mut self) -> Self {
        self.only_full = true;
        self
    }

    const fn needs(mut self, needs: &'static [Need]) -> Self {
        self.needs = needs;
        self
    }
}

/// Prints the names of all steps.
pub(crate) fn list() {
    for step in &STEPS {
        let full = if step.only_full { " (with --full)" } else { "" };
        println!("{:<14} {}{full}", step.name, step.what);
    }
}

/// The steps of these names, in their usual order; for no name, all, or all but the long ones.
pub(crate) fn choose(names: &[String], full: bool) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("there is no step `{unknown}`; `cargo xtask test --list` names them");
    }
    let chosen = STEPS.iter().filter(|step| {
        if names.is_empty() {
            full || !step.only_full
        } else {
            names.iter().any(|n| n == step.name)
        }
    });
    Ok(chosen.collect())
}

/// Installs what these steps need. Before the first of them runs, so that nothing fails late for want
/// of it, and never by leaving a step out.
pub(crate) fn bring_what_they_need(checkout: &Checkout, steps: &[&Step]) -> Result<()> {
    let needs = || steps.iter().flat_map(|step| step.needs);
    let packages: Vec<&Package> = needs()
        .filter_map(|need| match need {
            Need::Debian(package) => Some(package),
            Need::Npm(_) => None,
        })
        .collect();
    debian::ensure(&packages)?;
    needs().try_for_each(|need| match need {
        Need::Npm(folder) => setup::heavy_packages(checkout, folder),
        Need::Debian(_) => Ok(()),
    })
}

/// Runs the steps in order. The first that fails ends it.
pub(crate) fn run_all(checkout: &Checkout, steps: &[&Step]) -> Result<()> {
    let mut times = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n=== {} ({}/{}): {}", step.name, index + 1, steps.len(), step.what);
        let started = now();
        let outcome = (step.run)(checkout);
        let took = now().duration_since(started).unwrap_or_default();
        if let Err(error) = outcome {
            println!("\n{index} passed, 1 failed, {} not run", steps.len() - index - 1);
            return Err(error).with_context(|| {
                format!(
                    "the step {} failed; alone it is run by `cargo xtask test {}`",
                    step.name, step.name
                )
            });
        }
        times.push((step.name, took));
    }
    print_times(&times);
    println!("{} passed, 0 failed", times.len());
    Ok(())
}

fn print_times(times: &[(&str, Duration)]) {
    println!();
    for (name, took) in times {
        println!("{name:<14} {:>7.1} s", took.as_secs_f64());
    }
}

#[expect(clippy::disallowed_methods, reason = "how long a step takes is for the reader only")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// The crates that others use as libraries.
const LIBRARIES: [&str; 2] = ["hookward", "hookward-relay"];

/// The crates that are built for WebAssembly, one at a time: built together for it, they would
/// share the features of their dependencies, and the npm package's module does without std.
const MODULES: [&str; 2] = ["hookward-wasm", "hookward-worker"];

/// This tool.
const TOOL: [&str; 1] = ["xtask"];

/// Cargo's arguments for these packages.
fn packages<'a>(names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["--package", name])
}

fn fmt(checkout: &Checkout) -> Result<()> {
    run(cargo(checkout).args(["fmt", "--all", "--check"]))
}

fn clippy(checkout: &Checkout) -> Result<()> {
    let base = ["clippy", "--locked", "--quiet"];
    let deny = ["--", "-D", "warnings"];
    let native = [LIBRARIES.as_slice(), &MODULES, &TOOL].concat();
    run(cargo(checkout)
        .args(base)
        .args(packages(&native))
        .args(["--all-targets", "--all-features"])
        .args(deny))?;
    MODULES.iter().try_for_each(|module| {
        run(cargo(checkout)
            .args(base)
            .args(packages(&[module]))
            .args(["--target", WASM])
            .args(deny))
    })
}

fn doc(checkout: &Checkout) -> Result<()> {
    let base = ["doc", "--locked", "--quiet", "--no-deps"];
    run(cargo(checkout)
        .env("RUSTDOCFLAGS", "-D warnings")
        .args(base)
        .args(packages(&LIBRARIES))
        .arg("--all-features"))?;
    // Nobody uses the modules as libraries: their documentation is for those who work on them.
    MODULES.iter().try_for_each(|module| {
        run(cargo(checkout)
            .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
            .args(base)
            .args(packages(&[module]))
            .args(["--target", WASM, "--document-private-items"]))
    })
}

fn unit(checkout: &Checkout) -> Result<()> {
    let native = [LIBRARIES.as_slice(), &MODULES].concat();
    run(cargo(checkout).args(["test", "--locked", "--all-features"]).args(packages(&native)))?;
    // In the profile that built it: the wasm-bindgen library takes long to compile.
    run(cargo(checkout).args(["test", "--locked", "--profile", "xtask"]).args(packages(&TOOL)))
}

fn no_std(checkout: &Checkout) -> Result<()> {
    for target in [WASM, BARE_METAL] {
        for features in ["", "alloc"] {
            run(cargo(checkout)
                .args(["build", "--locked", "--package", "hookward", "--target", target])
                .args(["--no-default-features", "--features", features]))?;
        }
    }
    Ok(())
}

/// Tests of the packed npm package.
fn npm_tests(checkout: &Checkout, folder: &str) -> Result<()> {
    npm_build::build(checkout)?;
    node_tests(checkout, folder)
}

fn size(checkout: &Checkout) -> Result<()> {
    npm_build::build(checkout)?;
    run(node(checkout, &checkout.path("tests/bench/size.mjs")).arg("--check"))
}

fn worker(checkout: &Checkout) -> Result<()> {
    worker_build::build(checkout)?;
    node_tests(checkout, "tests/entry")
}

fn e2e(checkout: &Checkout) -> Result<()> {
    npm_build::build(checkout)?;
    worker_build::build(checkout)?;
    node_tests(checkout, "tests/e2e")
}

fn openapi(checkout: &Checkout) -> Result<()> {
    worker_build::build(checkout)?;
    node_tests(checkout, "tests/openapi")
}

/// Runs the `*.test.mjs` files of a folder on the pinned Node. No file at all is a failure.
fn node_tests(checkout: &Checkout, folder: &str) -> Result<()> {
    let folder = checkout.path(folder);
    let mut files = Vec::new();
    for entry in
        folder.read_dir().with_context(|| format!("{} cannot be read", folder.display()))?
    {
        let path: PathBuf = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("there is no *.test.mjs in {}", folder.display());
    }
    // Two files at a time: most of what they do is to wait. A test that hangs ends in four minutes.
    run(node(checkout, "--test".as_ref())
        .args(["--test-concurrency=2", "--test-timeout=240000"])
        .args(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(chosen: &[&Step]) -> Vec<&'static str> {
        chosen.iter().map(|step| step.name).collect()
    }

    #[test]
    fn without_names_everything_but_the_long_steps_is_chosen() {
        let usual = names(&choose(&[], false).unwrap());
        assert!(usual.contains(&"fmt") && usual.contains(&"e2e") && usual.contains(&"runtimes"));
        assert!(!usual.contains(&"bench") && !usual.contains(&"all-runtimes"));
        assert_eq!(choose(&[], true).unwrap().len(), STEPS.len());
    }

    #[test]
    fn named_steps_keep_the_usual_order() {
        let chosen = choose(&["unit".to_owned(), "fmt".to_owned()], false).unwrap();
        assert_eq!(names(&chosen), ["fmt", "unit"]);
        assert_eq!(names(&choose(&["bench".to_owned()], false).unwrap()), ["bench"]);
    }

    #[test]
    fn an_unknown_step_is_refused() {
        assert!(choose(&["speed".to_owned()], false).is_err());
    }

    #[test]
    fn no_two_steps_share_a_name() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(STEPS.iter().skip(index + 1).all(|other| other.name != step.name));
        }
    }
}
