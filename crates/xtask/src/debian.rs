//! Programs that come from the system's packages rather than from cargo or npm.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::process::{capture, run, say};

/// A package of Debian's, and how to see that what it brings is there, wherever it came from.
pub(crate) struct Package {
    /// Its name for apt-get.
    pub(crate) name: &'static str,
    is_there: fn() -> bool,
}

pub(crate) const CHROMIUM: Package = Package {
    name: "chromium",
    is_there: || {
        // As tests/runtimes/full/chromium.mjs looks for it.
        let other = env::var_os("CHROMIUM").map(PathBuf::from);
        other.unwrap_or_else(|| PathBuf::from("/usr/bin/chromium")).is_file()
    },
};

pub(crate) const REDIS: Package =
    Package { name: "redis-server", is_there: || on_path("redis-server") };

pub(crate) const POSTGRES: Package = Package {
    name: "postgresql",
    is_there: || {
        // Debian keeps the server's programs off the PATH, in a folder for each version.
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        on_path("postgres") || versions.into_iter().any(|v| v.path().join("bin/postgres").is_file())
    },
};

pub(crate) const VALGRIND: Package = Package { name: "valgrind", is_there: || on_path("valgrind") };

/// libFuzzer is compiled from C++.
pub(crate) const CPP: Package = Package { name: "g++", is_there: || on_path("c++") };

/// Makes sure that all of these are installed: by apt-get if that is possible without asking anyone
/// for a password.
pub(crate) fn ensure(packages: &[&Package]) -> Result<()> {
    let missing: Vec<&str> =
        packages.iter().filter(|p| !(p.is_there)()).map(|package| package.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !on_path("apt-get") || capture(Command::new("id").arg("-u"))? != "0" {
        bail!(
            "this needs {list}, which is not installed; on Debian or Ubuntu: \
             `sudo apt-get install --no-install-recommends {list}`"
        );
    }
    say(&format!("installing the Debian packages {list}"));
    run(apt_get().args(["update", "-qq"])).context("apt-get could not update its lists")?;
    run(apt_get().args(["install", "-y", "-qq", "--no-install-recommends"]).args(&missing))
        .with_context(|| format!("apt-get could not install {list}"))?;
    match packages.iter().find(|p| !(p.is_there)()) {
        None => Ok(()),
        Some(package) => bail!("apt-get installed {}, but it is not to be found", package.name),
    }
}

/// apt-get that asks nothing and starts no servers: the tests start their own.
fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    command
}

/// Whether a program of this name is on the PATH.
fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder: PathBuf| is_program(&folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.with_extension(env::consts::EXE_EXTENSION).is_file() || path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed_again() {
        assert!(on_path("sh") && !on_path("no-such-program-here"));
        ensure(&[&Package { name: "no-such-package", is_there: || true }]).unwrap();
    }
}
