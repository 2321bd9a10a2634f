//! Where the objects are: stubs by their names.

use hookward_relay::ids::DestinationId;
use worker::Stub;

use crate::calls::{Call, ask};
use crate::config::{Config, Keys};
use crate::problem::Problem;
use crate::registry;

impl Config {
    /// The derived keys, or the problem that there are none.
    pub(crate) fn keys(&self) -> Result<&Keys, Problem> {
        self.keys.as_ref().ok_or_else(Problem::not_configured)
    }

    /// The one registry.
    pub(crate) fn registry(&self) -> Result<Stub, Problem> {
        let namespace = self.registry.as_ref().ok_or_else(Problem::not_configured)?;
        namespace.get_by_name(registry::NAME).map_err(|_| Problem::unavailable())
    }

    /// The queue of a destination.
    pub(crate) fn queue(&self, id: DestinationId) -> Result<Stub, Problem> {
        let namespace = self.queues.as_ref().ok_or_else(Problem::not_configured)?;
        namespace.get_by_name(&id.to_string()).map_err(|_| Problem::unavailable())
    }

    /// Asks the registry.
    pub(crate) async fn ask_registry<C: Call>(&self, call: &C) -> Result<C::Answer, Problem> {
        ask(&self.registry()?, call).await
    }

    /// Asks the queue of a destination.
    pub(crate) async fn ask_queue<C: Call>(
        &self,
        id: DestinationId,
        call: &C,
    ) -> Result<C::Answer, Problem> {
        ask(&self.queue(id)?, call).await
    }
}
