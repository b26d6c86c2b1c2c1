//! One binary that carries every role: the commands and what they share.

pub mod app;
mod bench;
pub mod cli;
mod dead;
mod demo;
pub mod installation;
mod migrate;
mod queues;
mod role;
mod serve;

pub use role::Role;
