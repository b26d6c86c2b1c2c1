use redis::RedisError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the URL of redis")]
    Url(#[source] RedisError),
    #[error("connect to redis")]
    Connect(#[source] RedisError),
    /// It did not answer a moment ago, so it was not asked.
    #[error("redis is down")]
    Down,
    #[error("{operation} in redis")]
    Redis { operation: &'static str, source: RedisError },
    /// Another program writes under the same keys. What was found is not shown: it may be what a
    /// customer wrote.
    #[error("{operation} in redis: what is there was not written by relevo")]
    Foreign { operation: &'static str },
    #[error(
        "this redis may lose what it has acknowledged: {reasons}. \
         Change its configuration, or accept the loss explicitly"
    )]
    Volatile { reasons: String },
    #[error("{operation} in the embedded state")]
    Embedded { operation: &'static str, source: embedded::Error },
    #[error("{operation} in the embedded state")]
    EmbeddedRead { operation: &'static str, source: sqlx::Error },
}

impl Error {
    /// Whether the same call may succeed later. A server that refuses, is full, loads its file or
    /// is gone is never the fault of the message at hand.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Url(_) | Self::Foreign { .. } | Self::Volatile { .. } => false,
            Self::Connect(_) | Self::Down | Self::Redis { .. } | Self::EmbeddedRead { .. } => true,
            Self::Embedded { source, .. } => source.is_transient(),
        }
    }
}
