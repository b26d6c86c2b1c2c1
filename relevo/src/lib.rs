//! One binary that carries every role: the commands and what they share.

mod alerts;
pub mod app;
mod bench;
pub mod cli;
mod conversation;
mod costs;
mod dead;
mod demo;
mod desk;
pub mod installation;
mod knowledge;
mod means;
mod migrate;
mod queues;
mod role;
mod serve;
mod templates;
mod tickets;

pub use role::Role;
