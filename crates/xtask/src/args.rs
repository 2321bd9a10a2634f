//! The command line: what was asked for, or why it makes no sense.

use anyhow::{Result, anyhow, bail};

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
The project's own commands. Each brings in what it needs first.

  cargo xtask demo                   build everything, start the gateway and watch deliveries go
                                     all the way; exits non-zero if one does not
  cargo xtask dev [--port N]         the gateway on your machine, its state kept between runs
  cargo xtask test [--full]          every check, from formatting to end-to-end
  cargo xtask test STEP...           only these steps; `cargo xtask test --list` names them
  cargo xtask test-n8n               the n8n nodes in a real n8n, which takes 2.8 GB and some
                                     minutes to install, once
  cargo xtask bench [--quick] [PART...]
                                     the benchmarks (core, peers, js, size, start, gateway), some
                                     or most
  cargo xtask chaos [--seed N] [SCENARIO...]
                                     the gateway under faults: SIGKILLs, dead and slow destinations,
                                     failing alarms, KV and registry; counts what was lost
  cargo xtask fuzz [--seconds N] [TARGET...]
                                     the core's fuzz targets, each for N seconds (60)
  cargo xtask build [worker|npm]     the gateway to worker/build, the npm package to
                                     npm/hookward/dist
  cargo xtask wrangler ARGS...       the pinned wrangler in worker/: login, kv, secret, deploy
  cargo xtask providers [--check]    the catalogue as a page, crates/hookward/PROVIDERS.md
  cargo xtask setup                  Rust targets and components, npm packages
";

/// The port of `dev` where none is given.
const DEV_PORT: u16 = 8787;

/// For how many seconds `fuzz` runs a target where it is not said.
const FUZZ_SECONDS: u32 = 60;

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Setup,
    Build { worker: bool, npm: bool },
    Dev { port: u16 },
    Demo,
    ListSteps,
    Test { steps: Vec<String>, full: bool },
    Bench { parts: Vec<String>, quick: bool },
    Chaos { scenarios: Vec<String>, seed: Option<u32> },
    Fuzz { targets: Vec<String>, seconds: u32 },
    Providers { check: bool },
    TestN8n,
    Wrangler { args: Vec<String> },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(args: &[String]) -> Result<Command> {
    let mut args = args.iter().map(String::as_str);
    let Some(command) = args.next() else { return Ok(Command::Help) };
    let rest: Vec<&str> = args.collect();
    if command == "test" && matches!(rest[..], ["--list" | "--help" | "-h"]) {
        return Ok(Command::ListSteps);
    }
    // All of it is wrangler's, its help included.
    if command == "wrangler" {
        return Ok(Command::Wrangler { args: rest.into_iter().map(str::to_owned).collect() });
    }
    if rest.iter().any(|arg| matches!(*arg, "--help" | "-h")) {
        return Ok(Command::Help);
    }
    match command {
        "help" | "--help" | "-h" => Ok(Command::Help),
        "setup" => bare(&rest, Command::Setup),
        "demo" => bare(&rest, Command::Demo),
        "test-n8n" => bare(&rest, Command::TestN8n),
        "build" => match rest[..] {
            [] => Ok(Command::Build { worker: true, npm: true }),
            ["worker"] => Ok(Command::Build { worker: true, npm: false }),
            ["npm"] => Ok(Command::Build { worker: false, npm: true }),
            _ => bail!("`build` takes `worker`, `npm` or nothing"),
        },
        "dev" => match rest[..] {
            [] => Ok(Command::Dev { port: DEV_PORT }),
            ["--port", port] => Ok(Command::Dev { port: parse_port(port)? }),
            _ => bail!("`dev` takes only `--port N`"),
        },
        "test" => {
            let (flags, steps) = split(&rest);
            let full = only_flag(&flags, "--full")?;
            Ok(Command::Test { steps, full })
        }
        "bench" => {
            let (flags, parts) = split(&rest);
            let quick = only_flag(&flags, "--quick")?;
            Ok(Command::Bench { parts, quick })
        }
        "chaos" => {
            let (seed, rest) = match rest[..] {
                ["--seed", seed, ref rest @ ..] => (Some(parse_seed(seed)?), rest),
                ref rest => (None, rest),
            };
            let (flags, scenarios) = split(rest);
            match flags.first() {
                None => Ok(Command::Chaos { scenarios, seed }),
                Some(flag) => bail!("`chaos` takes `--seed N` and names, not `{flag}`"),
            }
        }
        "fuzz" => {
            let (seconds, rest) = match rest[..] {
                ["--seconds", seconds, ref rest @ ..] => (parse_seconds(seconds)?, rest),
                ref rest => (FUZZ_SECONDS, rest),
            };
            let (flags, targets) = split(rest);
            match flags.first() {
                None => Ok(Command::Fuzz { targets, seconds }),
                Some(flag) => bail!("`fuzz` takes `--seconds N` and names, not `{flag}`"),
            }
        }
        "providers" => match rest[..] {
            [] => Ok(Command::Providers { check: false }),
            ["--check"] => Ok(Command::Providers { check: true }),
            _ => bail!("`providers` takes only `--check`"),
        },
        other => Err(anyhow!("there is no command `{other}`; `cargo xtask help` lists them")),
    }
}

fn bare(rest: &[&str], command: Command) -> Result<Command> {
    match rest.first() {
        None => Ok(command),
        Some(extra) => bail!("this command takes no `{extra}`"),
    }
}

fn parse_port(text: &str) -> Result<u16> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => bail!("{text:?} is no port; give a number from 1 to 65535"),
    }
}

fn parse_seconds(text: &str) -> Result<u32> {
    match text.parse() {
        // libFuzzer takes 0 for no limit.
        Ok(seconds) if seconds > 0 => Ok(seconds),
        _ => bail!("{text:?} is no number of seconds"),
    }
}

fn parse_seed(text: &str) -> Result<u32> {
    text.parse().map_err(|_| anyhow!("{text:?} is no seed; give a number from 0 to {}", u32::MAX))
}

/// Flags apart from words.
fn split<'a>(args: &[&'a str]) -> (Vec<&'a str>, Vec<String>) {
    let (flags, words): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| arg.starts_with('-'));
    (flags, words.into_iter().map(str::to_owned).collect())
}

/// Whether the one flag that a command knows was given.
fn only_flag(flags: &[&str], known: &str) -> Result<bool> {
    match flags.iter().find(|flag| **flag != known) {
        None => Ok(!flags.is_empty()),
        Some(unknown) => bail!("there is no option `{unknown}` here, only `{known}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args)
    }

    #[test]
    fn commands() {
        assert_eq!(parsed("").unwrap(), Command::Help);
        assert_eq!(parsed("dev --help").unwrap(), Command::Help);
        assert_eq!(parsed("setup").unwrap(), Command::Setup);
        assert_eq!(parsed("demo").unwrap(), Command::Demo);
        assert_eq!(parsed("test-n8n").unwrap(), Command::TestN8n);
        assert_eq!(parsed("build").unwrap(), Command::Build { worker: true, npm: true });
        assert_eq!(parsed("build worker").unwrap(), Command::Build { worker: true, npm: false });
        assert_eq!(parsed("dev").unwrap(), Command::Dev { port: 8787 });
        assert_eq!(parsed("dev --port 9000").unwrap(), Command::Dev { port: 9000 });
        assert_eq!(parsed("test --list").unwrap(), Command::ListSteps);
        assert_eq!(parsed("test --help").unwrap(), Command::ListSteps);
        assert_eq!(parsed("test --full").unwrap(), Command::Test { steps: vec![], full: true });
        assert_eq!(
            parsed("test fmt unit").unwrap(),
            Command::Test { steps: vec!["fmt".into(), "unit".into()], full: false }
        );
        let args = ["kv", "namespace", "--help"].map(str::to_owned).to_vec();
        assert_eq!(parsed("wrangler kv namespace --help").unwrap(), Command::Wrangler { args });
        assert_eq!(parsed("providers").unwrap(), Command::Providers { check: false });
        assert_eq!(parsed("providers --check").unwrap(), Command::Providers { check: true });
        assert_eq!(
            parsed("bench js --quick").unwrap(),
            Command::Bench { parts: vec!["js".into()], quick: true }
        );
        assert_eq!(parsed("chaos").unwrap(), Command::Chaos { scenarios: vec![], seed: None });
        assert_eq!(
            parsed("chaos --seed 7 kills").unwrap(),
            Command::Chaos { scenarios: vec!["kills".into()], seed: Some(7) }
        );
        assert_eq!(parsed("fuzz").unwrap(), Command::Fuzz { targets: vec![], seconds: 60 });
        assert_eq!(
            parsed("fuzz --seconds 5 header").unwrap(),
            Command::Fuzz { targets: vec!["header".into()], seconds: 5 }
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "deploy",
            "setup now",
            "demo --fast",
            "test-n8n --fast",
            "build docs",
            "dev 9000",
            "dev --port",
            "dev --port 0",
            "dev --port 70000",
            "test --fast",
            "bench --full",
            "chaos --seed",
            "chaos --seed x",
            "chaos kills --seed 7",
            "fuzz --seconds",
            "fuzz --seconds 0",
            "fuzz header --seconds 5",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
