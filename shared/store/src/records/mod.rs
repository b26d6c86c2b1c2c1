//! Records: every message with its outcome, and what became of every answer, for good; and what
//! each business knows.
//!
//! Everything may be recorded twice, late and out of order, and the records end up the same.

mod alert;
mod calibration;
mod costs;
mod erase;
mod error;
mod export;
mod history;
mod import;
mod inbound;
mod knowledge;
mod learning;
mod merge;
mod migration;
mod order;
mod outbound;
mod retain;
mod source;
mod subject;
mod ticket;
mod usage;
mod vectors;

use std::str::FromStr;
use std::time::Duration;

use embedded::File;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub use self::alert::{Alert, AlertFilter, Severity};
pub use self::calibration::KnowledgeCalibration;
pub use self::costs::{CostFilter, Costs};
pub use self::erase::ERASURE_TTL_MS;
pub use self::error::Error;
pub use self::export::{Field, Fields};
pub use self::history::{DeliveryState, Entry};
pub use self::import::{HistoryAuthor, HistoryMessage};
pub use self::inbound::{Claim, Counts, Inbound, Outcome, Unsettled};
pub use self::knowledge::{
    KnowledgeChanges, KnowledgeDraft, KnowledgeEntry, KnowledgeSource, SourceSummary,
};
pub use self::learning::{
    Basis, Candidate, CandidateChange, CandidateState, Changed, LEARNED, learned_entry,
};
pub use self::migration::Migration;
pub use self::order::{CustomerOrder, OrderItem};
pub use self::outbound::{Author, Delivery, DeliveryStatus, Outbound, Pricing};
pub use self::retain::Older;
pub use self::source::AnswerSource;
pub use self::subject::{Held, Subject};
pub use self::ticket::{
    Learned, LineKind, Opening, Page, ReleaseSaid, Ticket, TicketChange, TicketFilter, TicketLine,
    TicketRelease,
};
pub use self::usage::{Facts, Forgotten, Sign, SignKind, Unweighed, Use, UseKind, UseOutcome};
pub use self::vectors::{DenseWeight, EntryVector, VectorSearch};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that has frozen must not freeze its callers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// The port. Both implementations pass one suite (`tests/it/records.rs`, `tests/it/history.rs`,
/// `tests/it/whatsapp.rs`, `tests/it/knowledge.rs`, `tests/it/erasure.rs`, `tests/it/learning.rs`,
/// `tests/it/vectors.rs`, `tests/it/tickets.rs`).
#[derive(Clone, Debug)]
pub enum Records {
    Sqlite(File),
    Postgres(PgPool),
}

/// How many connections to PostgreSQL a process may have at once. It opens them as it needs them;
/// the server has a limit for all processes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// Its work is in the records.
    Many,
    /// It asks them now and then.
    Few,
}

impl Connections {
    pub const fn most(self) -> u32 {
        match self {
            Self::Many => 8,
            Self::Few => 2,
        }
    }
}

impl Records {
    /// Connects; fails if the server does not answer, and with [`Error::Refused`] if it refuses
    /// (test `a_database_that_refuses_is_a_clear_error_at_the_start`). Nothing is migrated yet.
    pub async fn postgres(url: &str) -> Result<Self, Error> {
        Self::postgres_with(url, Connections::Many).await
    }

    /// The same with a pool of another size.
    pub async fn postgres_with(url: &str, connections: Connections) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|source| Error::Url(source.into()))?
            .application_name("relevo");
        let pool = PgPoolOptions::new()
            .max_connections(connections.most())
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(Error::connect)?;
        Ok(Self::Postgres(pool))
    }

    /// Uses the embedded file. Nothing is migrated yet.
    pub fn embedded(file: File) -> Self {
        Self::Sqlite(file)
    }

    /// Whether the records can be reached now.
    pub async fn ping(&self) -> Result<(), Error> {
        read!(self, "ping", db => sqlx::query("SELECT 1").execute(db).await.map(drop))
    }
}

/// PostgreSQL's text can't hold a NUL, which a customer can write.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

async fn in_time<T>(
    operation: &'static str,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
        Ok(answer) => answer.map_err(|source| Error::database(operation, source)),
        Err(_) => Err(Error::TimedOut { operation }),
    }
}

/// Runs `$body` with `$db` as the pool to read from. The statements are the same on both
/// databases, the types of their drivers are not.
macro_rules! read {
    ($records:expr, $operation:literal, $db:ident => $body:expr) => {
        match $records {
            $crate::Records::Sqlite(file) => {
                let $db = file.readers();
                let answer: Result<_, sqlx::Error> = async { $body }.await;
                answer.map_err(|source| $crate::records::Error::database($operation, source))
            }
            $crate::Records::Postgres($db) => {
                $crate::records::in_time($operation, async { $body }).await
            }
        }
    };
}

/// Runs `$body`, which owns what it uses, with `$db` as the connection to write to.
macro_rules! write {
    ($records:expr, $operation:literal, $db:ident => $body:expr) => {
        match $records {
            $crate::Records::Sqlite(file) => file
                .write(move |$db| Box::pin(async move { $body }))
                .await
                .map_err(|source| $crate::records::Error::embedded($operation, source)),
            $crate::Records::Postgres(pool) => {
                let answer = async move {
                    let mut connection = pool.acquire().await?;
                    let $db = &mut *connection;
                    $body
                };
                $crate::records::in_time($operation, answer).await
            }
        }
    };
}

/// Runs `$body` as [`write!`] does, and all of it or nothing happens: the embedded file does so
/// with every write, PostgreSQL needs to be told.
macro_rules! transact {
    ($records:expr, $operation:literal, $db:ident => $body:expr) => {
        match $records {
            $crate::Records::Sqlite(file) => file
                .write(move |$db| Box::pin(async move { $body }))
                .await
                .map_err(|source| $crate::records::Error::embedded($operation, source)),
            $crate::Records::Postgres(pool) => {
                let answer = async move {
                    let mut transaction = pool.begin().await?;
                    let $db = &mut *transaction;
                    let done: Result<_, sqlx::Error> = async { $body }.await;
                    let done = done?;
                    transaction.commit().await?;
                    Ok(done)
                };
                $crate::records::in_time($operation, answer).await
            }
        }
    };
}

use {read, transact, write};
