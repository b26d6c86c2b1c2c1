//! The ledger on embedded ports.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod record;
mod retain;
mod stand;
mod sweep;
