//! What is read from files, and what is answered from it, on embedded ports.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod answer;
mod dense;
mod import;
mod model;
mod stand;
