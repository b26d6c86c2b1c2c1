//! The measured broker, seen from its other side.

use anyhow::Context as _;
use lapin::options::{BasicGetOptions, QueuePurgeOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use runtime::topology::LANES;

pub(super) struct Rabbit {
    _connection: Connection,
    channel: Channel,
}

impl Rabbit {
    pub(super) async fn connect(url: &str) -> anyhow::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        Ok(Self { _connection: connection, channel })
    }

    /// Empties every queue that Relevo has declared. A long queue is slower than an empty one.
    pub(super) async fn purge(&self) -> anyhow::Result<()> {
        for lane in LANES {
            let purge = QueuePurgeOptions::default();
            self.channel.queue_purge(queue(lane.queue).into(), purge).await?;
        }
        Ok(())
    }

    /// How large the first message in a queue is.
    pub(super) async fn first_size(&self, lane: &str) -> anyhow::Result<usize> {
        let get = BasicGetOptions { no_ack: true };
        let message = self.channel.basic_get(queue(lane).into(), get).await?;
        Ok(message.context("take a message from its queue: there is none")?.delivery.data.len())
    }
}

/// As the broker port names them.
fn queue(lane: &str) -> String {
    format!("relevo.{lane}")
}
