//! The delivery rules of the gateway, without Workers and without async.
#![forbid(unsafe_code)]
