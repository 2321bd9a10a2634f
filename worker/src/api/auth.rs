//! Who may use the admin API.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use worker::Request;

use crate::config::Config;
use crate::problem::{Code, Problem};

/// Refuses everything but the configured token.
pub(super) fn check(request: &Request, config: &Config) -> Result<(), Problem> {
    let Some(wanted) = &config.admin_token else {
        let detail = "Set HOOKWARD_ADMIN_TOKEN to at least 32 characters.";
        return Err(Problem::new(Code::AdminClosed, detail));
    };
    let header = request.headers().get("authorization").ok().flatten();
    match header.as_deref().and_then(token) {
        Some(token) if is_token(token, wanted) => Ok(()),
        _ => {
            let detail = "Send the admin token as \"Authorization: Bearer …\".";
            Err(Problem::new(Code::Unauthorized, detail))
        }
    }
}

fn token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}

/// Both are hashed, so that neither length nor content shows in the time taken.
fn is_token(token: &str, wanted: &[u8; 32]) -> bool {
    let hash: [u8; 32] = Sha256::digest(token).into();
    hash.ct_eq(wanted).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_counts() {
        let wanted: [u8; 32] = Sha256::digest("x".repeat(32)).into();
        assert!(is_token(&"x".repeat(32), &wanted));
        for bad in [String::new(), "x".repeat(31), "x".repeat(33), "X".repeat(32)] {
            assert!(!is_token(&bad, &wanted), "{bad}");
        }
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
