#![allow(clippy::unwrap_used)] // A test that can't go on should stop where it is.
#![expect(clippy::disallowed_methods, reason = "tests make up ids and read where the servers are")]

mod admin;
mod customer;
mod identity;
mod outage;
mod ports;
mod proxy;
mod settings;
mod stand;
mod stop;
mod suite;
mod telemetry;
