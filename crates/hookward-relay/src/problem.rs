//! Every error code of the gateway, with its HTTP status: the `code` and `title` of a problem
//! document (RFC 9457).

words! {
    /// What went wrong, as the answer's `code`.
    ///
    /// The codes that the core gives while verifying are the same strings.
    pub enum Problem {
        // What the core says about a delivery.
        /// The signature header is missing.
        MissingSignature = "missing_signature",
        /// The signature header cannot be read.
        MalformedSignature = "malformed_signature",
        /// The id header is missing.
        MissingId = "missing_id",
        /// The id header cannot be read.
        MalformedId = "malformed_id",
        /// No signature matches.
        SignatureMismatch = "signature_mismatch",
        /// The timestamp is missing.
        MissingTimestamp = "missing_timestamp",
        /// The timestamp cannot be read.
        MalformedTimestamp = "malformed_timestamp",
        /// The timestamp is too far in the past.
        TimestampTooOld = "timestamp_too_old",
        /// The timestamp is too far in the future.
        TimestampInFuture = "timestamp_in_future",
        /// The body is not the provider's envelope.
        MalformedEnvelope = "malformed_envelope",
        /// A header of the scheme is over-long: a signature that cannot be read.
        HeaderTooLarge = "header_too_large",
        /// The body is over-long.
        BodyTooLarge = "body_too_large",
        /// The handshake is not one that may be answered.
        InvalidHandshake = "invalid_handshake",
        /// The handshake brings a secret that nobody waits for.
        HandshakeClosed = "handshake_closed",

        // Ingest.
        /// The source is disabled.
        SourceDisabled = "source_disabled",
        /// The delivery has been through too many gateways.
        LoopDetected = "loop_detected",
        /// A destination's queue has no room.
        QueueFull = "queue_full",
        /// More destinations match than one event may reach.
        TooManyDestinations = "too_many_destinations",
        /// The source's configuration cannot be used.
        SourceMisconfigured = "source_misconfigured",

        // Every route.
        /// No such thing.
        NotFound = "not_found",
        /// No such source.
        UnknownSource = "unknown_source",
        /// No such destination.
        UnknownDestination = "unknown_destination",
        /// No such delivery at the destination.
        UnknownDelivery = "unknown_delivery",
        /// The method is not for this URL.
        MethodNotAllowed = "method_not_allowed",
        /// Something that is needed did not answer.
        Unavailable = "unavailable",
        /// The deployment lacks a binding or a key.
        NotConfigured = "not_configured",

        // The admin API.
        /// No admin token is configured.
        AdminClosed = "admin_closed",
        /// The token is missing or wrong.
        Unauthorized = "unauthorized",
        /// The token may read, and this is no reading.
        ReadOnly = "read_only",
        /// The body is not `application/json`.
        UnsupportedMediaType = "unsupported_media_type",
        /// The body is not JSON.
        MalformedJson = "malformed_json",
        /// A field is missing, unknown, or has a value that is not allowed.
        InvalidRequest = "invalid_request",
        /// The provider's id is unknown.
        UnknownProvider = "unknown_provider",
        /// The provider does not sign with HMAC-SHA256.
        UnsupportedProvider = "unsupported_provider",
        /// The scheme is not one that can be verified.
        InvalidScheme = "invalid_scheme",
        /// No secret was given.
        NoSecret = "no_secret",
        /// More secrets were given than allowed.
        TooManySecrets = "too_many_secrets",
        /// A secret is not in the provider's form.
        MalformedSecret = "malformed_secret",
        /// Tolerance and horizon do not fit what is remembered.
        InvalidPolicy = "invalid_policy",
        /// The destination's URL is not allowed.
        InvalidUrl = "invalid_url",
        /// A custom header is not allowed.
        InvalidHeaders = "invalid_headers",
        /// A query parameter is unknown or has a value that is not allowed.
        InvalidQuery = "invalid_query",
        /// There are as many of these as allowed.
        LimitReached = "limit_reached",
        /// The source has a secret, and none is taken in its place.
        HasSecret = "has_secret",
        /// The delivery is pending.
        DeliveryPending = "delivery_pending",
        /// No such replay at the destination.
        UnknownReplay = "unknown_replay",
        /// A replay of the destination is under way.
        ReplayRunning = "replay_running",
        /// An event is published without an id or `Idempotency-Key`.
        MissingIdempotencyKey = "missing_idempotency_key",
        /// Another event was published under the same id or `Idempotency-Key`.
        IdempotencyConflict = "idempotency_conflict",
        /// The event is longer than a destination's signing profile allows.
        PayloadTooLarge = "payload_too_large",
        /// The destination is disabled.
        DestinationDisabled = "destination_disabled",
    }
}

impl Problem {
    /// The HTTP status. Whatever may pass by itself is a 503, never a 4xx.
    pub const fn status(self) -> u16 {
        match self {
            Self::MalformedEnvelope
            | Self::InvalidHandshake
            | Self::MalformedJson
            | Self::InvalidRequest
            | Self::UnknownProvider
            | Self::UnsupportedProvider
            | Self::InvalidScheme
            | Self::NoSecret
            | Self::TooManySecrets
            | Self::MalformedSecret
            | Self::InvalidPolicy
            | Self::InvalidUrl
            | Self::InvalidHeaders
            | Self::InvalidQuery
            | Self::MissingIdempotencyKey => 400,
            Self::MissingSignature
            | Self::MalformedSignature
            | Self::MissingId
            | Self::MalformedId
            | Self::SignatureMismatch
            | Self::MissingTimestamp
            | Self::MalformedTimestamp
            | Self::TimestampTooOld
            | Self::TimestampInFuture
            | Self::HeaderTooLarge
            | Self::Unauthorized => 401,
            Self::SourceDisabled | Self::HandshakeClosed | Self::AdminClosed | Self::ReadOnly => {
                403
            }
            Self::NotFound
            | Self::UnknownSource
            | Self::UnknownDestination
            | Self::UnknownDelivery
            | Self::UnknownReplay => 404,
            Self::MethodNotAllowed => 405,
            Self::LimitReached
            | Self::HasSecret
            | Self::DeliveryPending
            | Self::ReplayRunning
            | Self::IdempotencyConflict
            | Self::DestinationDisabled => 409,
            Self::BodyTooLarge | Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::QueueFull
            | Self::TooManyDestinations
            | Self::SourceMisconfigured
            | Self::Unavailable
            | Self::NotConfigured => 503,
            Self::LoopDetected => 508,
        }
    }

    /// A short sentence for people, the same for every occurrence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::MissingSignature => "The signature header is missing",
            Self::MalformedSignature => "The signature header cannot be read",
            Self::MissingId => "The id header is missing",
            Self::MalformedId => "The id header cannot be read",
            Self::SignatureMismatch => "No signature matches",
            Self::MissingTimestamp => "The timestamp is missing",
            Self::MalformedTimestamp => "The timestamp cannot be read",
            Self::TimestampTooOld => "The timestamp is too far in the past",
            Self::TimestampInFuture => "The timestamp is too far in the future",
            Self::MalformedEnvelope => "The body is not an event of the provider",
            Self::HeaderTooLarge => "A header is too long",
            Self::BodyTooLarge => "The body is too long",
            Self::InvalidHandshake => "The handshake may not be answered",
            Self::HandshakeClosed => "The source has not been opened for a secret",
            Self::SourceDisabled => "The source is disabled",
            Self::LoopDetected => "The delivery has been through too many gateways",
            Self::QueueFull => "A destination's queue is full; try again later",
            Self::TooManyDestinations => "More destinations match than one event may reach",
            Self::SourceMisconfigured => "The source's configuration cannot be used",
            Self::NotFound => "There is nothing here",
            Self::UnknownSource => "There is no such source",
            Self::UnknownDestination => "There is no such destination",
            Self::UnknownDelivery => "There is no such delivery",
            Self::MethodNotAllowed => "The method is not allowed here",
            Self::Unavailable => "The gateway cannot take this now; try again later",
            Self::NotConfigured => "The gateway is not set up",
            Self::AdminClosed => "The admin API is closed: no token is configured",
            Self::Unauthorized => "The admin token is missing or wrong",
            Self::ReadOnly => "The token is for reading only",
            Self::UnsupportedMediaType => "The body must be application/json",
            Self::MalformedJson => "The body is not JSON",
            Self::InvalidRequest => "The request is not valid",
            Self::UnknownProvider => "The provider is unknown",
            Self::UnsupportedProvider => "The provider does not sign with HMAC-SHA256",
            Self::InvalidScheme => "The scheme cannot be verified",
            Self::NoSecret => "At least one secret is needed",
            Self::TooManySecrets => "There are too many secrets",
            Self::MalformedSecret => "A secret is not in the provider's form",
            Self::InvalidPolicy => "Tolerance and retry horizon are too long",
            Self::InvalidUrl => "The URL is not allowed",
            Self::InvalidHeaders => "The headers are not allowed",
            Self::InvalidQuery => "The query is not valid",
            Self::LimitReached => "There are as many as allowed",
            Self::HasSecret => "The source has a secret already",
            Self::DeliveryPending => "The delivery is pending",
            Self::UnknownReplay => "There is no such replay",
            Self::ReplayRunning => "A replay is under way",
            Self::MissingIdempotencyKey => "An id or an Idempotency-Key is needed",
            Self::IdempotencyConflict => "The key was used for another event",
            Self::PayloadTooLarge => "The event is too long for a destination",
            Self::DestinationDisabled => "The destination is disabled",
        }
    }

    /// The problem of a core error while a delivery is verified.
    ///
    /// `code` is `hookward::Error::code()`. What is wrong with the delivery is the provider's
    /// (4xx); what is wrong with the source's configuration is ours and may be mended (503), and
    /// so is a code that this gateway does not know.
    pub fn of_delivery(code: &str) -> Self {
        match Self::parse(code) {
            Some(problem) if problem.is_about_a_delivery() => problem,
            _ => Self::SourceMisconfigured,
        }
    }

    /// The problem of a core error while a source is made or changed by the admin API.
    pub fn of_configuration(code: &str) -> Self {
        match Self::parse(code) {
            Some(problem) if problem.is_about_a_configuration() => problem,
            _ => Self::InvalidRequest,
        }
    }

    const fn is_about_a_delivery(self) -> bool {
        matches!(
            self,
            Self::MissingSignature
                | Self::MalformedSignature
                | Self::MissingId
                | Self::MalformedId
                | Self::SignatureMismatch
                | Self::MissingTimestamp
                | Self::MalformedTimestamp
                | Self::TimestampTooOld
                | Self::TimestampInFuture
                | Self::MalformedEnvelope
                | Self::HeaderTooLarge
                | Self::BodyTooLarge
                | Self::InvalidHandshake
                | Self::HandshakeClosed
        )
    }

    const fn is_about_a_configuration(self) -> bool {
        matches!(
            self,
            Self::UnknownProvider
                | Self::UnsupportedProvider
                | Self::InvalidScheme
                | Self::NoSecret
                | Self::TooManySecrets
                | Self::MalformedSecret
                | Self::InvalidPolicy
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookward::Error;

    /// Every error of the core, with the status at ingest.
    fn core_errors() -> Vec<(Error<'static>, u16)> {
        let header = "X-Sig";
        vec![
            (Error::UnknownProvider, 503),
            (Error::UnsupportedProvider { uses: "" }, 503),
            (Error::InvalidScheme { part: "", fault: "" }, 503),
            (Error::NoSecret, 503),
            (Error::TooManySecrets { found: 9, most: 8 }, 503),
            (Error::MalformedSecret { fault: "" }, 503),
            (Error::InvalidPolicy { rule: "" }, 503),
            (Error::MissingSignature { header, sibling: None }, 401),
            (Error::MalformedSignature { header, fault: "", sibling: None }, 401),
            (Error::MissingId { header }, 401),
            (Error::MalformedId { header, fault: "" }, 401),
            (Error::SignatureMismatch { signatures: 1, secrets: 1 }, 401),
            (Error::MissingTimestamp { at: header }, 401),
            (Error::MalformedTimestamp { at: header, expected: "" }, 401),
            (Error::TimestampTooOld { age_s: 301, most_s: 300 }, 401),
            (Error::TimestampInFuture { ahead_s: 301, tolerance_s: 300 }, 401),
            (Error::HeaderTooLarge { header, unit: "", found: 2, most: 1 }, 401),
            (Error::BodyTooLarge { found: 2, most: 1 }, 413),
            (Error::MalformedEnvelope { fault: "" }, 400),
            (Error::InvalidHandshake { fault: "" }, 400),
            (Error::HandshakeClosed, 403),
            // The URL that is signed is the source's own to say.
            (Error::InvalidTarget { fault: "" }, 503),
            // Of signing and of the guard, which ingest does neither.
            (Error::UnwritableHeader { header }, 503),
            (Error::DuplicateEvent, 503),
        ]
    }

    #[test]
    fn only_what_is_wrong_with_a_delivery_is_a_4xx_at_ingest() {
        for (error, status) in core_errors() {
            let problem = Problem::of_delivery(error.code());
            assert_eq!(problem.status(), status, "{error:?}");
            if problem.status() < 500 {
                assert_eq!(problem.as_str(), error.code());
            }
        }
        // A code from a newer core, and one of the gateway's own.
        assert_eq!(Problem::of_delivery("something_new"), Problem::SourceMisconfigured);
        assert_eq!(Problem::of_delivery("unauthorized"), Problem::SourceMisconfigured);
    }

    #[test]
    fn what_is_wrong_with_a_configuration_is_the_callers() {
        for (error, at_ingest) in core_errors() {
            let problem = Problem::of_configuration(error.code());
            assert_eq!(problem.status(), 400, "{error:?}");
            let of_neither = matches!(
                error,
                Error::DuplicateEvent
                    | Error::UnwritableHeader { .. }
                    | Error::InvalidTarget { .. }
            );
            if at_ingest == 503 && !of_neither {
                assert_eq!(problem.as_str(), error.code());
            }
        }
    }

    #[test]
    fn every_code_is_a_stable_word_with_a_status_and_a_title() {
        for problem in Problem::ALL {
            assert_eq!(Problem::parse(problem.as_str()), Some(*problem));
            assert!(problem.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            assert!((400..=599).contains(&problem.status()));
            assert!(!problem.title().is_empty() && !problem.title().ends_with('.'));
        }
    }

    #[test]
    fn what_may_pass_is_a_503() {
        for problem in [
            Problem::QueueFull,
            Problem::Unavailable,
            Problem::SourceMisconfigured,
            Problem::TooManyDestinations,
            Problem::NotConfigured,
        ] {
            assert_eq!(problem.status(), 503);
        }
    }
}
