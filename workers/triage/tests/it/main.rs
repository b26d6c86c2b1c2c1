//! What triage knows about a message without a language model.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod intent;
mod labels;
mod language;
