//! Rates that all processes share: what a handler passes through [`Context::state`](crate::Context::state).

pub use store::state::{Limit, Pass};
