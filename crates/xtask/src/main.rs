//! The project's own commands. `cargo xtask help` lists them.

mod args;
mod bench;
mod chaos;
mod checkout;
mod debian;
mod demo;
mod dev;
mod fuzz;
mod glue;
mod npm_build;
mod process;
mod providers;
mod schemathesis;
mod setup;
mod stamp;
mod steps;
mod test_n8n;
mod wasm;
mod worker_build;
mod wrangler;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Command, HELP};
use crate::checkout::Checkout;
use crate::setup::Needs;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match args::parse(&args).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without the backtrace that the error's Debug would add: causes say more.
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let checkout = &Checkout::find();
    match command {
        Command::Help => {
            print!("{HELP}");
            Ok(())
        }
        Command::ListSteps => {
            steps::list();
            Ok(())
        }
        Command::Setup => {
            setup::ensure(checkout, Needs::Test)?;
            process::say("everything is there");
            Ok(())
        }
        Command::Build { worker, npm } => {
            setup::ensure(checkout, Needs::Build)?;
            if npm {
                npm_build::build(checkout)?;
            }
            if worker {
                worker_build::build(checkout)?;
            }
            Ok(())
        }
        Command::Dev { port } => {
            setup::ensure(checkout, Needs::Build)?;
            dev::serve(checkout, port)
        }
        Command::Demo => {
            setup::ensure(checkout, Needs::Build)?;
            demo::run_demo(checkout)
        }
        Command::Test { steps, full } => {
            let chosen = steps::choose(&steps, full)?;
            setup::ensure(checkout, Needs::Test)?;
            steps::bring_what_they_need(checkout, &chosen)?;
            steps::run_all(checkout, &chosen)
        }
        Command::Wrangler { args } => {
            setup::ensure(checkout, Needs::Build)?;
            wrangler::run_with(checkout, &args)
        }
        Command::TestN8n => {
            setup::ensure(checkout, Needs::Build)?;
            test_n8n::run_in_n8n(checkout)
        }
        Command::Providers { check: false } => providers::write(checkout),
        Command::Providers { check: true } => providers::check(checkout),
        Command::Bench { parts, quick } => {
            let parts = bench::choose(&parts)?;
            setup::ensure(checkout, Needs::Build)?;
            bench::run_parts(checkout, &parts, quick)
        }
        Command::Chaos { scenarios, seed } => {
            setup::ensure(checkout, Needs::Build)?;
            chaos::run_long(checkout, &scenarios, seed)
        }
        Command::Fuzz { targets, seconds } => {
            let targets = fuzz::choose(checkout, &targets)?;
            setup::ensure(checkout, Needs::Build)?;
            debian::ensure(&[&debian::CPP])?;
            fuzz::run_targets(checkout, &targets, seconds)
        }
    }
}
