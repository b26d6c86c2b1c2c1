//! Typed clients of the outside systems: WhatsApp, the language model, the store of files, and pages
//! that an operator names.
//!
//! A client turns one call into one typed answer or one typed error, bounds how long that takes,
//! and decides nothing else: what a refusal means for a conversation is its caller's business.

pub mod files;
pub mod http;
pub mod model;
pub mod page;
pub mod whatsapp;
