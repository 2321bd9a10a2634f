//! The ways to cut a signed content into the parts of a scheme, and the requests that claim them.

use base64ct::Encoding as _;
use hookward::scheme::{Encoding, Layout, Part};
use hookward::{Provider, Target};

/// Where everything here is sent.
pub const TARGET: Target<'_> = Target { method: "POST", url: "https://a.example/in?b=%3A%20c" };

/// Its URL, with the escapes undone that `{url_decoded}` undoes.
const DECODED_URL: &str = "https://a.example/in?b=:%20c";

/// A request.
pub struct Claim {
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

/// What a receiver reads out of one signed content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reading {
    pub id: Vec<u8>,
    pub time: Vec<u8>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [id, time, body] = [&self.id, &self.time, &self.body].map(|part| part.escape_ascii());
        write!(f, "id \"{id}\" time \"{time}\" body \"{body}\"")
    }
}

impl Reading {
    /// What this scheme signs of it.
    pub fn content(&self, row: &Provider<'_>) -> Vec<u8> {
        let parts = row.scheme.signed.parts().iter().map(|part| match part {
            Part::Literal(text) => text.as_bytes().to_vec(),
            Part::Method => TARGET.method.into(),
            Part::Url => TARGET.url.into(),
            Part::UrlDecoded => DECODED_URL.into(),
            Part::Id => self.id.clone(),
            Part::Timestamp => self.time.clone(),
            _ => self.body.clone(),
        });
        parts.collect::<Vec<_>>().concat()
    }

    /// The request that claims this under that tag.
    pub fn claim(&self, row: &Provider<'_>, tag: [u8; 32]) -> Claim {
        let tag = match row.scheme.encoding {
            Encoding::Hex => hex::encode(tag),
            _ => base64ct::Base64::encode_string(&tag),
        };
        let signature = match row.scheme.layout {
            Layout::Whole { prefix } => [prefix.as_bytes(), tag.as_bytes()].concat(),
            Layout::List { separator, assign, signature, timestamp, .. } => {
                let time = timestamp.map(|name| [name.as_bytes(), &self.time].join(&assign));
                let tag = [signature, &tag].map(str::as_bytes).join(&assign);
                time.into_iter().chain([tag]).collect::<Vec<_>>().join(&separator)
            }
            _ => unreachable!("there are no other layouts"),
        };
        let names = row.scheme.headers;
        let header = names.signatures().next().expect("there is one");
        let headers = [(header, signature)]
            .into_iter()
            .chain(names.timestamp.map(|name| (name, self.time.clone())))
            .chain(names.id.map(|name| (name, self.id.clone())))
            .map(|(name, value)| (name.to_owned(), value));
        Claim { headers: headers.collect(), body: self.body.clone() }
    }
}

/// Every way to cut `content` into the parts that `row` signs.
pub fn readings(row: &Provider<'_>, content: &[u8]) -> Vec<Reading> {
    let parts = row.scheme.signed.parts();
    let mut all = Vec::new();
    cut(parts, content, &Reading::default(), &mut all);
    all
}

fn cut(parts: &[Part<'_>], content: &[u8], so_far: &Reading, all: &mut Vec<Reading>) {
    let Some((part, rest)) = parts.split_first() else {
        if content.is_empty() {
            all.push(so_far.clone());
        }
        return;
    };
    let fixed = match part {
        Part::Literal(text) => text,
        Part::Method => TARGET.method,
        Part::Url => TARGET.url,
        Part::UrlDecoded => DECODED_URL,
        _ => {
            let from = if rest.is_empty() { content.len() } else { 0 };
            for end in from..=content.len() {
                let (piece, others) = content.split_at(end);
                let mut reading = so_far.clone();
                match part {
                    Part::Id => reading.id = piece.into(),
                    Part::Timestamp if could_be_time(piece) => reading.time = piece.into(),
                    Part::Timestamp => continue,
                    _ => reading.body = piece.into(),
                }
                cut(rest, others, &reading, all);
            }
            return;
        }
    };
    if let Some(others) = content.strip_prefix(fixed.as_bytes()) {
        cut(rest, others, so_far, all);
    }
}

/// Spares most cuts: of other bytes, of more or of fewer, no form of time is made.
fn could_be_time(text: &[u8]) -> bool {
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    let marks = text.iter().filter(|b| b"-:.+TtZz".contains(b)).count();
    digits + marks == text.len() && (1..=40).contains(&digits) && (marks == 0 || digits >= 14)
}
