//! Two changes to wasm-bindgen's glue for the gateway, so that a module that has stopped stays
//! stopped until the entry starts it afresh.
//!
//! After a trap (a panic, an allocation that failed, an overflowing stack) the generated glue
//! resets the module on the next call into it, whoever makes it. That call may well be a closure
//! of the old module, woken by a promise: it would then run on the new module's memory with the
//! old one's pointers. And nobody tells the calls that were waiting that no answer will come.

use anyhow::{Context as _, Result};

/// Refuses every call into a stopped module.
const GUARD: &str = "\
function __wbg_call_guard() {
    __wbg_terminated_addr ??= wasm.__instance_terminated.value / 4;
    if (getInt32ArrayMemory0()[__wbg_terminated_addr]) throw new Error('Module terminated');
}
";

/// Tells the entry at once, in the place of the handler in Rust that would schedule the reset.
const HOOK: &str = "\
let __hookward_stopped = () => {};
export function __hookward_on_stop(listener) {
    __hookward_stopped = listener;
}
function __wbg_call_abort_hook() {
    __hookward_stopped();
}
";

/// The glue with both changes. Fails when the glue is not of the form that was read for this.
pub(crate) fn leave_restarts_to_the_entry(glue: &str) -> Result<String> {
    let glue = replace_function(glue, "__wbg_call_guard", GUARD)?;
    replace_function(&glue, "__wbg_call_abort_hook", HOOK)
}

/// Replaces a function that starts at the beginning of a line and ends with a brace there.
fn replace_function(glue: &str, name: &str, replacement: &str) -> Result<String> {
    let not_found = || format!("wasm-bindgen's glue has no `{name}` of the expected form");
    let (before, rest) =
        glue.split_once(&format!("\nfunction {name}() {{\n")).with_context(not_found)?;
    let (_, after) = rest.split_once("\n}\n").with_context(not_found)?;
    Ok(format!("{before}\n{replacement}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "\
let wasm;
function __wbg_call_abort_hook() {
    try {
        schedule();
    } catch(_) {}
}

function __wbg_call_guard() {
    if (scheduled) {
        __wbg_reset_state();
    }
}
function after() {}
";

    #[test]
    fn no_reset_is_left_in_the_guard() {
        let changed = leave_restarts_to_the_entry(GLUE).unwrap();
        assert!(!changed.contains("__wbg_reset_state"));
        assert!(!changed.contains("schedule()"));
        assert!(changed.contains("export function __hookward_on_stop(listener)"));
        assert!(changed.starts_with("let wasm;\n"));
        assert!(changed.ends_with("function after() {}\n"));
    }

    #[test]
    fn unknown_glue_is_refused() {
        let error = leave_restarts_to_the_entry("let wasm;\n").unwrap_err();
        assert!(error.to_string().contains("__wbg_call_guard"));
    }
}
