//! Who may use the admin API.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use worker::Request;

use crate::config::Config;
use crate::problem::{Code, Problem};

/// Refuses everything but the configured tokens; by those for reading, everything but `GET`.
pub(super) fn check(request: &Request, config: &Config) -> Result<(), Problem> {
    if config.admin_tokens.is_empty() && config.read_tokens.is_empty() {
        let detail = "Set HOOKWARD_ADMIN_TOKEN to at least 32 characters.";
        return Err(Problem::new(Code::AdminClosed, detail));
    }
    let header = request.headers().get("authorization").ok().flatten();
    let token = header.as_deref().and_then(token).unwrap_or_default();
    if is_one_of(token, &config.admin_tokens) {
        return Ok(());
    }
    if !is_one_of(token, &config.read_tokens) {
        let detail = "Send the admin token as \"Authorization: Bearer …\".";
        return Err(Problem::new(Code::Unauthorized, detail));
    }
    if request.inner().method() != "GET" {
        return Err(Problem::new(Code::ReadOnly, "This token is good for GET only."));
    }
    Ok(())
}

fn token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// Both are hashed, so that neither length nor content shows in the time taken; and all of them are
/// looked at, so that it does not show which one it is.
fn is_one_of(token: &str, wanted: &[[u8; 32]]) -> bool {
    let hash: [u8; 32] = Sha256::digest(token).into();
    let found = wanted.iter().fold(Choice::from(0), |found, wanted| found | hash.ct_eq(wanted));
    found.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_counts() {
        let wanted = ["x", "y"].map(|letter| Sha256::digest(letter.repeat(32)).into());
        assert!(is_one_of(&"x".repeat(32), &wanted) && is_one_of(&"y".repeat(32), &wanted));
        for bad in [String::new(), "x".repeat(31), "x".repeat(33), "X".repeat(32)] {
            assert!(!is_one_of(&bad, &wanted), "{bad}");
        }
        assert!(!is_one_of("", &[]));
    }

    #[test]
    fn the_scheme_is_bearer() {
        assert_eq!(token("Bearer abc"), Some("abc"));
        assert_eq!(token("bearer abc"), Some("abc"));
        for bad in ["abc", "Basic abc", "Bearerabc", ""] {
            assert_eq!(token(bad), None, "{bad}");
        }
    }
}
