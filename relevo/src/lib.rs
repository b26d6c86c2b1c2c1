//! One binary that carries every role: the commands and what they share.

mod alerts;
pub mod app;
mod backup;
mod bench;
mod businesses;
pub mod cli;
mod conversation;
mod costs;
mod customer;
mod dead;
mod demo;
mod desk;
mod doctor;
pub mod installation;
mod knowledge;
mod means;
mod migrate;
mod model;
mod pause;
mod probe;
mod quality;
mod queues;
mod role;
mod serve;
mod stand_in;
mod status;
mod templates;
mod tickets;

pub use role::Role;
