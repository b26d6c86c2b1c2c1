//! Ids, messages, the conversation and its rules: no I/O, no async, no clock.
//!
//! Everything that Relevo decides about a conversation is decided here, by pure functions of a
//! [`Conversation`], an input and a time. The workers do I/O around these rules; they add none.

pub mod content;
pub mod conversation;
mod customer;
mod envelope;
mod id;
pub mod message;
mod time;

pub use content::Content;
pub use conversation::{Conversation, Effect, Rules};
pub use customer::{Channel, Customer, Language};
pub use envelope::{Envelope, Error};
pub use id::{BusinessId, ConversationId, MessageId, TicketId, TurnId};
pub use message::{Body, Kind, Outcome};
pub use time::Timestamp;
