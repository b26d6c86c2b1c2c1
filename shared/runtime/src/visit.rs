//! The parts of an installation as an operator's command sees them, beside the processes that serve.

use std::time::Duration;

use broker::Broker;
use store::records::Connections;
use store::{Records, State};
use tokio::sync::OnceCell;
use tracing::warn;

use crate::settings::{Place, Settings};
use crate::{PortsError, chain, topology};

/// Opens each part by itself and makes nothing: no queue, and no schema of the records. In the
/// embedded file, which must be there, only tables of the state and the broker that it lacks are
/// added, empty. A part that is away is an error within the limit (test
/// `a_visit_says_soon_what_is_away`).
#[derive(Debug)]
pub struct Visit<'a> {
    settings: &'a Settings,
    /// None to wait for as long as it takes.
    limit: Option<Duration>,
    file: OnceCell<embedded::File>,
    connections: Connections,
}

impl<'a> Visit<'a> {
    /// For a command that can do nothing without the part.
    pub const LIMIT: Duration = Duration::from_secs(5);

    pub fn new(settings: &'a Settings, limit: Duration) -> Self {
        let (file, connections) = (OnceCell::new(), Connections::Few);
        Self { settings, limit: Some(limit), file, connections }
    }

    /// For a process that serves: it waits for its servers, and holds the embedded file.
    pub(crate) fn of_server(
        settings: &'a Settings,
        file: Option<embedded::File>,
        connections: Connections,
    ) -> Self {
        Self { settings, limit: None, file: OnceCell::new_with(file), connections }
    }

    pub async fn broker(&self) -> Result<Broker, PortsError> {
        match &self.settings.broker {
            Place::Embedded => {
                let broker = Broker::embedded(self.file().await?).await?;
                broker.declare(&topology::queues()).await?;
                Ok(broker)
            }
            Place::Server(url) => {
                let (queues, name) = (topology::queues(), "relevo, an operator");
                let limit = self.limit.unwrap_or(Duration::MAX);
                Ok(Broker::visit_rabbitmq(url.expose(), name, &queues, limit).await?)
            }
        }
    }

    pub async fn state(&self) -> Result<State, PortsError> {
        match &self.settings.state {
            Place::Embedded => Ok(State::embedded(self.file().await?).await?),
            Place::Server(url) => {
                let connect = || State::redis(url.expose(), self.settings.volatile_state);
                let is_transient = store::state::Error::is_transient;
                patiently("redis", self.limit, connect, is_transient).await
            }
        }
    }

    /// With the schema of this version, and none other.
    pub async fn records(&self) -> Result<Records, PortsError> {
        let records = self.records_of_any_version().await?;
        let pending = in_time("postgresql", self.limit, records.pending()).await?;
        match pending.len() {
            0 => Ok(records),
            count => Err(PortsError::Pending { count }),
        }
    }

    pub async fn records_of_any_version(&self) -> Result<Records, PortsError> {
        match &self.settings.database {
            Place::Embedded => Ok(Records::embedded(self.file().await?)),
            Place::Server(url) => {
                let connect = || Records::postgres_with(url.expose(), self.connections);
                let is_transient = store::records::Error::is_transient;
                patiently("postgresql", self.limit, connect, is_transient).await
            }
        }
    }

    /// The embedded file, which is opened once for all parts that lie in it.
    pub(crate) async fn file(&self) -> Result<embedded::File, PortsError> {
        let open = || embedded::File::visit(&self.settings.data_dir);
        Ok(self.file.get_or_try_init(open).await?.clone())
    }
}

/// Connects to a server as soon as it is there: one that is away for a while must not end every
/// process that is started meanwhile. What waiting can't mend is an error at once, and so is
/// everything to somebody who waits only so long.
async fn patiently<T, E, F>(
    server: &'static str,
    limit: Option<Duration>,
    connect: impl Fn() -> F,
    is_transient: impl Fn(&E) -> bool,
) -> Result<T, PortsError>
where
    E: std::error::Error,
    PortsError: From<E>,
    F: Future<Output = Result<T, E>>,
{
    if limit.is_some() {
        return in_time(server, limit, connect()).await;
    }
    let mut pause = Duration::from_millis(100);
    loop {
        match connect().await {
            Err(error) if is_transient(&error) => {
                warn!(server, error = chain(&error), "not there yet; trying on");
            }
            done => return Ok(done?),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

async fn in_time<T, E>(
    server: &'static str,
    limit: Option<Duration>,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, PortsError>
where
    PortsError: From<E>,
{
    let limit = limit.unwrap_or(Duration::MAX);
    let late = |_| PortsError::Late { server, limit };
    Ok(tokio::time::timeout(limit, answer).await.map_err(late)??)
}
