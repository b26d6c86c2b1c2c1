//! The parts of an installation as an operator's command sees them, beside the processes that serve.

use std::time::Duration;

use broker::Broker;
use store::records::Connections;
use store::{Records, State};
use tokio::sync::OnceCell;

use crate::settings::{Place, Settings};
use crate::{PortsError, topology};

/// Opens each part by itself and makes nothing: no queue, and no schema of the records. In the
/// embedded file, which must be there, only tables of the state and the broker that it lacks are
/// added, empty. A part that is away is an error within the limit (test
/// `a_visit_says_soon_what_is_away`).
#[derive(Debug)]
pub struct Visit<'a> {
    settings: &'a Settings,
    limit: Duration,
    file: OnceCell<embedded::File>,
}

impl<'a> Visit<'a> {
    /// For a command that can do nothing without the part.
    pub const LIMIT: Duration = Duration::from_secs(5);

    pub fn new(settings: &'a Settings, limit: Duration) -> Self {
        Self { settings, limit, file: OnceCell::new() }
    }

    pub async fn broker(&self) -> Result<Broker, PortsError> {
        match &self.settings.broker {
            Place::Embedded => embedded_broker(self.file().await?).await,
            Place::Server(url) => {
                let (queues, name) = (topology::queues(), "relevo, an operator");
                Ok(Broker::visit_rabbitmq(url.expose(), name, &queues, self.limit).await?)
            }
        }
    }

    pub async fn state(&self) -> Result<State, PortsError> {
        match &self.settings.state {
            Place::Embedded => Ok(State::embedded(self.file().await?).await?),
            Place::Server(url) => {
                let connecting = State::redis(url.expose(), self.settings.volatile_state);
                self.in_time("redis", connecting).await
            }
        }
    }

    /// With the schema of this version, and none other.
    pub async fn records(&self) -> Result<Records, PortsError> {
        let records = self.records_of_any_version().await?;
        let pending = self.in_time("postgresql", records.pending()).await?;
        match pending.len() {
            0 => Ok(records),
            count => Err(PortsError::Pending { count }),
        }
    }

    pub async fn records_of_any_version(&self) -> Result<Records, PortsError> {
        match &self.settings.database {
            Place::Embedded => Ok(Records::embedded(self.file().await?)),
            Place::Server(url) => {
                let connecting = Records::postgres_with(url.expose(), Connections::Few);
                self.in_time("postgresql", connecting).await
            }
        }
    }

    /// The embedded file, which is opened once for all parts that lie in it.
    pub async fn file(&self) -> Result<embedded::File, embedded::Error> {
        let open = || embedded::File::visit(&self.settings.data_dir);
        Ok(self.file.get_or_try_init(open).await?.clone())
    }

    async fn in_time<T, E>(
        &self,
        server: &'static str,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, PortsError>
    where
        PortsError: From<E>,
    {
        let late = |_| PortsError::Late { server, limit: self.limit };
        Ok(tokio::time::timeout(self.limit, answer).await.map_err(late)??)
    }
}

pub(crate) async fn embedded_broker(file: embedded::File) -> Result<Broker, PortsError> {
    let broker = Broker::embedded(file).await?;
    broker.declare(&topology::queues()).await?;
    Ok(broker)
}
