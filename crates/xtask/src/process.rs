//! Running other programs, and saying clearly what went wrong with them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, io};

use anyhow::{Context as _, Result, bail};

use crate::checkout::Checkout;

/// Says what is being done, on stderr, so that stdout stays with the programs we start.
pub(crate) fn say(message: &str) {
    eprintln!("xtask: {message}");
}

/// Runs a program to its end with our own stdout and stderr; anything but exit code 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a program to its end and gives back what it wrote to stdout, without the last newline.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(command), output.status);
    }
    let text = String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` wrote something that is not UTF-8", line(command)))?;
    Ok(text.trim_end().to_owned())
}

/// Cargo, in the checkout's root; the very one that runs us.
pub(crate) fn cargo(checkout: &Checkout) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root());
    command
}

/// The pinned Node, in the checkout's root, running `script`.
pub(crate) fn node(checkout: &Checkout, script: &Path) -> Command {
    let mut command = Command::new(checkout.node());
    command.current_dir(checkout.root()).arg(script);
    command
}

/// A command as one would type it, for messages.
pub(crate) fn line(command: &Command) -> String {
    let mut text = String::new();
    let program = command.get_program();
    // Cargo names itself by its whole path.
    let program = match Path::new(program).file_name() {
        Some(name) if name == "cargo" => name,
        _ => program,
    };
    for part in std::iter::once(program).chain(command.get_args()) {
        let part = part.to_string_lossy();
        let plain = !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c));
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = if plain {
            write!(text, "{separator}{part}")
        } else {
            write!(text, "{separator}'{part}'")
        };
    }
    text
}

fn not_started(command: &Command, error: &io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy();
    if error.kind() == io::ErrorKind::NotFound {
        anyhow::anyhow!("`{program}` is not installed, or not on the PATH")
    } else {
        anyhow::anyhow!("`{}` could not be started: {error}", line(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_quotes_what_a_shell_would_split() {
        let mut command = Command::new("npm");
        command.args(["ci", "--prefix=tests", "two words", ""]);
        assert_eq!(line(&command), "npm ci --prefix=tests 'two words' ''");
        assert_eq!(line(&Command::new("/some/toolchain/bin/cargo")), "cargo");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`no-such-program-here` is not installed, or not on the PATH"
        );
    }

    #[test]
    fn a_failing_program_is_an_error_that_shows_the_command() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().starts_with("`sh -c 'exit 3'` failed (exit status: 3"));
    }
}
