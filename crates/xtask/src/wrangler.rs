//! `cargo xtask wrangler`: the pinned wrangler, in `worker/`; and the check that the gateway can be
//! deployed.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;
use crate::dev;
use crate::process::{capture, node, run};

/// The id in `worker/wrangler.jsonc` as the checkout has it: of no namespace.
const NO_NAMESPACE: &str = "\"00000000000000000000000000000000\"";

/// What the platform takes of a Worker, compressed, on its free plan; a paid one may be three times
/// as large.
const MOST_KIB: f64 = 1024.0;

/// Runs wrangler with these arguments.
pub(crate) fn run_with(checkout: &Checkout, args: &[String]) -> Result<()> {
    let deploys = args.first().is_some_and(|command| command == "deploy");
    if deploys && !args.iter().any(|arg| arg == "--dry-run") {
        check_namespace(&config(checkout)?)?;
    }
    run(wrangler(checkout).args(args))
}

/// Does everything of a deployment but the upload.
pub(crate) fn deploy_dry(checkout: &Checkout) -> Result<()> {
    let folder = checkout.scratch().join("deploy");
    let mut command = wrangler(checkout);
    command.args(["deploy", "--dry-run", "--outdir"]).arg(folder.join("bundle"));
    dev::stay_local(&mut command, &folder);
    let said = capture(&mut command)?;
    println!("{said}");
    let kib = compressed_kib(&said).context("wrangler did not say how large the Worker is")?;
    if kib > MOST_KIB {
        bail!("the Worker is {kib} KiB compressed, and more than {MOST_KIB} KiB are not taken");
    }
    Ok(())
}

fn wrangler(checkout: &Checkout) -> Command {
    let mut command = node(checkout, &checkout.npm_file("wrangler/bin/wrangler.js"));
    command.current_dir(checkout.path("worker"));
    command
}

fn config(checkout: &Checkout) -> Result<String> {
    let file = checkout.path("worker/wrangler.jsonc");
    fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))
}

fn check_namespace(config: &str) -> Result<()> {
    if config.contains(NO_NAMESPACE) {
        bail!(
            "worker/wrangler.jsonc names no KV namespace yet: run `cargo xtask wrangler kv namespace \
             create HOOKWARD_DEDUPE`, and put the id that it prints in place of the zeros"
        );
    }
    Ok(())
}

/// The compressed size in what `wrangler deploy` prints: `Total Upload: 1.50 KiB / gzip: 0.50 KiB`.
fn compressed_kib(said: &str) -> Option<f64> {
    let (_, rest) = said.split_once("gzip: ")?;
    let (number, unit) = rest.lines().next()?.split_once(' ')?;
    let number: f64 = number.parse().ok()?;
    match unit.trim() {
        "KiB" => Some(number),
        "MiB" => Some(number * 1024.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_without_a_namespace_is_not_deployed() {
        let as_it_comes = include_str!("../../../worker/wrangler.jsonc");
        let told = check_namespace(as_it_comes).unwrap_err().to_string();
        assert!(told.contains("kv namespace create HOOKWARD_DEDUPE"), "{told}");
        let made = as_it_comes.replace(NO_NAMESPACE, "\"0f2ac74b498b48028cb68387c421e279\"");
        check_namespace(&made).unwrap();
    }

    #[test]
    fn the_size_is_read_from_what_wrangler_prints() {
        let said = "Total Upload: 1529.33 KiB / gzip: 539.21 KiB\nYour Worker has access to";
        assert_eq!(compressed_kib(said), Some(539.21));
        assert_eq!(compressed_kib("Total Upload: 2.00 MiB / gzip: 1.50 MiB"), Some(1536.0));
        assert_eq!(compressed_kib("gzip: many KiB"), None);
        assert_eq!(compressed_kib("nothing"), None);
    }
}
