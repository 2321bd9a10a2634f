//! What a destination answers is kept for the log, but not what it repeats of its own secrets.
//!
//! Default error pages quote the path ("Cannot POST /hooks/…"), debug pages the headers.

/// Shorter values are not searched for: they would be found in anything.
const SECRET_BYTES_MIN: usize = 6;

/// The start of a secret at the end of a text that was cut is taken for one from this length on.
const CUT_BYTES_MIN: usize = 4;

const REDACTED: &str = "\u{2026}";

/// The parts of a URL that are secret: everything beyond the origin, as a whole and in its parts.
pub fn secrets_of_url(url: &str) -> Vec<String> {
    let beyond = url.split_once("://").map_or(url, |(_, rest)| rest);
    let Some(start) = beyond.find(['/', '?']) else { return Vec::new() };
    let beyond = beyond.get(start..).unwrap_or_default();
    let (path, query) = beyond.split_once('?').unwrap_or((beyond, ""));
    let values = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    [beyond, path, query]
        .into_iter()
        .chain(path.split('/'))
        .chain(query.split('&'))
        .chain(values)
        .map(str::to_owned)
        .collect()
}

/// `text` without any of `secrets`, the longest looked for first. `cut` says that the text goes on
/// where it ends, so that the start of a secret may stand there.
pub fn redact(text: &str, secrets: &[impl AsRef<str>], cut: bool) -> String {
    let mut secrets: Vec<&str> = secrets
        .iter()
        .map(AsRef::as_ref)
        .filter(|secret| secret.len() >= SECRET_BYTES_MIN)
        .collect();
    secrets.sort_by_key(|secret| core::cmp::Reverse(secret.len()));
    secrets.dedup();
    let mut text = text.to_owned();
    for secret in &secrets {
        if text.contains(secret) {
            text = text.replace(secret, REDACTED);
        }
    }
    if cut && let Some(start) = secrets.iter().filter_map(|secret| cut_start(&text, secret)).min() {
        text.truncate(start);
        text.push_str(REDACTED);
    }
    text
}

/// Where the start of `secret` begins that `text` ends with.
fn cut_start(text: &str, secret: &str) -> Option<usize> {
    (CUT_BYTES_MIN..secret.len())
        .rev()
        .filter_map(|length| secret.get(..length))
        .find_map(|start| text.strip_suffix(start))
        .map(str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.com/hooks/s3cr3t-path?key=topsecret&x=1";

    #[test]
    fn what_an_error_page_repeats_is_left_out() {
        let mut secrets = secrets_of_url(URL);
        secrets.push("Bearer hidden-value".into());
        for page in [
            "Cannot POST /hooks/s3cr3t-path?key=topsecret&x=1",
            "Cannot POST /hooks/s3cr3t-path",
            "no route s3cr3t-path",
            "key: topsecret",
            "authorization: Bearer hidden-value",
        ] {
            let kept = redact(page, &secrets, false);
            for hidden in ["s3cr3t-path", "topsecret", "hidden-value"] {
                assert!(!kept.contains(hidden), "{kept}");
            }
        }
        assert_eq!(
            redact("Cannot POST /hooks/s3cr3t-path", &secrets, false),
            "Cannot POST \u{2026}"
        );
    }

    #[test]
    fn what_holds_no_secret_is_kept_as_it_is() {
        let secrets = secrets_of_url("https://example.com/");
        for text in ["", "ok", "x=1 / ? 1", "example.com is down"] {
            assert_eq!(redact(text, &secrets, true), text);
        }
        assert!(secrets_of_url("https://example.com").is_empty());
    }

    #[test]
    fn a_secret_that_is_cut_in_two_is_left_out_too() {
        let secrets = ["topsecret-value"];
        for cut in 4..15 {
            let page = format!("key: {}", &secrets[0][..cut]);
            assert_eq!(redact(&page, &secrets, true), "key: \u{2026}", "{cut}");
        }
        assert_eq!(redact("key: topse", &secrets, false), "key: topse");
        assert_eq!(redact("gr\u{fc}\u{df}e", &["gr\u{fc}\u{df}e-und-mehr"], true), "\u{2026}");
    }
}
