//! Calls to Notion within its rate, which all processes share: answers to customers go first.

use std::fmt;
use std::time::Duration;

use clients::notion::{Class, Error, Notion, Source};
use domain::message::{AlertRaised, Severity};
use domain::{BusinessId, ConversationId, Envelope, MessageId, TicketId};
use runtime::business::NotionDesk;
use runtime::{Failure, Ports};
use secrecy::ExposeSecret as _;
use store::state::{Block, Limit, Pass};
use tokio::sync::OnceCell;
use tracing::{error, info, warn};
use uuid::Uuid;

/// Three requests a second on average, and few at once.
const RATE: Limit = Limit { every: Duration::from_millis(340), burst: 3 };
/// What is less urgent leaves room for what is more so.
const RATE_OF_SHOWING: Limit = Limit { every: Duration::from_millis(500), burst: 2 };
const RATE_OF_LEARNING: Limit = Limit { every: Duration::from_millis(1000), burst: 1 };

/// What a call is for; the first goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Priority {
    /// A customer waits for an answer that is there.
    Answer,
    /// Somebody is to see a ticket.
    Ticket,
    /// What became of things.
    Rest,
}

impl Priority {
    /// The narrower gate that it passes before the common one.
    fn own_gate(self) -> Option<(&'static str, Limit)> {
        match self {
            Self::Answer => None,
            Self::Ticket => Some(("ticket", RATE_OF_SHOWING)),
            Self::Rest => Some(("rest", RATE_OF_LEARNING)),
        }
    }

    fn patience(self) -> Duration {
        match self {
            Self::Answer => Duration::from_secs(10),
            Self::Ticket => Duration::from_secs(5),
            Self::Rest => Duration::from_secs(2),
        }
    }
}

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No place at a gate, or Notion asks to wait.
    Later(Duration),
    Notion(Error),
    /// Something of ours, or a matter of chance.
    Failed(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<store::records::Error> for Trouble {
    fn from(error: store::records::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<store::state::Error> for Trouble {
    fn from(error: store::state::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Later(after) => {
                Self::Later { cause: "Notion asks to wait".to_owned(), after: whole(after) }
            }
            Trouble::Notion(error) => match error.class() {
                // An operator mends it, and nothing may be lost meanwhile.
                Class::Unauthorized => {
                    let after = Duration::from_secs(60);
                    Self::Later { cause: "Notion refuses the key".to_owned(), after }
                }
                Class::Ours => Self::reject(&error),
                _ => Self::retry(&error),
            },
            Trouble::Failed(failure) => failure,
        }
    }
}

/// The broker has a queue for each delay, so that few of them are better.
fn whole(after: Duration) -> Duration {
    Duration::from_secs(after.as_secs() + u64::from(after.subsec_nanos() > 0))
        .max(Duration::from_secs(1))
}

/// A business's desk, with the client that reaches it.
pub(super) struct Caller {
    pub(super) notion: Notion,
    pub(super) desk: NotionDesk,
    business: BusinessId,
    ports: Ports,
    source: OnceCell<Source>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("desk", &self.desk).finish_non_exhaustive()
    }
}

impl Caller {
    pub(super) fn new(
        notion: Notion,
        desk: NotionDesk,
        ports: &Ports,
        business: BusinessId,
    ) -> Self {
        Self { notion, desk, business, ports: ports.clone(), source: OnceCell::new() }
    }

    /// Where the tickets' pages live.
    pub(super) async fn source(&self, priority: Priority) -> Result<&Source, Trouble> {
        self.source
            .get_or_try_init(|| async {
                let id = &self.desk.database_id;
                Ok(self.call(priority, self.notion.database(id)).await?.source)
            })
            .await
    }

    /// Makes one call when there is a place for it.
    pub(super) async fn call<T>(
        &self,
        priority: Priority,
        call: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        let state = &self.ports.state;
        if let Some((name, limit)) = priority.own_gate() {
            let gate = format!("{}:{name}", self.gate());
            match state.pass(&gate, limit, priority.patience()).await? {
                Pass::Granted { after, .. } => tokio::time::sleep(after).await,
                Pass::Wait { until_free, .. } => return Err(Trouble::Later(until_free)),
            }
        }
        let ticket = match state.pass(&self.gate(), RATE, priority.patience()).await? {
            Pass::Granted { after, ticket } => {
                tokio::time::sleep(after).await;
                ticket
            }
            Pass::Wait { until_free, .. } => return Err(Trouble::Later(until_free)),
        };
        match call.await {
            Ok(answer) => {
                self.got_through(ticket).await;
                Ok(answer)
            }
            Err(error) => Err(self.refused(error, ticket).await?),
        }
    }

    async fn got_through(&self, ticket: u64) {
        match self.ports.state.unblock(&self.gate(), ticket).await {
            Ok(true) => {
                info!(business = %self.business, "Notion answers again");
                self.alert(true, "Notion answers again.").await;
            }
            Ok(false) => {}
            Err(error) => warn!(%error, "a gate was not opened"),
        }
    }

    /// What is too fast, or not allowed at all, holds everybody back for a while.
    async fn refused(&self, error: Error, ticket: u64) -> Result<Trouble, Trouble> {
        let (base, longest, at_least) = match error.class() {
            Class::Throttled { retry_after } => (1, 60, retry_after.unwrap_or_default()),
            Class::Unauthorized => (30, 300, Duration::ZERO),
            Class::Missing | Class::Ours | Class::Conflict | Class::Transient => {
                warn!(%error, "Notion did not do it");
                return Ok(Trouble::Notion(error));
            }
        };
        let block = Block {
            base: Duration::from_secs(base),
            factor: 2,
            longest: Duration::from_secs(longest),
            at_least,
            spread: 0.5,
            probe: true,
            ticket: Some(ticket),
        };
        let blocked = self.ports.state.block(&self.gate(), block).await?;
        warn!(%error, for.ms = blocked.for_.as_millis(), "Notion asks to wait");
        if error.class() == Class::Unauthorized {
            error!(business = %self.business, "Notion refuses the key: the desk is not shown");
            self.alert(
                false,
                "Notion refuses the key of the connection, or the database was not shared with \
                 it. Customers are answered and tickets are kept meanwhile: `relevo notion check` \
                 says what is wrong, `relevo tickets` is the desk until then.",
            )
            .await;
            return Ok(Trouble::Notion(error));
        }
        Ok(Trouble::Later(blocked.for_))
    }

    /// By the key, since the rate is the connection's. Gates keep only a hash of their names.
    fn gate(&self) -> String {
        format!("notion:{}", self.desk.api_key.expose_secret())
    }

    async fn alert(&self, over: bool, details: &str) {
        let now = self.ports.clock.now();
        let id = TicketId::from_uuid(Uuid::nil());
        let id: MessageId =
            id.derive(&format!("alert\0{}\0{over}\0{}", self.business, now.as_millis()));
        let alert = AlertRaised {
            kind: "desk_refused".to_owned(),
            severity: if over { Severity::Info } else { Severity::Critical },
            subject: self.business.to_string(),
            details: details.to_owned(),
            at: now,
            over,
        };
        let nowhere = ConversationId::from_uuid(Uuid::nil());
        let envelope = Envelope::from_outside(id, self.business.clone(), nowhere, now, alert);
        if let Err(failure) = self.ports.tell(&envelope).await {
            error!(%failure, "an alert was not published");
        }
    }
}
