//! The roles of one process, wired to their ports.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::serve::ListenerExt as _;
use clients::model::Model;
use clients::whatsapp::WhatsApp;
use domain::BusinessId;
use ledger::SweepRules;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::admin::Needs;
use runtime::lifecycle::Ended;
use runtime::{Clock, Handler, Lane, Lifecycle, Ports, Settings, admin, topology, worker};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::error;

use crate::queues;
use crate::role::Role;

/// Shorter than a claim is held for unknown, so that nobody sends while another still waits.
const CHANNEL_TIME_OUT: Duration = Duration::from_secs(10);
const MODEL_TIME_OUT: Duration = Duration::from_secs(20);
const MODEL_RETRIES: u32 = 2;

/// A running process.
#[derive(Debug)]
pub struct App {
    /// Where webhooks come in, when this process has that role.
    pub listen: Option<SocketAddr>,
    pub admin: SocketAddr,
    pub ports: Ports,
    pub lifecycle: Lifecycle,
    admin_server: JoinHandle<()>,
}

/// What the roles need beside their ports, and may not get.
struct Means {
    webhooks: Option<TcpListener>,
    model: Option<Model>,
    channels: BTreeMap<BusinessId, WhatsApp>,
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
        let (model, channels) = (model(&settings)?, channels(&settings)?);
        let ports = Ports::connect(&settings, clock).await?;
        let (admin_listener, admin) = bind(settings.admin_listen).await?;
        let (webhooks, listen) = match roles.contains(&Role::Ingress) {
            true => bind(settings.listen).await.map(|(one, bound)| (Some(one), Some(bound)))?,
            false => (None, None),
        };
        let mut means = Means { webhooks, model, channels };
        let lifecycle = Lifecycle::new();
        let needs = match roles.iter().all(|role| *role == Role::Ingress) {
            true => Needs::Broker,
            false => Needs::Everything,
        };
        let router = admin::router(ports.clone(), lifecycle.clone(), needs, metrics);
        let admin_server =
            tokio::spawn(async move { drop(axum::serve(admin_listener, router).await) });
        let app = Self { listen, admin, ports, lifecycle, admin_server };
        // Each once, however often it was named.
        for role in Role::ALL.iter().filter(|role| roles.contains(role)) {
            app.start_role(*role, &mut means, &sweep);
        }
        Ok(app)
    }

    fn start_role(&self, role: Role, means: &mut Means, sweep: &SweepRules) {
        let Ports { broker, records, businesses, clock, .. } = self.ports.clone();
        match role {
            Role::Ingress => {
                let Some(listener) = means.webhooks.take() else { return };
                self.take_webhooks(listener, ingress::router(broker, businesses, clock));
            }
            Role::Triage => {
                let triage = triage::Triage::new(&businesses, means.model.take());
                self.work(triage, &[topology::TRIAGE, topology::TRIAGE_DECIDE]);
            }
            Role::Knowledge => self.work(knowledge::Knowledge, &[topology::KNOWLEDGE]),
            Role::Handoff => {
                self.work(handoff::Handoff, &[topology::HANDOFF, topology::HANDOFF_PEOPLE]);
            }
            Role::Outbound => {
                let outbound = outbound::Outbound::new(std::mem::take(&mut means.channels));
                let lanes =
                    [topology::OUTBOUND, topology::OUTBOUND_PRESENCE, topology::OUTBOUND_RECEIPTS];
                self.work(outbound, &lanes);
            }
            Role::Ledger => {
                self.work(
                    ledger::Ledger::new(records),
                    &[topology::LEDGER, topology::LEDGER_RECEIPTS],
                );
                let (ports, lifecycle) = (self.ports.clone(), self.lifecycle.clone());
                self.lifecycle.spawn(ledger::sweep_for_ever(ports, sweep.clone(), lifecycle));
                // Not in every process: one is enough to see how much waits.
                self.lifecycle.spawn(queues::watch(broker, self.lifecycle.clone()));
            }
        }
    }

    fn take_webhooks(&self, listener: TcpListener, router: Router) {
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

    fn work<H: Handler>(&self, handler: H, lanes: &[Lane]) {
        let handler = Arc::new(handler);
        for lane in lanes {
            let (handler, lane) = (Arc::clone(&handler), *lane);
            let (ports, lifecycle) = (self.ports.clone(), self.lifecycle.clone());
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
        self.ports.close().await;
        self.admin_server.abort();
        ended
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

fn model(settings: &Settings) -> anyhow::Result<Option<Model>> {
    let Some(model) = &settings.model else { return Ok(None) };
    let options = clients::model::Options {
        base_url: model.base_url.clone(),
        api_key: model.api_key.clone(),
        chat_model: model.chat_model.clone(),
        timeout: MODEL_TIME_OUT,
        retries: MODEL_RETRIES,
    };
    Ok(Some(Model::new(options).context("prepare the language model's client")?))
}

fn channels(settings: &Settings) -> anyhow::Result<BTreeMap<BusinessId, WhatsApp>> {
    settings
        .businesses
        .iter()
        .map(|business| {
            let options = clients::whatsapp::Options {
                api_url: settings.whatsapp_api_url.clone(),
                version: settings.whatsapp_api_version.clone(),
                access_token: business.whatsapp.access_token.clone(),
                timeout: CHANNEL_TIME_OUT,
            };
            let client = WhatsApp::new(options)
                .with_context(|| format!("prepare the WhatsApp client of {}", business.id))?;
            Ok((business.id.clone(), client))
        })
        .collect()
}
