//! One binary that carries every role: the commands and what they share.

mod alerts;
pub mod app;
mod bench;
pub mod cli;
mod costs;
mod dead;
mod demo;
pub mod installation;
mod knowledge;
mod means;
mod migrate;
mod quality;
mod queues;
mod role;
mod serve;
mod templates;

pub use role::Role;
