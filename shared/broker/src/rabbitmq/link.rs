//! A connection that is made again for as long as it is needed.
//!
//! lapin's own recovery is not used: when its attempts run out, what waits for it hangs for ever.
//! Here a connection is used until anything is wrong with it, then thrown away whole.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::uri::AMQPUri;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ErrorKind, Event,
};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, interval, sleep, timeout};

use super::properties::message_id;
use super::topology::Topology;
use crate::backoff::Pauses;
use crate::error::Source;
use crate::{Error, Refusal};

/// Every answer of the broker is due within this,
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// but for this: a new quorum queue is a cluster of its own.
const DECLARATION: Duration = Duration::from_secs(30);
/// RabbitMQ counts the life of a delay from its last declaration; this is well below it.
const DECLARE_DELAY_AGAIN: Duration = Duration::from_secs(60 * 60);
const HEARTBEAT_SECONDS: u16 = 10;
const CONNECT_MS: u64 = 3_000;
/// lapin holds two buffers of 32 frames for each connection: at the 128 KiB that RabbitMQ proposes
/// that is 16 MB in each process. Our messages are a few kilobytes; a larger one takes more frames.
const FRAME_BYTES: u32 = 32 * 1024;
const SUCCESS: u16 = 200;

#[derive(Clone)]
pub(super) struct Address(AMQPUri);

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let mut uri = read_address(url)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        uri.query.connection_timeout.get_or_insert(CONNECT_MS);
        uri.query.frame_max.get_or_insert(FRAME_BYTES);
        Ok(Self(uri))
    }
}

pub(super) fn read_address(url: &str) -> Result<AMQPUri, Error> {
    url.parse().map_err(|_| Error::Address)
}

#[derive(Clone)]
pub(super) struct Link {
    line: watch::Receiver<Line>,
    keeper: AbortHandle,
}

enum Line {
    Up(Arc<Session>),
    /// And why the last attempt failed.
    Down(Option<Source>),
}

impl Link {
    /// Starts connecting. With a topology, a session is announced after all of it was declared.
    pub(super) fn start(address: &Address, name: String, topology: Option<&Arc<Topology>>) -> Self {
        let (announce, line) = watch::channel(Line::Down(None));
        let keeper = keep(address.clone(), name, topology.cloned(), announce);
        Self { line, keeper: tokio::spawn(keeper).abort_handle() }
    }

    /// The session there is, or the next one if it comes in time; if none does, why.
    pub(super) async fn session(&self, within: Duration) -> Result<Arc<Session>, Error> {
        self.session_when(within, |line| matches!(line, Line::Up(_))).await
    }

    /// What comes of the first attempt to connect.
    pub(super) async fn first_session(&self, within: Duration) -> Result<Arc<Session>, Error> {
        self.session_when(within, |line| !matches!(line, Line::Down(None))).await
    }

    async fn session_when(
        &self,
        within: Duration,
        is_so: impl FnMut(&Line) -> bool,
    ) -> Result<Arc<Session>, Error> {
        let mut line = self.line.clone();
        let late = timeout(within, line.wait_for(is_so)).await.err();
        match &*self.line.borrow() {
            Line::Up(session) => Ok(session.clone()),
            Line::Down(cause) => {
                let late = || late.map(|late| -> Source { Arc::new(late) });
                let source = cause.clone().or_else(late);
                Err(Error::Unavailable { operation: "connect", source })
            }
        }
    }

    pub(super) fn is_up(&self) -> bool {
        !self.is_closed() && matches!(*self.line.borrow(), Line::Up(_))
    }

    pub(super) fn is_closed(&self) -> bool {
        self.keeper.is_finished()
    }

    pub(super) async fn close(&self) {
        self.keeper.abort();
        let session = match &*self.line.borrow() {
            Line::Up(session) => session.clone(),
            Line::Down(_) => return,
        };
        session.close().await;
    }
}

async fn keep(
    address: Address,
    name: String,
    topology: Option<Arc<Topology>>,
    announce: watch::Sender<Line>,
) {
    let mut pauses = Pauses::new();
    let mut failures: u32 = 0;
    loop {
        match Session::open(&address, &name, topology.as_deref()).await {
            Ok(session) => {
                tracing::info!(connection.name = name, failures, "connected to the broker");
                let session = Arc::new(session);
                announce.send_replace(Line::Up(session.clone()));
                let cause = tokio::select! {
                    cause = session.until_broken() => cause,
                    // Nobody has this link any more.
                    () = announce.closed() => return session.close().await,
                };
                tracing::warn!(
                    connection.name = name,
                    cause = cause.as_ref().map(ToString::to_string),
                    "lost the connection to the broker"
                );
                announce.send_replace(Line::Down(cause.map(|cause| Arc::new(cause) as Source)));
                tokio::spawn(async move { session.close().await });
                pauses.reset();
                failures = 0;
            }
            Err(error) => {
                if failures == 0 {
                    tracing::warn!(
                        connection.name = name,
                        error = &error as &dyn StdError,
                        "can't connect to the broker, trying on"
                    );
                }
                failures = failures.saturating_add(1);
                announce.send_replace(Line::Down(error.into_source()));
            }
        }
        if announce.is_closed() {
            return;
        }
        sleep(pauses.next()).await;
    }
}

/// One connection, with the one channel that everything is published through: pipelined confirms
/// on one channel were measured to be faster than on four.
pub(super) struct Session {
    connection: Connection,
    publishing: Channel,
    delays: Mutex<HashMap<i64, Instant>>,
    broken: Notify,
}

impl Session {
    async fn open(
        address: &Address,
        name: &str,
        topology: Option<&Topology>,
    ) -> Result<Self, Error> {
        let (connection, publishing) = answer("connect", async {
            // lapin keeps ten kilobytes of each attempt that finds nobody, ten times a second for
            // as long as the broker is away; so it is asked only when somebody is there.
            let authority = &address.0.authority;
            drop(TcpStream::connect((authority.host.as_str(), authority.port)).await?);
            let options = ConnectionProperties::default().with_connection_name(name.into());
            let connection = Connection::connect_uri(address.0.clone(), options).await?;
            let publishing = connection.create_channel().await?;
            publishing.confirm_select(ConfirmSelectOptions::default()).await?;
            Ok((connection, publishing))
        })
        .await?;
        let session =
            Self { connection, publishing, delays: Mutex::default(), broken: Notify::new() };
        if let Some(topology) = topology {
            session.declare(topology).await?;
        }
        Ok(session)
    }

    /// Gives the cause, where one is known.
    async fn until_broken(&self) -> Option<lapin::Error> {
        // Listening comes before looking, so that nothing falls in between.
        let mut events = pin!(self.connection.events_listener());
        let mut look = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                event = events.next() => match event {
                    // It ended one channel; whether that was ours is looked at below.
                    Some(Event::Error(error)) if error.is_amqp_soft_error() => {}
                    Some(Event::Error(error)) => return Some(error),
                    None => return None,
                    Some(_) => {}
                },
                () = self.broken.notified() => return None,
                _ = look.tick() => {}
            }
            if !self.connection.status().connected() || !self.publishing.status().connected() {
                return None;
            }
        }
    }

    async fn close(&self) {
        let closing = self.connection.close(SUCCESS, "bye".into());
        // An error means that it is closed already.
        let _ = timeout(Duration::from_secs(1), closing).await;
    }

    /// Publishes and waits for the broker's confirm.
    pub(super) async fn publish(
        &self,
        exchange: &str,
        key: &str,
        body: &[u8],
        properties: BasicProperties,
    ) -> Result<(), Error> {
        const PUBLISH: &str = "publish";
        if self.connection.status().blocked() {
            return Err(Error::HeldBack);
        }
        let id = message_id(&properties);
        let mandatory = BasicPublishOptions { mandatory: true, ..Default::default() };
        let confirm = async {
            self.publishing
                .basic_publish(exchange.into(), key.into(), mandatory, body, properties)
                .await?
                .await
        };
        match answer(PUBLISH, confirm).await {
            Ok(Confirmation::Ack(None)) => Ok(()),
            Ok(Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)))
                if message_id(&returned.properties) == id =>
            {
                let topic = key.to_owned();
                Err(Error::Unroutable { topic })
            }
            Ok(Confirmation::Nack(None)) => {
                Err(Error::Refused { operation: PUBLISH, source: None })
            }
            // A neighbour's message came back with our confirm: which of us was taken is unknown,
            // so all that are in flight have to publish again.
            Ok(_) => {
                self.broken.notify_one();
                Err(Error::unavailable(PUBLISH))
            }
            // A broker that holds us back is not gone: on a new connection we would not know it, and
            // every attempt would leave one more copy waiting.
            Err(_) if self.connection.status().blocked() => Err(Error::HeldBack),
            Err(error) => {
                self.broken.notify_one();
                Err(error)
            }
        }
    }

    pub(super) async fn declare(&self, topology: &Topology) -> Result<(), Error> {
        let channel = self.channel().await?;
        let declared = within(DECLARATION, "declare queues", topology.declare(&channel)).await;
        close(&channel).await;
        declared
    }

    pub(super) async fn declare_delay(&self, topology: &Topology, step: i64) -> Result<(), Error> {
        let delays = || self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        let declared = delays().get(&step).map(Instant::elapsed);
        if declared.is_some_and(|since| since < DECLARE_DELAY_AGAIN) {
            return Ok(());
        }
        self.aside("declare a delay", async |channel| topology.declare_delay(channel, step).await)
            .await?;
        delays().insert(step, Instant::now());
        Ok(())
    }

    /// Runs something on a channel of its own: what the broker refuses closes its channel.
    pub(super) async fn aside<T>(
        &self,
        operation: &'static str,
        run: impl AsyncFnOnce(&Channel) -> lapin::Result<T>,
    ) -> Result<T, Error> {
        let channel = self.channel().await?;
        let result = answer(operation, run(&channel)).await;
        close(&channel).await;
        result
    }

    pub(super) async fn channel(&self) -> Result<Channel, Error> {
        answer("open a channel", self.connection.create_channel()).await
    }
}

/// What is unsettled on the channel goes back to its queue.
pub(super) async fn close(channel: &Channel) {
    let closing = channel.close(SUCCESS, "done".into());
    // An error means that it is closed already.
    let _ = timeout(ANSWER, closing).await;
}

/// Bounds the wait for the broker.
pub(super) async fn answer<T>(
    operation: &'static str,
    asked: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Error> {
    within(ANSWER, operation, asked).await
}

async fn within<T>(
    limit: Duration,
    operation: &'static str,
    asked: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Error> {
    match timeout(limit, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(classify(operation, error)),
        Err(elapsed) => Err(Error::Unavailable { operation, source: Some(Arc::new(elapsed)) }),
    }
}

/// What RabbitMQ says when it ends a connection that is only being made.
pub(crate) fn refusal(source: &Source) -> Option<Refusal> {
    const ACCESS_REFUSED: u16 = 403;
    const NOT_ALLOWED: u16 = 530;
    let ErrorKind::ProtocolError(error) = source.downcast_ref::<lapin::Error>()?.kind() else {
        return None;
    };
    match error.get_id() {
        ACCESS_REFUSED => Some(Refusal::Login),
        NOT_ALLOWED => Some(Refusal::VirtualHost),
        _ => None,
    }
}

fn classify(operation: &'static str, error: lapin::Error) -> Error {
    let refused = error.is_amqp_soft_error();
    let source: Option<Source> = Some(Arc::new(error));
    if refused {
        Error::Refused { operation, source }
    } else {
        Error::Unavailable { operation, source }
    }
}
