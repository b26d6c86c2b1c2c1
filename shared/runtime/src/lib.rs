//! The one worker loop: handler, effects, verdict, retry, telemetry, configuration, lifecycle.
//!
//! A worker is a [`Handler`]: one message in, [`Effects`] out. Everything else is here, in one
//! place each: [`worker`] takes and settles, [`commit`](self) makes a decision happen once,
//! [`judge`] turns a failure into a verdict, [`Settings`] reads the environment,
//! [`Lifecycle`] ends a process decently.

pub mod admin;
pub mod business;
mod clock;
mod commit;
mod context;
pub mod customer;
pub mod gate;
mod handler;
mod identity;
pub mod lifecycle;
pub mod metrics;
mod pause;
mod ports;
pub mod process;
pub mod settings;
pub mod telemetry;
pub mod topology;
mod verdict;
mod visit;
pub mod worker;

pub use business::{Business, Businesses};
pub use clock::Clock;
pub use context::Context;
pub use handler::{Effects, Failure, Handler, chain};
pub use lifecycle::Lifecycle;
pub use pause::Pauses;
pub use ports::{Ports, PortsError};
pub use process::{Lags, Process};
pub use settings::Settings;
pub use topology::Lane;
pub use verdict::{Schedule, Verdict, judge};
pub use visit::Visit;
