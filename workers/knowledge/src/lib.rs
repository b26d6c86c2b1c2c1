//! Answers from the knowledge base, or says that it cannot.
//!
//! What a business knows lies in the records; every process that answers holds an index of it in
//! memory and renews it when the records say that it is old. Without a model an answer is an entry's
//! own text; with one it is the model's words, each proven by a quote of an entry. Nothing is said
//! that nobody wrote.

mod answer;
mod base;
pub mod calibrate;
pub mod check;
mod choice;
mod dense;
pub mod import;
pub mod learn;

pub use answer::Knowledge;
pub use base::{Base, Error};
pub use dense::{BUSINESS, Dense, ENTRY, HASH, Measured, Nearest, measure};
pub use import::import;
pub use retrieval::{Band, Hit, Judgement};
