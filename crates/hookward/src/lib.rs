//! Verify and sign webhooks.
#![no_std]
#![forbid(unsafe_code)]
