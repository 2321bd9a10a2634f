//! The queue's lines in the log: what it stored and what it attempted, many to a line, since writing a line
//! takes longer than storing an event.

use std::cell::{Cell, RefCell};

use hookward_relay::ids::DestinationId;
use serde::Serialize;

use crate::log;

/// Entries of one line: a few KB at the most.
const ENTRIES: u32 = 16;

/// An event that was stored.
#[derive(Serialize)]
pub(super) struct Stored<'a> {
    pub(super) event_key: Option<&'a str>,
    pub(super) source: &'a str,
}

/// An attempt that was made.
#[derive(Serialize)]
pub(super) struct Attempted<'a> {
    pub(super) event_key: Option<&'a str>,
    pub(super) delivery: String,
    pub(super) round: u32,
    pub(super) attempt: u32,
    pub(super) outcome: &'a str,
    pub(super) status: Option<u16>,
    pub(super) at_ms: u64,
    pub(super) duration_ms: u64,
    pub(super) delivery_status: Option<&'a str>,
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Journal {
    destination: Cell<Option<DestinationId>>,
    stored: RefCell<Page>,
    attempts: RefCell<Page>,
}

/// Entries of one kind, in JSON, with commas between them.
#[derive(Default)]
struct Page {
    entries: String,
    count: u32,
}

impl Journal {
    pub(super) fn stored(&self, destination: DestinationId, entry: &Stored<'_>) {
        self.destination.set(Some(destination));
        if self.stored.borrow_mut().add(entry) {
            self.write();
        }
    }

    pub(super) fn attempted(&self, destination: DestinationId, entry: &Attempted<'_>) {
        self.destination.set(Some(destination));
        if self.attempts.borrow_mut().add(entry) {
            self.write();
        }
    }

    /// Whether there is anything to write.
    pub(super) fn is_empty(&self) -> bool {
        self.stored.borrow().count == 0 && self.attempts.borrow().count == 0
    }

    /// Writes what there is: what was stored before what was attempted of it.
    pub(super) fn write(&self) {
        let Some(destination) = self.destination.get() else { return };
        for (page, event) in [(&self.stored, "stored"), (&self.attempts, "attempts")] {
            if let Some(line) = page.take().line(event, destination) {
                log::write(&line);
            }
        }
    }
}

impl Page {
    /// Says whether it is full.
    fn add(&mut self, entry: &impl Serialize) -> bool {
        if let Ok(entry) = serde_json::to_string(entry) {
            if self.count > 0 {
                self.entries.push(',');
            }
            self.entries.push_str(&entry);
            self.count = self.count.saturating_add(1);
        }
        self.count >= ENTRIES
    }

    fn line(&self, event: &str, destination: DestinationId) -> Option<String> {
        let Self { entries, count } = self;
        (*count > 0).then(|| {
            format!(r#"{{"event":"{event}","destination":"{destination}","{event}":[{entries}]}}"#)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(entries: u32) -> Page {
        let mut page = Page::default();
        for number in 1..=entries {
            let entry = Stored { event_key: Some(&"f".repeat(64)), source: "src_\"0" };
            assert_eq!(page.add(&entry), number == ENTRIES);
        }
        page
    }

    #[test]
    fn a_line_is_json_and_a_few_kilobytes_long() {
        let destination = DestinationId::new(1, [1; 10]);
        let line = page(ENTRIES).line("stored", destination).unwrap();
        assert!(line.len() < 4096, "{}", line.len());
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["event"], "stored");
        assert_eq!(line["destination"], destination.to_string());
        assert_eq!(line["stored"].as_array().unwrap().len(), ENTRIES as usize);
        assert_eq!(line["stored"][0]["source"], "src_\"0");
    }

    #[test]
    fn nothing_is_no_line() {
        assert!(Page::default().line("stored", DestinationId::new(1, [1; 10])).is_none());
        assert!(Journal::default().is_empty());
    }
}
