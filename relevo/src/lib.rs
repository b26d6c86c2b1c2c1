//! One binary that carries every role: the commands and what they share.

mod alerts;
pub mod app;
mod backup;
mod bench;
pub mod cli;
mod costs;
mod customer;
mod dead;
mod demo;
mod doctor;
pub mod installation;
mod knowledge;
mod means;
mod migrate;
mod pause;
mod probe;
mod quality;
mod queues;
mod role;
mod serve;
mod stand_in;
mod status;
mod templates;

pub use role::Role;
