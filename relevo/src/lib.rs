//! One binary that carries every role: the commands and what they share.

mod alerts;
pub mod app;
mod backup;
mod bench;
pub mod cli;
mod costs;
mod dead;
mod demo;
mod doctor;
pub mod installation;
mod knowledge;
mod means;
mod migrate;
mod pause;
mod queues;
mod role;
mod serve;
mod status;
mod probe;
mod stand_in;
mod templates;

pub use role::Role;
