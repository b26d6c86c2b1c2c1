//! What a customer reads, and what becomes of what the platform refuses.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod arbitrary;
mod compose;
mod limits;
mod render;
mod speech;
mod split;
mod stand;
