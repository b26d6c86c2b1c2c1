//! Processes of every role, and what they and the servers use.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::sleep;

use super::Stage;
use crate::Role;
use crate::bench::subject::{Places, Subject};
use crate::bench::{Bench, machine, program};

/// The servers, by what their processes are called.
const SERVERS: [(&str, &str); 3] =
    [("RabbitMQ", "beam.smp"), ("Redis", "redis-server"), ("PostgreSQL", "postgres")];

pub(super) struct Fleet {
    members: Vec<(Role, Subject)>,
    pub(super) kills: usize,
}

impl Fleet {
    /// One ingress, and so many of each worker.
    pub(super) async fn start(stage: &Bench, each: u32) -> anyhow::Result<Self> {
        let places = Places::Servers { amqp: &stage.servers.amqp };
        let mut members = Vec::new();
        for role in Role::ALL {
            let count = if *role == Role::Ingress { 1 } else { each };
            for _ in 0..count {
                members.push((*role, Subject::start(stage, &[*role], &places).await?));
            }
        }
        Ok(Self { members, kills: 0 })
    }

    /// Role after role loses a process and gets it back, each of its processes in turn; so that each
    /// role loses one as often as this. Ends only when that fails.
    pub(super) async fn is_killed(&mut self, every: Duration) -> anyhow::Error {
        let pause = every / u32::try_from(Role::ALL.len()).unwrap_or(1);
        for round in 0.. {
            for role in Role::ALL {
                sleep(pause).await;
                let of_role = self.members.iter_mut().filter(|(other, _)| other == role);
                let mut of_role: Vec<&mut Subject> = of_role.map(|(_, member)| member).collect();
                let victim = round % of_role.len();
                if let Err(error) = of_role[victim].program.is_killed_and_starts_again() {
                    return error;
                }
                self.kills += 1;
            }
        }
        unreachable!("rounds have no end")
    }

    /// Seconds so far that messages waited for each worker, and that they were worked on.
    pub(super) async fn stages(&self) -> anyhow::Result<BTreeMap<String, Stage>> {
        let mut stages: BTreeMap<String, Stage> = BTreeMap::new();
        for (_, member) in &self.members {
            let metrics = member.metrics().await?;
            for (worker, seconds) in sums(&metrics, "relevo_lag_seconds") {
                stages.entry(worker.to_owned()).or_default().waiting += seconds;
            }
            for (worker, seconds) in sums(&metrics, "relevo_handle_seconds") {
                stages.entry(worker.to_owned()).or_default().at_work += seconds;
            }
        }
        Ok(stages)
    }

    /// Of the largest process of each role, in MB.
    pub(super) fn memory(&self) -> anyhow::Result<BTreeMap<String, f64>> {
        let mut largest: BTreeMap<String, f64> = BTreeMap::new();
        for (role, member) in &self.members {
            let memory = largest.entry(role.name()).or_default();
            *memory = memory.max(member.program.memory()?.peak);
        }
        Ok(largest)
    }
}

/// `name_sum{worker="…"…} …` of each worker.
fn sums<'a>(metrics: &'a str, name: &str) -> impl Iterator<Item = (&'a str, f64)> {
    let begin = format!("{name}_sum{{worker=\"");
    metrics.lines().filter_map(move |line| {
        let (worker, rest) = line.strip_prefix(&begin)?.split_once('"')?;
        let (_, seconds) = rest.split_once("} ")?;
        Some((worker, seconds.parse().ok()?))
    })
}

/// For each of so many turns.
pub(super) fn since(
    before: &BTreeMap<String, Stage>,
    now: &BTreeMap<String, Stage>,
    turns: usize,
) -> BTreeMap<String, Stage> {
    let grown = |(worker, stage): (&String, &Stage)| {
        let before = before.get(worker).copied().unwrap_or_default();
        let stage = Stage {
            waiting: (stage.waiting - before.waiting) / turns as f64,
            at_work: (stage.at_work - before.at_work) / turns as f64,
        };
        (worker.clone(), stage)
    };
    now.iter().map(grown).collect()
}

/// Processor time so far.
pub(super) struct Spent {
    by: BTreeMap<String, Duration>,
    machine: machine::Ticks,
}

impl Spent {
    pub(super) fn so_far(fleet: &Fleet) -> anyhow::Result<Self> {
        let mut by: BTreeMap<String, Duration> = BTreeMap::new();
        for (role, member) in &fleet.members {
            *by.entry(role.name()).or_default() += member.program.processor_time()?;
        }
        for (server, command) in SERVERS {
            by.insert(server.to_owned(), program::processor_time_of_all(command)?);
        }
        by.insert("the load and the sandbox".to_owned(), program::own_processor_time()?);
        let machine = machine::ticks().context("read what the processors did")?;
        Ok(Self { by, machine })
    }

    /// Milliseconds for each of so many turns.
    pub(super) fn since(&self, before: &Self, turns: usize) -> BTreeMap<String, f64> {
        let grown = |(who, now): (&String, &Duration)| {
            let spent = now.checked_sub(*before.by.get(who)?)?;
            Some((who.clone(), spent.as_secs_f64() * 1e3 / turns as f64))
        };
        self.by.iter().filter_map(grown).collect()
    }

    pub(super) fn in_use_since(&self, before: &Self) -> f64 {
        let (now, then) = (&self.machine, &before.machine);
        1.0 - (now.idle - then.idle) / (now.all - then.all)
    }
}
