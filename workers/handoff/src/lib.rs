//! The desk: takes over what the bot should not answer, with an honest word to the customer, and
//! brings back what people answer.
//!
//! - [`Handoff`] decides in the conversation: what goes to a person, what people did, what is due.
//! - [`Desk`] keeps the records of it.
//! - [`notion`] shows the records where people work, and finds what they did there.

mod case;
mod desk;
mod due;
mod mend;
pub mod notion;
mod words;

pub use case::Handoff;
pub use desk::Desk;
pub use due::look_for_ever;
