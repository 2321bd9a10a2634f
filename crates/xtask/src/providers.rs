//! `cargo xtask providers`: the catalogue as a page for people, `crates/hookward/PROVIDERS.md`.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result, bail};
use hookward::scheme::{Encoding, TimeAt, TimeForm};
use hookward::{EventKeyRule, KeyForm, Provider, providers, unsupported};

use crate::checkout::Checkout;
use crate::process::say;

const PAGE: &str = "crates/hookward/PROVIDERS.md";

/// Writes the page.
pub(crate) fn write(checkout: &Checkout) -> Result<()> {
    let page = page(checkout)?;
    fs::write(checkout.path(PAGE), page).with_context(|| format!("{PAGE} cannot be written"))?;
    say(&format!("the catalogue is in {PAGE}"));
    Ok(())
}

/// Holds the page to what the catalogue says.
pub(crate) fn check(checkout: &Checkout) -> Result<()> {
    let found = fs::read_to_string(checkout.path(PAGE)).unwrap_or_default();
    if found != page(checkout)? {
        bail!("{PAGE} is not what the catalogue says; `cargo xtask providers` writes it anew");
    }
    Ok(())
}

fn page(checkout: &Checkout) -> Result<String> {
    let rows: Vec<_> = providers().collect();
    let mut page = format!(
        "# Providers\n\n\
         <!-- Written by `cargo xtask providers` from the catalogue in src/catalog. -->\n\n\
         {} providers that sign with HMAC-SHA256. A provider is always named, never guessed from\n\
         headers: several use the same header for different things.\n\n\
         ## How they sign\n\n\
         `{{signature}}` is the tag, in the encoding named. Header names are compared without regard\n\
         to case. The key is the secret's text as it is shown, unless it says otherwise.\n\n\
         | provider | headers | signature header's value | what is signed | encoding | key | time |\n\
         |---|---|---|---|---|---|---|\n",
        rows.len(),
    );
    for row in &rows {
        let headers: Vec<_> = row.scheme.headers.iter().map(code).collect();
        let other = row
            .scheme
            .other_headers
            .map(|names| format!("; or {}", names.iter().map(code).collect::<Vec<_>>().join(", ")));
        line(
            &mut page,
            &[
                &format!("{} <br> `{}`", row.name, row.id),
                &format!("{}{}", headers.join(", "), other.unwrap_or_default()),
                &code(row.scheme.layout.example()),
                &code(row.scheme.signed.text()),
                match row.scheme.encoding {
                    Encoding::Hex => "hex",
                    Encoding::Base64 => "base64",
                    _ => bail!("{}: an encoding that this page does not know", row.id),
                },
                &key(row)?,
                &time(row)?,
            ],
        );
    }
    page.push_str(
        "\n## What is known of their deliveries\n\n\
         The tolerance is how far the signed time may be from now. The retry horizon is how long the\n\
         provider goes on sending one signature: longer than the tolerance only where the vendor\n\
         documents that retries keep theirs. Duplicates are recognised by what is signed, and by\n\
         nothing else. Types in headers are not signed.\n\n\
         | provider | tolerance | retry horizon | duplicates recognised by | because | type | handshake | facts from | vectors |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in &rows {
        line(
            &mut page,
            &[
                &code(row.id),
                &seconds(row, row.tolerance_s),
                &seconds(row, row.retry_horizon_s),
                &event_key(row)?,
                row.event_key_why,
                &event_type(row),
                row.handshake.as_str(),
                row.source,
                &vectors(checkout, row)?,
            ],
        );
    }
    page.push_str(
        "\n## Known, and not supported\n\n\
         These do not use HMAC-SHA256 over the payload. Naming one gives `unsupported_provider`.\n\n\
         | provider | uses |\n|---|---|\n",
    );
    for other in unsupported() {
        line(&mut page, &[&code(other.id), other.uses]);
    }
    Ok(page)
}

fn line(page: &mut String, cells: &[&str]) {
    // Writing into a string cannot fail.
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn code(text: impl AsRef<str>) -> String {
    format!("`{}`", text.as_ref())
}

fn key(row: &Provider<'_>) -> Result<String> {
    Ok(match row.scheme.key {
        KeyForm::Text => "text".into(),
        KeyForm::Hex => "hex".into(),
        KeyForm::Base64 { prefix: "" } => "base64".into(),
        KeyForm::Base64 { prefix } => format!("base64 after `{prefix}`"),
        _ => bail!("{}: a key form that this page does not know", row.id),
    })
}

fn time(row: &Provider<'_>) -> Result<String> {
    let (form, place) = match row.scheme.time {
        TimeAt::Nowhere => return Ok("none".into()),
        TimeAt::Header(form) => (form, "header".into()),
        TimeAt::Body { pointer, form } => (form, format!("`{pointer}` in the body")),
        _ => bail!("{}: a place of the time that this page does not know", row.id),
    };
    let form = match form {
        TimeForm::Seconds => "Unix seconds",
        TimeForm::Millis => "Unix milliseconds",
        TimeForm::Rfc3339 => "RFC 3339",
        _ => bail!("{}: a form of time that this page does not know", row.id),
    };
    Ok(format!("{form}, {place}"))
}

fn seconds(row: &Provider<'_>, seconds: u32) -> String {
    match (row.scheme.time, seconds) {
        (TimeAt::Nowhere, _) => "no signed time".into(),
        (_, s) if s >= 3600 && s % 3600 == 0 => format!("{} h", s / 3600),
        (_, s) => format!("{s} s"),
    }
}

fn event_key(row: &Provider<'_>) -> Result<String> {
    Ok(match row.event_key {
        EventKeyRule::Header => {
            format!("`{}` header", row.scheme.headers.id.unwrap_or_default())
        }
        EventKeyRule::Pointer(pointer) => format!("`{pointer}` in the body"),
        EventKeyRule::BodyHash => "SHA-256 of the body".into(),
        EventKeyRule::None => "nothing".into(),
        _ => bail!("{}: an event key that this page does not know", row.id),
    })
}

fn event_type(row: &Provider<'_>) -> String {
    match (row.event_type, row.event_type_header) {
        ("", None) => "none".into(),
        ("", Some(header)) => format!("`{header}` header"),
        (pointer, _) => code(pointer),
    }
}

/// Whose the provider's test vectors are.
fn vectors(checkout: &Checkout, row: &Provider<'_>) -> Result<String> {
    let path = checkout.path(&format!("tests/vectors/{}.json", row.id));
    let text = fs::read_to_string(&path).with_context(|| format!("{} has no vectors", row.id))?;
    let cases = text.lines().skip(1);
    let mut by: Vec<_> = cases
        .filter_map(|case| case.split_once(r#""published_by":""#)?.1.split('"').next())
        .collect();
    by.dedup();
    Ok(if by.is_empty() { "ours".into() } else { by.join(", ") })
}
