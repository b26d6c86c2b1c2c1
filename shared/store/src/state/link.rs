//! The connection to Redis: made again when it is lost, and not asked for while Redis is down.
//!
//! Not `redis::aio::ConnectionManager`: when a reconnect fails otherwise than by I/O (a password
//! that is being changed, a TLS alert) it answers that error for ever, and it keeps a connection
//! whose peer has silently gone.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError,
    RedisResult, ServerErrorKind, Value,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Discovering a cluster takes several connections.
const CLUSTER_TIMEOUT: Duration = Duration::from_secs(3);
/// Longer than a slow `fsync` of the append-only file takes.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A cluster mends its own connections: one failed node is not the end of the others. It is
/// discovered anew only when nothing else has succeeded in between.
const CLUSTER_FAILURES: u32 = 5;

pub(super) struct Link {
    target: Target,
    slot: Mutex<Slot>,
    /// The last attempt to connect failed.
    down: AtomicBool,
    /// Failures since the last answer.
    failures: AtomicU32,
}

#[expect(clippy::large_enum_variant, reason = "there is one for each link")]
enum Target {
    Node(Client),
    Cluster(ClusterClient),
}

#[derive(Clone)]
enum Connection {
    Node(MultiplexedConnection),
    Cluster(ClusterConnection),
}

struct Slot {
    connection: Option<Connection>,
    /// Which connection of this link it is, so that a late failure of an old one does not end
    /// the new one.
    generation: u64,
    not_before: Instant,
    pause: Duration,
}

impl Link {
    /// Reads the URL; the first query connects.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        let slot = Slot {
            connection: None,
            generation: 0,
            not_before: Instant::now(),
            pause: FIRST_PAUSE,
        };
        Ok(Self {
            target: target(url).map_err(Error::Url)?,
            slot: Mutex::new(slot),
            down: AtomicBool::new(false),
            failures: AtomicU32::new(0),
        })
    }

    /// Asks once. It is for the caller to know whether asking again is safe.
    pub(super) async fn query(
        &self,
        operation: &'static str,
        command: &Cmd,
    ) -> Result<Value, Error> {
        let (generation, mut connection) = self.connection().await?;
        let answer: RedisResult<Value> = match &mut connection {
            Connection::Node(node) => command.query_async(node).await,
            Connection::Cluster(cluster) => command.query_async(cluster).await,
        };
        match &answer {
            Err(error) if is_broken(error) => self.failed(generation).await,
            _ => self.failures.store(0, Ordering::Relaxed),
        }
        answer.map_err(|source| Error::Redis { operation, source })
    }

    async fn connection(&self) -> Result<(u64, Connection), Error> {
        let mut slot = if self.down.load(Ordering::Relaxed) {
            // Somebody is trying, in vain so far: nobody else needs to wait for that.
            self.slot.try_lock().map_err(|_| Error::Down)?
        } else {
            self.slot.lock().await
        };
        if let Some(connection) = &slot.connection {
            return Ok((slot.generation, connection.clone()));
        }
        if Instant::now() < slot.not_before {
            return Err(Error::Down);
        }
        match self.target.connect().await {
            Ok(connection) => {
                slot.connection = Some(connection.clone());
                slot.generation += 1;
                slot.pause = FIRST_PAUSE;
                self.failures.store(0, Ordering::Relaxed);
                if self.down.swap(false, Ordering::Relaxed) {
                    tracing::info!("redis is back");
                }
                Ok((slot.generation, connection))
            }
            Err(error) => {
                slot.not_before = Instant::now() + slot.pause;
                slot.pause = (slot.pause * 2).min(LONGEST_PAUSE);
                if !self.down.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "redis is down");
                }
                Err(Error::Connect(error))
            }
        }
    }

    async fn failed(&self, generation: u64) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if matches!(self.target, Target::Cluster(_)) && failures < CLUSTER_FAILURES {
            return;
        }
        let mut slot = self.slot.lock().await;
        if slot.generation == generation {
            slot.connection = None;
        }
    }
}

impl Target {
    async fn connect(&self) -> RedisResult<Connection> {
        let connecting = async {
            match self {
                Self::Node(client) => {
                    let config =
                        AsyncConnectionConfig::new().set_response_timeout(Some(RESPONSE_TIMEOUT));
                    client
                        .get_multiplexed_async_connection_with_config(&config)
                        .await
                        .map(Connection::Node)
                }
                Self::Cluster(client) => {
                    client.get_async_connection().await.map(Connection::Cluster)
                }
            }
        };
        let limit = match self {
            Self::Node(_) => CONNECT_TIMEOUT,
            Self::Cluster(_) => CLUSTER_TIMEOUT,
        };
        tokio::time::timeout(limit, connecting)
            .await
            .unwrap_or_else(|elapsed| Err(std::io::Error::from(elapsed).into()))
    }
}

/// Whether the connection, rather than the command, is at fault. A server that has become a
/// replica says `READONLY`: another connection may find the new primary.
fn is_broken(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

fn target(url: &str) -> RedisResult<Target> {
    // Without it the kernel holds a small command back until the previous one is acknowledged.
    let tcp = TcpSettings::default().set_nodelay(true);
    let nodes = nodes(url)?;
    if let [node] = &nodes[..]
        && !asks_for_cluster(url)
    {
        return Client::open(node.clone().set_tcp_settings(tcp)).map(Target::Node);
    }
    ClusterClientBuilder::new(nodes)
        .tcp_settings(tcp)
        .connection_timeout(CONNECT_TIMEOUT)
        .response_timeout(RESPONSE_TIMEOUT)
        .build()
        .map(Target::Cluster)
}

fn asks_for_cluster(url: &str) -> bool {
    url.split_once('?')
        .is_some_and(|(_, query)| query.split('&').any(|pair| pair == "cluster=true"))
}

/// `redis://user:password@a:6379,b:6379`: what is said of the first node holds for the others.
fn nodes(url: &str) -> RedisResult<Vec<ConnectionInfo>> {
    let mut parts = url.split(',');
    let head = parts.next().unwrap_or_default();
    let first = head.into_connection_info()?;
    let scheme = head.split_once("://").map_or("redis", |(scheme, _)| scheme);
    let mut nodes = vec![first.clone()];
    for part in parts {
        let address = part.split_once("://").map_or(part, |(_, address)| address);
        let node = format!("{scheme}://{address}").into_connection_info()?;
        nodes.push(node.set_redis_settings(first.redis_settings().clone()));
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_node_or_a_cluster() {
        for (url, cluster) in [
            ("redis://localhost", false),
            ("redis://:secret@localhost:6380/2", false),
            ("rediss://localhost?protocol=resp3", false),
            ("redis://localhost?cluster=true", true),
            ("redis://user:secret@a:1,b:2,c:3", true),
            ("rediss://a:1,rediss://b:2", true),
        ] {
            let target = target(url).unwrap();
            assert_eq!(matches!(target, Target::Cluster(_)), cluster, "{url}");
        }
    }

    #[test]
    fn every_node_has_the_credentials_of_the_first() {
        let nodes = nodes("redis://ana:secret@a:1,b:2").unwrap();
        assert_eq!(nodes[1].redis_settings().password(), Some("secret"));
        assert_eq!(nodes[1].redis_settings().username(), Some("ana"));
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_shown() {
        for url in ["http://:secret@localhost", "redis://:secret@local host", "secret"] {
            let Err(error) = target(url) else { panic!("{url} was taken") };
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }
}
