//! What the queue has to say of its own: that its destination has been disabled.
//!
//! It is written down with the change that it is about, and struck out once everybody who listens has
//! it, so that a crash in between only means that it is handed over again.

use hookward_relay::operational::DESTINATION_DISABLED;
use hookward_relay::routing::Origin;

use super::DestinationQueue;
use crate::clock::{self, Millis};
use crate::envelope::Written;
use crate::problem::Problem;
use crate::registry::rows::GetListeners;
use crate::{fan_out, log};

/// The least time from one try to the next.
const TRY_EVERY_MS: u64 = 60_000;

impl DestinationQueue {
    /// After a run: no run may begin meanwhile, so a listener that hangs is not asked again soon.
    pub(super) async fn give_notice_soon(&self) {
        let now = clock::now();
        if now.since(self.notice_tried.get()) >= TRY_EVERY_MS {
            self.give_notice(now).await;
        }
    }

    /// Says what is to be said. What cannot be said now is said by a later run or the next sweep.
    pub(super) async fn give_notice(&self, now: Millis) {
        let Ok(Some(settings)) = self.settings() else { return };
        let Some(notice) = settings.notice else { return };
        self.notice_tried.set(now);
        let id = notice.event_id();
        let outcome = async {
            let call = GetListeners {
                origin: Origin::Hookward.to_string(),
                event_type: DESTINATION_DISABLED.to_owned(),
            };
            let mut listeners = self.config.ask_registry(&call).await?;
            // It could not take it.
            listeners.retain(|listener| listener.id != settings.id);
            let data = notice.data(&settings.name, &settings.origin);
            let data =
                serde_json::value::to_raw_value(&data).map_err(|_| Problem::unavailable())?;
            let written = Written {
                id: &id,
                event_type: DESTINATION_DISABLED,
                created: Millis(notice.at_ms),
                data: &data,
            };
            let frames = fan_out::frames(&written, Origin::Hookward, &notice.key(), &listeners)?;
            let answers = fan_out::ask_listeners(&self.config, &listeners, &frames).await;
            fan_out::outcome(&answers)
        };
        let outcome = outcome.await;
        if outcome.is_ok() {
            let said = self.change_settings(|settings| {
                // Unless there is another to give by now.
                settings.notice = settings.notice.filter(|other| *other != notice);
            });
            if let Err(error) = said {
                self.log_failure("notice", &error);
            }
        }
        log::line("notice")
            .with("destination", settings.id.to_string())
            .with("event_key", hex::encode(notice.key()))
            .with("type", DESTINATION_DISABLED)
            .with("outcome", outcome.unwrap_or_else(|problem| problem.code.as_str()))
            .info();
    }
}
