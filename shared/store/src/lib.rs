//! What Relevo remembers: the state of conversations, for the length of a conversation, with the
//! rates and blocks that all workers share; and the records of what was said, for good.
//!
//! Two ports, each on servers and embedded, each held by one suite that both implementations
//! pass: [`State`] (Redis, or the embedded file) and [`Records`] (PostgreSQL, or the embedded
//! file). Documents and effects are opaque text here: their meaning is `domain`'s.

pub mod records;
pub mod state;

pub use records::Records;
pub use state::State;
