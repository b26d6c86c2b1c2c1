//! What a customer reads: Markdown in WhatsApp's own mark-up, in parts that fit.

mod render;
mod split;
