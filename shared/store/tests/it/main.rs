//! What the two ports promise, on every implementation. Needs the servers of `scripts/test`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[macro_use]
mod servers;

mod cluster;
mod erasure;
mod gate;
mod history;
mod knowledge;
mod learning;
mod migration;
mod outage;
mod records;
mod redis_server;
mod state;
mod vectors;
mod volatile;
mod whatsapp;
