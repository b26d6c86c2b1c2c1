use std::fmt;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the URL of the database")]
    Url(#[source] Cause),
    #[error("{operation} the database")]
    Database { operation: &'static str, source: Cause },
    #[error("{operation} the database: no answer in time")]
    TimedOut { operation: &'static str },
    #[error("{operation} the database")]
    Embedded { operation: &'static str, source: embedded::Error },
    #[error(
        "this database was migrated by a newer relevo: it has migration {found}, \
         and this version knows none after {known}. Run the newer version"
    )]
    Newer { found: i64, known: i64 },
    #[error("migration {version} is not the one that this database was migrated with")]
    Changed { version: i64 },
    #[error("{operation} the database: what is there was not written by relevo")]
    Foreign { operation: &'static str },
}

impl Error {
    pub(super) fn database(operation: &'static str, source: sqlx::Error) -> Self {
        Self::Database { operation, source: source.into() }
    }

    pub(super) fn embedded(operation: &'static str, source: embedded::Error) -> Self {
        Self::Embedded { operation, source }
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Url(_) | Self::Newer { .. } | Self::Changed { .. } | Self::Foreign { .. } => {
                false
            }
            Self::Database { source, .. } => source.is_transient(),
            Self::TimedOut { .. } => true,
            Self::Embedded { source, .. } => source.is_transient(),
        }
    }
}

/// The driver's error. Its own `Debug` would show the failing row, which holds what a customer
/// wrote.
pub struct Cause(sqlx::Error);

impl Cause {
    fn is_transient(&self) -> bool {
        match &self.0 {
            sqlx::Error::Database(error) => error.code().is_some_and(|code| passes(&code)),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            _ => false,
        }
    }
}

/// By SQLSTATE, or by SQLite's number, whose low byte is the primary one.
fn passes(code: &str) -> bool {
    if code.len() == 5 {
        // Classes: connection, rollback (deadlock, serialization), resources, object in use,
        // operator's intervention, I/O; and a server that has become a standby.
        let classes = ["08", "40", "53", "55", "57", "58"];
        return code == "25006" || classes.iter().any(|class| code.starts_with(class));
    }
    // Busy, locked, no memory, I/O, full.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 10 | 13))
}

impl From<sqlx::Error> for Cause {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Cause {}
