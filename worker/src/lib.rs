//! The Hookward gateway.
