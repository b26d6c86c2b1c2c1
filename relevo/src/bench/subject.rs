//! Relevo itself as it is measured: `relevo serve` in a process of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use runtime::Settings;
use tokio::time::{Instant, sleep};

use super::program::{self, Program};
use super::{Bench, load, webhook};
use crate::Role;
use crate::installation::{self, Plan, free_address};

/// A turn is decided as soon as it opens, so that no gathering is measured; and nothing is overdue
/// within a run, so that no round does another's work.
const BUSINESS: &str = r#"
name = "Ferretería Andina"
[limits]
pause_ms = 0
overdue_seconds = 7200
"#;
const START_LIMIT: Duration = Duration::from_secs(60);

pub(super) struct Subject {
    pub(super) program: Program,
    pub(super) listen: SocketAddr,
    admin: SocketAddr,
}

/// Where a subject keeps its things.
pub(super) enum Places<'a> {
    /// RabbitMQ at this address, Redis and PostgreSQL.
    Servers { amqp: &'a str },
    /// The embedded file in this folder.
    Embedded { folder: PathBuf },
}

impl Subject {
    /// Starts these roles (none: all) and waits until they are ready.
    pub(super) async fn start(
        bench: &Bench,
        only: &[Role],
        places: &Places<'_>,
    ) -> anyhow::Result<Self> {
        let (listen, admin) = (free_address(), free_address());
        let mut plan = at(bench, places);
        let addresses = [("RELEVO_LISTEN", listen), ("RELEVO_ADMIN_LISTEN", admin)];
        let addresses = addresses.map(|(name, address)| (name.to_owned(), address.to_string()));
        plan.environment.extend(addresses);
        let folder = bench.folder.path();
        // Checked here, where it is said what is wrong.
        installation::settings(&plan, folder, &bench.sandbox)?;
        let mut command = program::ourselves()?;
        command.arg("serve");
        for role in only {
            command.args(["--only", &role.name()]);
        }
        command.envs(installation::environment(&plan, folder, &bench.sandbox));
        let log = folder.join(format!("relevo-{}.log", admin.port()));
        let program = Program::start(command, &log)?;
        let mut subject = Self { program, listen, admin };
        subject.until_ready().await.context("start relevo serve")?;
        if only.is_empty() || only.contains(&Role::Ingress) {
            bench.sandbox.set_webhook_url(&format!("http://{listen}{}", webhook::PATH))?;
        }
        Ok(subject)
    }

    /// How many deliveries its workers have handled so far.
    pub(super) async fn handled(&self) -> anyhow::Result<f64> {
        let metrics = self.metrics().await?;
        let counters = metrics.lines().filter(|line| line.starts_with("relevo_messages_total{"));
        Ok(counters.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// As Prometheus would read them.
    pub(super) async fn metrics(&self) -> anyhow::Result<String> {
        load::get(self.admin, "/metrics").await
    }

    async fn until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while load::get(self.admin, "/readyz").await.is_err() {
            self.program.still_runs()?;
            ensure!(Instant::now() < deadline, "not ready within {START_LIMIT:?}");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Bench {
    /// As a process in these places reads them.
    pub(super) fn settings(&self, places: &Places<'_>) -> anyhow::Result<Settings> {
        installation::settings(&at(self, places), self.folder.path(), &self.sandbox)
    }
}

/// Without what a measurement is about, a turn costs what Relevo costs.
pub(super) fn plan() -> Plan {
    Plan { business: BUSINESS.to_owned(), ..Plan::default() }
}

fn at(bench: &Bench, places: &Places<'_>) -> Plan {
    let environment: Vec<(&str, String)> = match places {
        Places::Servers { amqp } => vec![
            ("RELEVO_BROKER_URL", (*amqp).to_owned()),
            ("RELEVO_STATE_URL", bench.servers.redis.clone()),
            ("RELEVO_DATABASE_URL", bench.servers.postgres.clone()),
        ],
        Places::Embedded { folder } => vec![("RELEVO_DATA_DIR", folder.display().to_string())],
    };
    let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value));
    Plan { environment: environment.collect(), ..bench.plan.clone() }
}
