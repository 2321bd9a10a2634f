//! Structured logs: one JSON line per outcome, with ids and codes only.
//!
//! Never a secret, a body, a header's value, a URL or a whole source id (it is the ingest URL).

use serde_json::{Map, Value};

/// One line, built up and then written.
pub(crate) struct Line(Map<String, Value>);

/// A line about `event`, such as `ingest` or `attempt`.
pub(crate) fn line(event: &'static str) -> Line {
    let mut fields = Map::new();
    fields.insert("event".into(), Value::from(event));
    Line(fields)
}

impl Line {
    /// Adds one field.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// Writes it as something that is as it should be.
    pub(crate) fn info(self) {
        worker::console_log!("{}", Value::Object(self.0));
    }

    /// Writes it as something an operator should look at.
    pub(crate) fn error(self) {
        worker::console_error!("{}", Value::Object(self.0));
    }
}

/// Writes a line that is made up already.
pub(crate) fn write(line: &str) {
    worker::console_log!("{line}");
}

/// The class of a runtime error: its text may quote a URL, so only its name is logged.
pub(crate) fn class(error: &worker::Error) -> &'static str {
    match error {
        worker::Error::UnknownJsError { .. } | worker::Error::JsError(_) => "js_error",
        worker::Error::SerdeJsonError(_) => "json_error",
        worker::Error::RustError(_) => "internal_error",
        worker::Error::KvError(_) => "kv_error",
        worker::Error::BindingError(_) => "binding_missing",
        worker::Error::RateLimitExceeded(_) => "rate_limited",
        _ => "other",
    }
}
