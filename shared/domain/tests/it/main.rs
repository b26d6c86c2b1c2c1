#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod fragments;
mod histories;
mod masking;
mod messages;
mod rules;
mod size;
mod steps;
mod world;
