//! Errors as `application/problem+json` (RFC 9457) with a stable `code`.

use std::borrow::Cow;

pub(crate) use hookward_relay::problem::Problem as Code;
use serde::Serialize;
use worker::{Headers, Response};

/// One problem, as the caller sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    /// For the caller; holds nothing secret.
    pub(crate) detail: Cow<'static, str>,
    header: Option<(&'static str, &'static str)>,
    bodiless: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: Code,
    detail: &'a str,
}

/// Seconds after which a caller may try again what failed for a passing reason.
const RETRY_AFTER_S: &str = "5";

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let header = match code {
            Code::Unauthorized => Some(("www-authenticate", "Bearer")),
            _ if code.status() == 503 => Some(("retry-after", RETRY_AFTER_S)),
            _ => None,
        };
        Self { code, detail: detail.into(), header, bodiless: false }
    }

    /// The same, answered by its status alone.
    pub(crate) fn without_body(self) -> Self {
        Self { bodiless: true, ..self }
    }

    /// 400 `invalid_request`.
    pub(crate) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidRequest, detail)
    }

    /// 405, naming the methods that the path has.
    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        let detail = format!("This path answers to {allow}.");
        let header = Some(("allow", allow));
        Self { header, ..Self::new(Code::MethodNotAllowed, detail) }
    }

    /// 404 for a path that leads nowhere.
    pub(crate) fn no_such_path() -> Self {
        Self::new(Code::NotFound, "There is nothing at this path.")
    }

    /// 404 `unknown_source`.
    pub(crate) fn unknown_source() -> Self {
        Self::new(Code::UnknownSource, "There is no such source.")
    }

    /// 404 `unknown_destination`.
    pub(crate) fn unknown_destination() -> Self {
        Self::new(Code::UnknownDestination, "There is no such destination.")
    }

    /// 404 `unknown_delivery`.
    pub(crate) fn unknown_delivery() -> Self {
        Self::new(Code::UnknownDelivery, "There is no such delivery at this destination.")
    }

    /// 503: the objects did not answer, or not in time.
    pub(crate) fn unavailable() -> Self {
        Self::new(Code::Unavailable, "The gateway's storage did not answer; try again.")
    }

    /// 503: the deployment lacks a binding or a key.
    pub(crate) fn not_configured() -> Self {
        let detail = "A binding of the gateway is missing, or its HOOKWARD_MASTER_KEY (base64 of 32 \
            bytes), or beside several of those HOOKWARD_SOURCE_KEY.";
        Self::new(Code::NotConfigured, detail)
    }

    /// The answer that carries it.
    pub(crate) fn response(&self) -> worker::Result<Response> {
        let status = self.code.status();
        if self.bodiless {
            return Ok(Response::builder().with_status(status).empty());
        }
        let body = Body {
            // What it is, the code says.
            r#type: "about:blank",
            title: self.code.title(),
            status,
            code: self.code,
            detail: &self.detail,
        };
        let headers = Headers::new();
        headers.set("content-type", "application/problem+json")?;
        headers.set("cache-control", "no-store")?;
        if let Some((name, value)) = self.header {
            headers.set(name, value)?;
        }
        let body = serde_json::to_vec(&body)?;
        Ok(Response::builder().with_status(status).with_headers(headers).fixed(body))
    }
}
