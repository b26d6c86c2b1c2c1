//! The roles of one process, wired to their ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use clients::model::Model;
use ledger::SweepRules;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::admin::Needs;
use runtime::lifecycle::Ended;
use runtime::settings::Place;
use runtime::{
    Clock, Handler, Lane, Lifecycle, Ports, Process, Settings, admin, metrics, topology, worker,
};
use store::records::Connections;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::error;

use crate::means::Means;
use crate::role::Role;
use crate::{model, queues};

/// A running process.
#[derive(Debug)]
pub struct App {
    /// Where webhooks come in, when this process has that role.
    pub listen: Option<SocketAddr>,
    pub admin: SocketAddr,
    pub lifecycle: Lifecycle,
    needs: Needs,
    admin_server: JoinHandle<()>,
}

impl App {
    /// Connects, binds and starts the roles. What can't be had fails here, before anything runs
    /// (test `a_process_whose_port_is_taken_says_so_and_ends`).
    pub async fn start(
        settings: Settings,
        roles: &[Role],
        clock: Clock,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        let sweep = SweepRules::for_businesses(&settings.businesses);
        Self::start_with(settings, roles, clock, metrics, sweep).await
    }

    /// The same with other rules for the sweep.
    pub async fn start_with(
        settings: Settings,
        roles: &[Role],
        clock: Clock,
        metrics: Option<PrometheusHandle>,
        sweep: SweepRules,
    ) -> anyhow::Result<Self> {
        let means = Means::prepare(&settings)?;
        let needs = connect(&settings, roles, clock.clone()).await?;
        let (admin_listener, admin) = bind(settings.admin_listen).await?;
        let (webhooks, listen) = match roles.contains(&Role::Ingress) {
            true => bind(settings.listen).await.map(|(one, bound)| (Some(one), Some(bound)))?,
            false => (None, None),
        };
        for role in roles {
            metrics::role_runs(role.name(), env!("CARGO_PKG_VERSION"));
        }
        let lifecycle = Lifecycle::new();
        let router = admin::router(needs.clone(), lifecycle.clone(), metrics);
        let admin_server =
            tokio::spawn(async move { drop(axum::serve(admin_listener, router).await) });
        let app = Self { listen, admin, lifecycle, needs, admin_server };
        if let Some(listener) = webhooks {
            app.take_webhooks(listener, &settings, clock);
        }
        if let Needs::Everything(ports) = &app.needs {
            let pauses = ports.pauses.clone();
            // Before anything is taken.
            pauses.look(&ports.state).await;
            app.lifecycle.spawn(pauses.keep_up(ports.state.clone(), app.lifecycle.clone()));
            if let (Some(settings), Some(client)) = (&settings.model, &means.model) {
                model::show_prices(settings);
                app.lifecycle.spawn(model::watch_breakers(client.clone(), app.lifecycle.clone()));
            }
            // Each once, however often it was named.
            let roles: Vec<Role> =
                Role::ALL.iter().copied().filter(|role| roles.contains(role)).collect();
            for role in &roles {
                app.start_role(*role, ports, &means, &sweep);
            }
            app.say_how_it_is(&roles, ports.clone(), means.model);
        }
        Ok(app)
    }

    /// What it handles messages with.
    ///
    /// # Panics
    /// In a process that only takes webhooks.
    pub fn ports(&self) -> &Ports {
        match &self.needs {
            Needs::Everything(ports) => ports,
            Needs::Broker(_) => panic!("a process that only takes webhooks has no stores"),
        }
    }

    fn start_role(&self, role: Role, ports: &Ports, means: &Means, sweep: &SweepRules) {
        let Ports { broker, records, businesses, clock, .. } = ports.clone();
        let Means { model, vector_store, channels, files, desks } = means.clone();
        match role {
            // It takes webhooks already.
            Role::Ingress => {}
            Role::Triage => {
                let triage = triage::Triage::new(&businesses, model);
                self.work(ports, triage, &[topology::TRIAGE, topology::TRIAGE_DECIDE]);
            }
            Role::Media => {
                let lifecycle = self.lifecycle.clone();
                let sweep = media::sweep_for_ever(files.clone(), businesses, clock, lifecycle);
                self.lifecycle.spawn(sweep);
                self.work(ports, media::Media::new(channels, model, files), &[topology::MEDIA]);
            }
            Role::Knowledge => {
                let knowledge =
                    knowledge::Knowledge::new(&businesses, records, model, vector_store);
                self.lifecycle.spawn(knowledge.clone().stay_fresh(self.lifecycle.clone()));
                let (learning, outcomes) = knowledge.learning();
                let lifecycle = self.lifecycle.clone();
                let tend = knowledge::learn::tend(learning.clone(), ports.clone(), lifecycle);
                self.lifecycle.spawn(tend);
                self.work(ports, knowledge, &[topology::KNOWLEDGE]);
                self.work(ports, learning, &[topology::KNOWLEDGE_LEARNING]);
                self.work(ports, outcomes, &[topology::KNOWLEDGE_OUTCOMES]);
            }
            Role::Handoff => {
                let lanes = [topology::HANDOFF, topology::HANDOFF_PEOPLE, topology::HANDOFF_ACTS];
                self.work(ports, handoff::Handoff::new(records.clone()), &lanes);
                let changed = Arc::new(Notify::new());
                let desk = handoff::Desk::new(records, Arc::clone(&changed));
                self.work(ports, desk, &[topology::HANDOFF_DESK, topology::HANDOFF_RECEIPTS]);
                let desks = handoff::notion::Desks::new(ports.clone(), files, desks, changed);
                let lifecycle = || self.lifecycle.clone();
                self.work(
                    ports,
                    handoff::notion::Answers::new(desks.clone()),
                    &[topology::HANDOFF_ANSWERS],
                );
                self.lifecycle.spawn(handoff::look_for_ever(ports.clone(), lifecycle()));
                self.lifecycle.spawn(handoff::notion::show_for_ever(desks.clone(), lifecycle()));
                self.lifecycle.spawn(handoff::notion::poll_for_ever(desks, lifecycle()));
            }
            Role::Outbound => {
                let outbound = outbound::Outbound::new(channels, files);
                let lanes =
                    [topology::OUTBOUND, topology::OUTBOUND_PRESENCE, topology::OUTBOUND_RECEIPTS];
                self.work(ports, outbound, &lanes);
            }
            Role::Ledger => {
                self.work(
                    ports,
                    ledger::Ledger::new(records),
                    &[topology::LEDGER, topology::LEDGER_RECEIPTS, topology::LEDGER_HISTORY],
                );
                let lifecycle = || self.lifecycle.clone();
                let sweep = ledger::sweep_for_ever(ports.clone(), sweep.clone(), lifecycle());
                self.lifecycle.spawn(sweep);
                self.lifecycle.spawn(ledger::retain_for_ever(ports.clone(), lifecycle()));
                // Not in every process: one is enough to see how much waits.
                self.lifecycle.spawn(queues::watch(broker, self.lifecycle.clone()));
            }
        }
    }

    fn say_how_it_is(&self, roles: &[Role], ports: Ports, model: Option<Model>) {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let process = Process {
            host: host.trim().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            roles: roles.iter().map(|role| role.name()).collect(),
            lag_ms: BTreeMap::new(),
            open_breakers: Vec::new(),
        };
        let breakers = move || {
            let uses = model.iter().flat_map(Model::left_alone);
            uses.filter_map(|(task, is_left_alone)| is_left_alone.then_some(task)).collect()
        };
        self.lifecycle.spawn(process.keep_saying(ports, breakers, self.lifecycle.clone()));
    }

    fn take_webhooks(&self, listener: TcpListener, settings: &Settings, clock: Clock) {
        let broker = match &self.needs {
            Needs::Everything(ports) => &ports.broker,
            Needs::Broker(broker) => broker,
        };
        let router = ingress::router(broker.clone(), settings.businesses.clone(), clock);
        // Answers are small and somebody waits for each.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let (soft, hard) = (self.lifecycle.clone(), self.lifecycle.clone());
        self.lifecycle.spawn(async move {
            let server = axum::serve(listener, router)
                .with_graceful_shutdown(async move { soft.stopping().await });
            tokio::select! {
                () = hard.aborting() => {}
                _ = server => {}
            }
        });
    }

    fn work<H: Handler>(&self, ports: &Ports, handler: H, lanes: &[Lane]) {
        let handler = Arc::new(handler);
        for lane in lanes {
            let (handler, lane) = (Arc::clone(&handler), *lane);
            let (ports, lifecycle) = (ports.clone(), self.lifecycle.clone());
            self.lifecycle.spawn(async move {
                if let Err(error) = worker::run(handler, lane, ports, lifecycle.clone()).await {
                    error!(worker = H::WORKER, queue = lane.queue, %error, "can't take from the queue");
                    lifecycle.stop();
                }
            });
        }
    }

    /// Waits for the end to begin, finishes what is in hand and closes the ports. Until then the
    /// process says that it is alive, and not ready.
    pub async fn finish(self, grace: Duration, again: impl Future<Output = ()>) -> Ended {
        let ended = self.lifecycle.finish(grace, again).await;
        self.needs.close().await;
        self.admin_server.abort();
        ended
    }
}

/// Who only takes webhooks needs the broker alone, and takes them whatever else is away (test
/// `webhooks_are_taken_while_redis_and_postgresql_are_away`).
async fn connect(settings: &Settings, roles: &[Role], clock: Clock) -> anyhow::Result<Needs> {
    if let Place::Server(url) = &settings.broker
        && Role::take_only_webhooks(roles)
    {
        return Ok(Needs::Broker(Ports::rabbitmq(url).await?));
    }
    let connections = match roles.iter().any(|role| role.works_in_the_records()) {
        true => Connections::Many,
        false => Connections::Few,
    };
    Ok(Needs::Everything(Ports::connect_with(settings, clock, connections).await?))
}

async fn bind(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}
