//! Finds the entry that answers a question, and says how sure it is.
//!
//! An [`Index`] holds entries: questions with answers, and passages of documents. It needs no
//! model: words are folded, stemmed and corrected, a [`Thesaurus`] says which mean the same, and a
//! small classifier learns from the questions that were asked. [`Index::judge`] puts a question
//! into one of three bands; a business's own outcomes decide where they begin ([`Calibration`]).
//!
//! Pure: no I/O, no async, no clock. The same calls in the same order give the same answers.

mod calibration;
mod classifier;
mod confidence;
mod dense;
mod entry;
mod index;
mod judge;
mod kind;
pub mod quality;
mod query;
mod random;
mod reuse;
mod search;
mod support;
mod text;
pub mod thesaurus;

pub use calibration::{Calibration, Label};
pub use confidence::{Features, train_confidence};
pub use dense::{Probe, probe_weight};
pub use entry::{Entry, Hit};
pub use index::Index;
pub use judge::{Band, Judgement};
pub use search::{Near, Nearness};
pub use support::support;
pub use thesaurus::Thesaurus;
