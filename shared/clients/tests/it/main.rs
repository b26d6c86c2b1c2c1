//! The clients against real servers on the loopback interface, which play what they are told to.
#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod content;
mod download;
mod embedding;
mod files;
mod model;
mod page;
mod perception;
mod server;
mod template;
mod whatsapp;
