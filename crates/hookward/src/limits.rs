//! Every cap, with its reason. Those on the body, the headers, the signatures and the secrets are
//! checked before anything is decoded or hashed; the others bound what is read afterwards.

/// Largest body, in bytes (1 MiB). The largest documented payload of a provider in the catalogue is
/// far below; a receiver that buffers more is a target for memory exhaustion.
pub const BODY_BYTES: usize = 1024 * 1024;

/// Largest value of a header that a scheme reads, in bytes. Room for [`SIGNATURES`] base64 or hex
/// tags with their labels, and little else.
pub const HEADER_BYTES: usize = 2048;

/// Most signatures in one header. Providers send two during a rotation; Standard Webhooks senders
/// may send one for each key still valid.
pub const SIGNATURES: usize = 16;

/// Most headers that can hold a signature of one delivery: one for each key that is valid.
pub const SIGNATURE_HEADERS: usize = 5;

/// Longest URL that a scheme signs, in bytes.
pub const URL_BYTES: usize = 2048;

/// Longest method that a scheme signs, in bytes.
pub const METHOD_BYTES: usize = 16;

/// Most secrets tried for one delivery. Each costs one HMAC over the body.
pub const SECRETS: usize = 8;

/// Longest secret, in bytes of its text. Longer than any provider's, shorter than a pasted key file.
pub const SECRET_BYTES: usize = 512;

/// Longest event id, in bytes after unescaping. A longer one is not taken as the event key.
pub const ID_BYTES: usize = 256;

/// Deepest nesting of a JSON body that is read as an envelope, the object at the top included.
pub const JSON_DEPTH: u32 = 128;

/// Longest tolerance, in seconds (one day). More would not be a replay window any longer.
pub const TOLERANCE_S: u32 = 24 * 60 * 60;

/// Most digits of a numeric timestamp: 13 holds milliseconds until the year 2286, and cannot
/// overflow 64 bits.
pub const TIMESTAMP_DIGITS: usize = 13;
