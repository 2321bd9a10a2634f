//! The fields of a source, as a request gives them.

use hookward::{Handshake, Provider, Secret};
use hookward_relay::ids::SourceId;

use super::fields::{Fields, required};
use super::query;
use crate::problem::{Code, Problem};
use crate::registry::rows::SourceRow;
use crate::registry::secrets::{SecretRow, Validity};
use crate::registry::sender::{OwnScheme, Sender, brings_secret};
use crate::sealed::Seal;

/// The longest id in the catalogue is far shorter.
const PROVIDER_BYTES: usize = 64;

/// A column of a scheme; the core has shorter caps of its own.
const COLUMN_BYTES: usize = 512;

/// What is typed into a provider's form beside the URL.
const VERIFY_TOKEN_BYTES: usize = 256;

/// From here on it is not seconds that are counted.
const SECONDS_MAX: u64 = 100_000_000_000;

/// `provider` or `scheme`.
pub(super) fn sender(fields: &mut Fields) -> Result<Sender, Problem> {
    let provider = fields.string("provider", PROVIDER_BYTES)?;
    let scheme = fields.object("scheme", "scheme.")?;
    match (provider, scheme) {
        (Some(id), None) => Ok(Sender::Provider(id)),
        (None, Some(mut columns)) => {
            let column = |name: &'static str| match name {
                "tolerance" | "horizon" => columns.string_or_number(name),
                _ => columns.string(name, COLUMN_BYTES),
            };
            let scheme = OwnScheme::take(column)?;
            columns.finish()?;
            Ok(Sender::Scheme(Box::new(scheme)))
        }
        (None, None) => Err(Problem::invalid("\"provider\" or \"scheme\" is missing.")),
        (Some(_), Some(_)) => {
            Err(Problem::invalid("Give either \"provider\" or \"scheme\", not both."))
        }
    }
}

/// What a new source of `provider` must have: a secret, unless one arrives by its handshake.
pub(super) fn first_secrets(
    fields: &mut Fields,
    provider: &Provider<'_>,
    sealing: Sealing<'_>,
) -> Result<Vec<SecretRow>, Problem> {
    match secrets(fields, provider, sealing)? {
        None if brings_secret(provider) => Ok(Vec::new()),
        given => required("secrets", given),
    }
}

/// The secrets of a request, each readable for `provider`, and sealed.
pub(super) fn secrets(
    fields: &mut Fields,
    provider: &Provider<'_>,
    sealing: Sealing<'_>,
) -> Result<Option<Vec<SecretRow>>, Problem> {
    let most = hookward::limits::SECRETS;
    let Some(list) = fields.objects("secrets", most, "secrets.", "secret")? else {
        return Ok(None);
    };
    if list.is_empty() && !brings_secret(provider) {
        return Err(Problem::invalid(format!("\"secrets\" must be a list of 1 to {most}.")));
    }
    let secret = |mut one: Fields| {
        let text = one.string("secret", hookward::limits::SECRET_BYTES)?;
        let text = required("secrets.secret", text)?;
        Secret::parse(provider, &text).map_err(|error| configuration(&error))?;
        let validity = Validity {
            not_before_s: seconds_since_1970(&mut one, "not_before")?,
            not_after_s: seconds_since_1970(&mut one, "not_after")?,
        };
        one.finish()?;
        if let Validity { not_before_s: Some(from), not_after_s: Some(to) } = validity
            && to < from
        {
            return Err(Problem::invalid("A secret's \"not_after\" is before its \"not_before\"."));
        }
        Ok(SecretRow { sealed: sealing.seal("secret", &text)?, validity })
    };
    list.into_iter().map(secret).collect::<Result<_, _>>().map(Some)
}

/// The URL that the provider signs, as it is registered there.
pub(super) fn signed_url(
    fields: &mut Fields,
    provider: &Provider<'_>,
) -> Result<Option<String>, Problem> {
    let Some(url) = fields.string("signed_url", hookward::limits::URL_BYTES)? else {
        return Ok(None);
    };
    if !provider.scheme.signed.needs_target() {
        return Err(Problem::invalid("\"signed_url\": this provider does not sign its URL."));
    }
    let of_web = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
    if !of_web || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid("\"signed_url\" must be an https URL in visible ASCII."));
    }
    Ok(Some(url))
}

/// What the provider's handshake has to bring along, sealed.
pub(super) fn verify_token(
    fields: &mut Fields,
    provider: &Provider<'_>,
    sealing: Sealing<'_>,
) -> Result<Option<String>, Problem> {
    let Some(token) = fields.string("verify_token", VERIFY_TOKEN_BYTES)? else { return Ok(None) };
    if provider.handshake != Handshake::Meta {
        return Err(Problem::invalid("\"verify_token\": this provider has none."));
    }
    sealing.seal("verify_token", &token).map(Some)
}

/// Any number of seconds; whether it makes sense is the policy's to say.
pub(super) fn seconds(fields: &mut Fields, name: &str) -> Result<Option<u32>, Problem> {
    fields.number(name, 1, u32::MAX)
}

/// Seals what belongs to one source.
#[derive(Clone, Copy)]
pub(super) struct Sealing<'a> {
    pub(super) seal: &'a Seal,
    pub(super) id: SourceId,
}

impl Sealing<'_> {
    fn seal(self, field: &str, text: &str) -> Result<String, Problem> {
        let sealed = self.seal.seal(&self.id.to_string(), field, text.as_bytes());
        sealed.map_err(|_| Problem::unavailable())
    }
}

fn seconds_since_1970(fields: &mut Fields, name: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = fields.string_or_number(name)? else { return Ok(None) };
    query::time_ms(&text)
        .map(|ms| ms / 1000)
        .filter(|seconds| *seconds < SECONDS_MAX)
        .map(Some)
        .ok_or_else(|| Problem::invalid(query::time_wanted(name)))
}

pub(super) fn configuration(error: &hookward::Error<'_>) -> Problem {
    Problem::new(Code::of_configuration(error.code()), format!("Refused: {error}."))
}

/// The provider of a stored source, which was checked when it was made.
pub(super) fn resolved(row: &SourceRow) -> Result<crate::registry::sender::Resolved<'_>, Problem> {
    row.sender.resolve().map_err(|error| configuration(&error))
}
