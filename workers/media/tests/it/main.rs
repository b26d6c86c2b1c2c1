#![allow(clippy::unwrap_used, reason = "a test that fails should say where")]
//! Files of customers, from a platform and a model that speak real HTTP, through the worker's own
//! queue.

mod pdf;
mod read;
mod stand;
mod unread;
