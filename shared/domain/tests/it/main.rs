#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod chat;
mod corrections;
mod desk;
mod fragments;
mod histories;
mod masking;
mod media;
mod merging;
mod messages;
mod postponing;
mod rules;
mod size;
mod steps;
mod unasked;
mod world;
