#![allow(clippy::unwrap_used)] // A test that can't go on should stop where it is.
#![expect(clippy::disallowed_methods, reason = "tests make up ids and measure real time")]

mod embedded;
mod load;
mod proxy;
mod rabbitmq;
mod server;
mod stand;
mod suite;
