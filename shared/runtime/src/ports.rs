//! What the roles of one process share: broker, state, records, businesses, clock.

use std::time::Duration;

use broker::{Broker, Publication};
use domain::Envelope;
use store::records::Connections;
use store::{Records, State};
use tracing::{Span, warn};

use crate::handler::chain;
use crate::settings::{Place, Settings, Url};
use crate::visit::embedded_broker;
use crate::{Businesses, Clock, Failure, Lags, Pauses, Visit, telemetry, topology};

#[derive(Debug, Clone)]
pub struct Ports {
    pub broker: Broker,
    pub state: State,
    pub records: Records,
    pub businesses: Businesses,
    pub clock: Clock,
    /// What an operator has paused, as far as this process asks.
    pub pauses: Pauses,
    /// How long messages have waited for the workers of this process.
    pub lags: Lags,
    file: Option<embedded::File>,
}

#[derive(Debug, thiserror::Error)]
pub enum PortsError {
    #[error("open the embedded file")]
    Embedded(#[from] embedded::Error),
    #[error("connect to the broker")]
    Broker(#[from] broker::Error),
    #[error("connect to the conversation state")]
    State(#[from] store::state::Error),
    #[error("connect to the records")]
    Records(#[from] store::records::Error),
    #[error("{server} gives no answer within {} s", .limit.as_secs())]
    Late { server: &'static str, limit: Duration },
    #[error(
        "the records' schema is older than this version's ({count} {} pending): run `relevo migrate` \
         of this version, or this command of the version that serves",
        if *count == 1 { "migration" } else { "migrations" }
    )]
    Pending { count: usize },
}

impl Ports {
    /// Connects to everything the settings name, declares every queue and migrates the records.
    /// Waits for servers that are away.
    pub async fn connect(settings: &Settings, clock: Clock) -> Result<Self, PortsError> {
        Self::connect_with(settings, clock, Connections::Many).await
    }

    /// The same with so many connections to the records' server.
    pub async fn connect_with(
        settings: &Settings,
        clock: Clock,
        connections: Connections,
    ) -> Result<Self, PortsError> {
        let opened = match settings.uses_embedded() {
            true => Some(embedded::File::open(&settings.data_dir).await?),
            false => None,
        };
        let file = || opened.clone().expect("it is open where something is embedded");
        let broker = match &settings.broker {
            Place::Embedded => embedded_broker(file()).await?,
            Place::Server(url) => Self::rabbitmq(url).await?,
        };
        let state = match &settings.state {
            Place::Embedded => State::embedded(file()).await?,
            Place::Server(url) => {
                let connect = || State::redis(url.expose(), settings.volatile_state);
                patiently("redis", connect, store::state::Error::is_transient).await?
            }
        };
        let records = match &settings.database {
            Place::Embedded => Records::embedded(file()),
            Place::Server(url) => {
                let connect = || Records::postgres_with(url.expose(), connections);
                patiently("postgresql", connect, store::records::Error::is_transient).await?
            }
        };
        records.migrate().await?;
        let businesses = settings.businesses.clone();
        Ok(Self { file: opened, ..Self::new(broker, state, records, businesses, clock) })
    }

    /// RabbitMQ alone, with every queue declared: for a process that only takes webhooks.
    pub async fn rabbitmq(url: &Url) -> Result<Broker, PortsError> {
        let broker = Broker::rabbitmq(url.expose(), "relevo").await?;
        match broker.declare(&topology::queues()).await {
            // It is made good on the next connection.
            Err(error) if error.is_transient() => warn!(%error, "the broker is away"),
            declared => declared?,
        }
        Ok(broker)
    }

    /// Of parts that were made elsewhere: the queues are declared and the records migrated. The
    /// embedded file, if there is one, stays its owner's to close.
    pub fn new(
        broker: Broker,
        state: State,
        records: Records,
        businesses: Businesses,
        clock: Clock,
    ) -> Self {
        let (pauses, lags) = (Pauses::default(), Lags::default());
        Self { broker, state, records, businesses, clock, pauses, lags, file: None }
    }

    /// All parts at once for an operator's command beside processes that serve: see [`Visit`].
    pub async fn visit(settings: &Settings, clock: Clock) -> Result<Self, PortsError> {
        let visit = Visit::new(settings, Visit::LIMIT);
        let (broker, state, records) =
            tokio::try_join!(visit.broker(), visit.state(), visit.records())?;
        let file = match settings.uses_embedded() {
            true => Some(visit.file().await?),
            false => None,
        };
        let businesses = settings.businesses.clone();
        Ok(Self { file, ..Self::new(broker, state, records, businesses, clock) })
    }

    /// Moves what was deleted out of the embedded file's log too; whether that was done, or there is
    /// no such file. Another process that reads at this moment holds it up.
    pub async fn empty_log(&self) -> Result<bool, embedded::Error> {
        match &self.file {
            Some(file) => file.empty_log().await,
            None => Ok(true),
        }
    }

    /// Publishes what no message of Relevo's has caused: what is due, what was seen outside, what an
    /// operator does.
    pub async fn tell(&self, envelope: &Envelope) -> Result<(), Failure> {
        let body = envelope.encode().map_err(|error| Failure::reject(&error))?;
        let publication = Publication {
            id: envelope.id.as_uuid(),
            topic: envelope.kind().as_str().to_owned(),
            body: body.into(),
            traceparent: telemetry::traceparent(&Span::current()),
            delay: None,
        };
        let published = self.broker.publish(publication).await;
        published.map_err(|error| Failure::Unavailable { cause: chain(&error) })
    }

    /// Gives up the connections and, when it is embedded, the file and its lock.
    pub async fn close(self) {
        self.broker.close().await;
        if let Some(file) = self.file {
            file.close().await;
        }
    }
}

/// Connects to a server as soon as it is there: one that is away for a while must not end every
/// process that is started meanwhile. What waiting can't mend is an error at once.
async fn patiently<T, E, F>(
    server: &'static str,
    connect: impl Fn() -> F,
    is_transient: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    E: std::error::Error,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = Duration::from_millis(100);
    loop {
        match connect().await {
            Err(error) if is_transient(&error) => {
                warn!(server, error = chain(&error), "not there yet; trying on");
            }
            done => return done,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}
