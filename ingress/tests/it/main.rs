#![allow(clippy::unwrap_used, reason = "a test may")]
#![allow(clippy::disallowed_methods, reason = "only tests know where their servers are")]

mod alerts;
mod arbitrary;
mod batch;
mod calls;
mod handshake;
mod history;
mod logs;
mod outage;
mod stand;
mod translation;
