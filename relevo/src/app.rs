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
use runtime::lifecycle::Ended;
use runtime::{Clock, Handler, Lane, Lifecycle, Ports, Settings, admin, topology, worker};
use tokio::net::TcpListener;
use tracing::error;

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
}

impl App {
    /// Connects, binds and starts the roles. What can't be had fails here and nothing is left
    /// running.
    pub async fn start(
        settings: Settings,
        roles: &[Role],
        clock: Clock,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        Self::start_with(settings, roles, clock, metrics, SweepRules::default()).await
    }

    /// The same with other rules for the sweep.
    pub async fn start_with(
        settings: Settings,
        roles: &[Role],
        clock: Clock,
        metrics: Option<PrometheusHandle>,
        sweep: SweepRules,
    ) -> anyhow::Result<Self> {
        let ports = Ports::connect(&settings, clock.clone()).await?;
        let lifecycle = Lifecycle::new();
        let admin_router = admin::router(ports.clone(), lifecycle.clone(), metrics);
        let admin = listen(settings.admin_listen, admin_router, &lifecycle).await?;
        let mut app = Self { listen: None, admin, ports, lifecycle };
        for role in roles {
            app.start_role(*role, &settings, &sweep).await?;
        }
        Ok(app)
    }

    async fn start_role(
        &mut self,
        role: Role,
        settings: &Settings,
        sweep: &SweepRules,
    ) -> anyhow::Result<()> {
        let Ports { broker, records, businesses, clock, .. } = self.ports.clone();
        match role {
            Role::Ingress => {
                let router = ingress::router(broker, businesses, clock);
                self.listen = Some(listen(settings.listen, router, &self.lifecycle).await?);
            }
            Role::Triage => {
                let triage = triage::Triage::new(&businesses, model(settings)?);
                self.work(triage, &[topology::TRIAGE, topology::TRIAGE_DECIDE]);
            }
            Role::Knowledge => self.work(knowledge::Knowledge, &[topology::KNOWLEDGE]),
            Role::Handoff => self.work(handoff::Handoff, &[topology::HANDOFF]),
            Role::Outbound => {
                let outbound = outbound::Outbound::new(channels(settings)?);
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
            }
        }
        Ok(())
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

    /// Waits for the end to begin, finishes what is in hand and closes the ports.
    pub async fn finish(self, grace: Duration, again: impl Future<Output = ()>) -> Ended {
        let ended = self.lifecycle.finish(grace, again).await;
        self.ports.close().await;
        ended
    }
}

async fn listen(
    address: SocketAddr,
    router: Router,
    lifecycle: &Lifecycle,
) -> anyhow::Result<SocketAddr> {
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))?;
    let bound = listener.local_addr()?;
    // Answers are small and somebody waits for each.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (soft, hard) = (lifecycle.clone(), lifecycle.clone());
    lifecycle.spawn(async move {
        let server = axum::serve(listener, router)
            .with_graceful_shutdown(async move { soft.stopping().await });
        tokio::select! {
            () = hard.aborting() => {}
            _ = server => {}
        }
    });
    Ok(bound)
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
