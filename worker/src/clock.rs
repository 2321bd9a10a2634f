//! The one clock of the gateway.
//!
//! On Cloudflare it stands still between two awaits on I/O, so it is read on entry and after each
//! of them, and handed on as an argument.

use hookward::UnixSeconds;

/// Milliseconds since 1970, as everything the gateway stores is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub(crate) u64);

impl Millis {
    /// The same instant in whole seconds, as signatures count.
    pub(crate) fn seconds(self) -> UnixSeconds {
        UnixSeconds::new(self.0 / 1000)
    }

    /// The instant `ms` milliseconds later.
    pub(crate) fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// How long ago `earlier` was; 0 when it lies ahead.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Now.
pub(crate) fn now() -> Millis {
    // `Date.now()` is a whole, positive number far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Millis(js_sys::Date::now() as u64)
}

/// `at` as RFC 3339 in UTC with milliseconds, as the API writes every time.
pub(crate) fn rfc3339(at: Millis) -> String {
    let seconds = at.seconds().to_rfc3339();
    let ms = at.0 % 1000;
    match seconds.strip_suffix('Z') {
        Some(rest) => format!("{rest}.{ms:03}Z"),
        None => seconds,
    }
}
