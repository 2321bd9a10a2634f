//! A destination's sealed values, under the current master key.

use super::DestinationQueue;
use super::rows::Resealed;
use crate::problem::Problem;
use crate::sealed::{Seal, SealError};

use super::rows::Settings;

impl DestinationQueue {
    /// Repeatable; what is sealed under the current key is left as it is.
    pub(super) fn reseal(&self) -> Result<Resealed, Problem> {
        let settings = self.live()?;
        let Ok(renewed) = renewed(&self.config.keys()?.seal, &settings) else {
            return Ok(Resealed { renewed: 0, failed: 1 });
        };
        let Some(settings) = renewed else { return Ok(Resealed::default()) };
        self.failed(self.put_settings(settings))?;
        Ok(Resealed { renewed: 1, failed: 0 })
    }
}

/// The settings with every value that needs it sealed anew; `None` where none does.
fn renewed(seal: &Seal, settings: &Settings) -> Result<Option<Settings>, SealError> {
    let owner = settings.id.to_string();
    let mut new = settings.clone();
    let mut changed = false;
    let mut renew = |field, sealed: &mut String| {
        if let Some(renewed) = seal.renewed(&owner, field, sealed)? {
            (*sealed, changed) = (renewed, true);
        }
        Ok(())
    };
    renew("url", &mut new.url)?;
    for secret in &mut new.secrets {
        renew("secret", &mut secret.sealed)?;
    }
    if let Some(headers) = &mut new.headers {
        renew("headers", headers)?;
    }
    Ok(changed.then_some(new))
}
