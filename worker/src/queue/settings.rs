//! The queue's settings: read once, written through, and told to the registry.

use std::rc::Rc;

use hookward_relay::destination::Status;

use super::DestinationQueue;
use super::rows::Settings;
use crate::problem::Problem;
use crate::registry::rows::PutDestination;
use crate::{calls, registry};

impl DestinationQueue {
    /// Tells the registry of a change that a delivery's result made. The sweep does it otherwise.
    pub(super) async fn tell_registry(&self) {
        if !self.changed.replace(false) {
            return;
        }
        let (Ok(Some(settings)), Some(namespace)) = (self.settings(), &self.config.registry) else {
            return;
        };
        if let Ok(stub) = namespace.get_by_name(registry::NAME) {
            let call = PutDestination { row: settings.routing_row(), new: false };
            let _ = calls::ask(&stub, &call).await;
        }
    }

    pub(super) fn settings(&self) -> worker::Result<Option<Rc<Settings>>> {
        if let Some(settings) = self.settings.borrow().as_ref() {
            return Ok(Some(Rc::clone(settings)));
        }
        let settings = self.store.settings()?.map(Rc::new);
        self.settings.replace(settings.clone());
        Ok(settings)
    }

    pub(super) fn put_settings(&self, settings: Settings) -> worker::Result<()> {
        self.store.put_settings(&settings)?;
        self.settings.replace(Some(Rc::new(settings)));
        self.opened.replace(None);
        Ok(())
    }

    pub(super) fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> worker::Result<()> {
        let Some(settings) = self.settings()? else { return Ok(()) };
        let mut settings = Settings::clone(&settings);
        change(&mut settings);
        self.put_settings(settings)
    }

    /// The settings of a destination that is there, deleted or not.
    pub(super) fn known(&self) -> Result<Rc<Settings>, Problem> {
        self.failed(self.settings())?.ok_or_else(Problem::unknown_destination)
    }

    /// The settings of a destination that is not deleted.
    pub(super) fn live(&self) -> Result<Rc<Settings>, Problem> {
        let settings = self.known()?;
        if settings.status == Status::Deleted {
            return Err(Problem::unknown_destination());
        }
        Ok(settings)
    }
}
