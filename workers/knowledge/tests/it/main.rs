//! What is read from files, and what is answered from it, on embedded ports.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod answer;
mod calibrate;
mod dense;
mod import;
mod learning;
mod model;
mod outcomes;
mod school;
mod stand;
