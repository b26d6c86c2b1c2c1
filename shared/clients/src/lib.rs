//! Typed clients of the outside systems: WhatsApp and the language model.
//!
//! A client turns one call into one typed answer or one typed error, bounds how long that takes,
//! and decides nothing else: what a refusal means for a conversation is its caller's business.

pub mod http;
pub mod model;
pub mod whatsapp;
