//! The sources' sealed values, under the current master key.

use super::failed;
use super::rows::{ResealSources, SourceRow};
use super::store::Store;
use crate::problem::Problem;
use crate::queue::rows::Resealed;
use crate::sealed::{Seal, SealError};

/// A page of sources; repeatable, and what is sealed under the current key is left as it is.
pub(super) fn reseal(
    store: &Store,
    seal: &Seal,
    call: &ResealSources,
) -> Result<(Resealed, Option<u64>), Problem> {
    let page = failed(store.sources(call.after, call.limit))?;
    let mut done = Resealed::default();
    for mut row in page.rows {
        match renew(seal, &mut row) {
            Ok(false) => {}
            Ok(true) => {
                failed(store.put_source(&row))?;
                done.renewed = done.renewed.saturating_add(1);
            }
            Err(_) => done.failed = done.failed.saturating_add(1),
        }
    }
    Ok((done, page.next))
}

fn renew(seal: &Seal, row: &mut SourceRow) -> Result<bool, SealError> {
    let owner = row.id.to_string();
    let secrets = row.secrets.iter_mut().map(|secret| ("secret", &mut secret.sealed));
    let token = row.verify_token.iter_mut().map(|token| ("verify_token", token));
    let mut changed = false;
    for (field, sealed) in secrets.chain(token) {
        if let Some(renewed) = seal.renewed(&owner, field, sealed)? {
            (*sealed, changed) = (renewed, true);
        }
    }
    Ok(changed)
}
