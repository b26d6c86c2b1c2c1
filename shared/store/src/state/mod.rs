//! Conversation state: one document per conversation with a version, and the stored effects of
//! the messages that changed it. And what all workers share beside it: gates.

mod embedded;
mod error;
mod gate;
mod link;
mod pause;
mod process;
mod redis;

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use self::embedded::Embedded;
pub use self::error::Error;
pub use self::gate::{Block, Blocked, Limit, Pass};
use self::redis::Redis;

/// How long stored effects are kept at least. A message whose effects were stored but not yet
/// published comes back when the broker does: this is the longest outage over which its decision
/// is not taken twice.
pub const EFFECTS_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a conversation is kept after its last write, unless that says otherwise.
pub const CONVERSATION_TTL: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The port. Both implementations pass one suite (`tests/it/state.rs`).
#[derive(Clone, Debug)]
pub enum State {
    Redis(Redis),
    Embedded(Embedded),
}

/// What to do with a Redis that may lose what it has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatile {
    Refuse,
    Accept,
}

/// Whose effects: those of one worker for one incoming message.
#[derive(Clone, Copy, Debug)]
pub struct EffectsKey<'a> {
    pub worker: &'a str,
    pub message: Uuid,
}

/// What is known of a conversation.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Zero if the conversation was never stored, or was forgotten.
    pub version: u64,
    pub document: Option<String>,
    pub effects: Option<String>,
}

/// One step of a conversation.
#[derive(Clone, Copy)]
pub struct Commit<'a> {
    pub conversation: Uuid,
    /// The version that was loaded. It is looked at only if there is a document.
    pub expected: u64,
    /// The conversation at version `expected + 1`. Without it only the effects are stored.
    pub document: Option<&'a str>,
    pub effects: Option<(EffectsKey<'a>, &'a str)>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Committed {
    /// The conversation now stands at this version.
    Stored { version: u64 },
    /// Somebody else wrote since it was loaded. Nothing was stored.
    Conflict,
    /// The effects of this message were stored before, and are these. Nothing was stored.
    AlreadyDecided(String),
}

impl State {
    /// Connects to one Redis (`redis://`, `rediss://`) or to a cluster: several nodes separated
    /// by commas, or `?cluster=true`. Fails if Redis does not answer, or if it may lose what it
    /// acknowledges and that is not accepted (test
    /// `a_redis_that_keeps_nothing_is_refused_unless_accepted`).
    ///
    /// Afterwards it reconnects by itself, and while Redis is down a call fails within
    /// milliseconds (test `an_outage_costs_milliseconds_and_ends_by_itself`).
    pub async fn redis(url: &str, volatile: Volatile) -> Result<Self, Error> {
        Redis::connect(url, volatile).await.map(Self::Redis)
    }

    /// Uses the embedded file, making the tables if need be.
    pub async fn embedded(file: ::embedded::File) -> Result<Self, Error> {
        Embedded::prepare(file).await.map(Self::Embedded)
    }

    /// The conversation and, if asked for, the stored effects of one message, as they were at one
    /// moment. One round trip.
    pub async fn load(
        &self,
        conversation: Uuid,
        effects_of: Option<EffectsKey<'_>>,
    ) -> Result<Loaded, Error> {
        match self {
            Self::Redis(redis) => redis.load(conversation, effects_of).await,
            Self::Embedded(embedded) => embedded.load(conversation, effects_of).await,
        }
    }

    /// Stores the conversation and the effects, both or neither: if the version is the expected
    /// one and this message has no effects yet (test `writers_that_race_count_exactly`).
    ///
    /// After a transient error it may or may not have happened. Commit again: if it had happened,
    /// the answer is [`Committed::AlreadyDecided`] with the same effects, or without effects
    /// [`Committed::Conflict`].
    pub async fn commit(&self, commit: Commit<'_>) -> Result<Committed, Error> {
        self.commit_for(CONVERSATION_TTL, commit).await
    }

    /// The same, and the conversation is kept so long after this write (test
    /// `a_conversation_is_kept_as_long_as_its_last_write_said`).
    pub async fn commit_for(&self, life: Duration, commit: Commit<'_>) -> Result<Committed, Error> {
        match self {
            Self::Redis(redis) => redis.commit(commit, life).await,
            Self::Embedded(embedded) => embedded.commit(commit, life).await,
        }
    }

    /// Forgets the conversation and the stored effects of all its messages, as if nothing had ever
    /// been said; whether there was anything. What is another name of it stays one (test
    /// `what_is_forgotten_begins_anew`).
    pub async fn forget(&self, conversation: Uuid) -> Result<bool, Error> {
        match self {
            Self::Redis(redis) => redis.forget(conversation).await,
            Self::Embedded(embedded) => embedded.forget(conversation).await,
        }
    }

    /// Forgets that `of` is another name of a conversation; whether it was.
    pub async fn forget_alias(&self, of: Uuid) -> Result<bool, Error> {
        match self {
            Self::Redis(redis) => redis.forget_alias(of).await,
            Self::Embedded(embedded) => embedded.forget_alias(of).await,
        }
    }

    /// Deletes some of what has had its time, and says whether there may be more. Writing does the
    /// same by the way, and Redis by itself; this is for an installation to which nobody writes.
    pub async fn forget_old(&self) -> Result<bool, Error> {
        match self {
            Self::Redis(_) => Ok(false),
            Self::Embedded(embedded) => embedded.forget_old().await,
        }
    }

    /// Makes `of` another name of the conversation. The last one who says so wins. From then on
    /// `of` can't be begun as a conversation of its own: its first commit is a
    /// [`Committed::Conflict`] (test `what_is_an_alias_is_no_conversation_of_its_own`).
    pub async fn put_alias(&self, of: Uuid, conversation: Uuid) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.put_alias(of, conversation).await,
            Self::Embedded(embedded) => embedded.put_alias(of, conversation).await,
        }
    }

    /// The conversation that `of` is another name of. An alias lives at least
    /// [`CONVERSATION_TTL`] from when it was last put or read.
    pub async fn alias(&self, of: Uuid) -> Result<Option<Uuid>, Error> {
        match self {
            Self::Redis(redis) => redis.alias(of).await,
            Self::Embedded(embedded) => embedded.alias(of).await,
        }
    }

    /// Whether the state can be reached now.
    pub async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::Redis(redis) => redis.ping().await,
            Self::Embedded(embedded) => embedded.ping().await,
        }
    }
}

// Documents and effects hold what customers wrote: `Debug` shows everything but them.

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("version", &self.version)
            .field("document", &self.document.as_ref().map(String::len))
            .field("effects", &self.effects.as_ref().map(String::len))
            .finish()
    }
}

impl fmt::Debug for Commit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit")
            .field("conversation", &self.conversation)
            .field("expected", &self.expected)
            .field("document", &self.document.map(str::len))
            .field("effects", &self.effects.map(|(key, effects)| (key, effects.len())))
            .finish()
    }
}

impl fmt::Debug for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored { version } => f.debug_struct("Stored").field("version", version).finish(),
            Self::Conflict => f.write_str("Conflict"),
            Self::AlreadyDecided(effects) => {
                f.debug_tuple("AlreadyDecided").field(&effects.len()).finish()
            }
        }
    }
}
