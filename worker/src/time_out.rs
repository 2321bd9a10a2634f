//! A bound in time on whatever is waited for.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use worker::Delay;

/// What `future` gives within `ms` milliseconds, else `None`. The call behind it is not cancelled,
/// only no longer waited for.
pub(crate) async fn within<F: Future>(ms: u64, future: F) -> Option<F::Output> {
    match select(pin!(future), pin!(Delay::from(Duration::from_millis(ms)))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
