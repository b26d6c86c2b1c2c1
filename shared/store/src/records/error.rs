use std::fmt;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the URL of the database")]
    Url(#[source] Cause),
    /// At the start only: waiting does not mend a wrong password or a database that was never made.
    #[error("connect to the database: it refuses this user or does not exist")]
    Refused(#[source] Cause),
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
    pub(super) fn connect(source: sqlx::Error) -> Self {
        let source = Cause(source);
        if source.refuses() {
            Self::Refused(source)
        } else {
            Self::Database { operation: "connect to", source }
        }
    }

    pub(super) fn database(operation: &'static str, source: sqlx::Error) -> Self {
        Self::Database { operation, source: source.into() }
    }

    pub(super) fn embedded(operation: &'static str, source: embedded::Error) -> Self {
        Self::Embedded { operation, source }
    }

    /// Whether the server is well and will not do this: it does not know how, has not what it needs
    /// for it, or this user may not.
    pub(super) fn is_refusal(&self) -> bool {
        let Self::Database { source: Cause(sqlx::Error::Database(error)), .. } = self else {
            return false;
        };
        error.code().is_some_and(|code| ["0A", "42", "58"].contains(&class(&code)))
    }

    /// Whether the same call may succeed later: everything that the data itself does not cause. A
    /// grant, a table or a password that is missing is for an operator to mend, and no fault of
    /// the message at hand (tests `what_an_operator_can_mend_is_worth_trying_again`,
    /// `what_the_data_causes_is_not_worth_trying_again`).
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Url(_)
            | Self::Refused(_)
            | Self::Newer { .. }
            | Self::Changed { .. }
            | Self::Foreign { .. } => false,
            Self::Database { source, .. } => passes(&source.0),
            Self::TimedOut { .. } => true,
            Self::Embedded { source, .. } => match source {
                embedded::Error::Read(source) | embedded::Error::Write(source) => passes(source),
                // This process is ending; the next one goes on.
                embedded::Error::Closed => true,
                source => source.is_transient(),
            },
        }
    }
}

/// The driver's error. Its own `Debug` would show the failing row, which holds what a customer
/// wrote.
pub struct Cause(sqlx::Error);

impl Cause {
    /// By SQLSTATE: the user or the password, the database, a privilege.
    fn refuses(&self) -> bool {
        let sqlx::Error::Database(error) = &self.0 else { return false };
        error.code().is_some_and(|code| ["28", "3D", "42"].contains(&class(&code)))
    }
}

fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => !error.code().is_some_and(|code| is_of_the_data(&code)),
        sqlx::Error::Configuration(_)
        | sqlx::Error::InvalidArgument(_)
        | sqlx::Error::RowNotFound
        | sqlx::Error::TypeNotFound { .. }
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

/// By SQLSTATE, or by SQLite's number, whose low byte is the primary one.
fn is_of_the_data(code: &str) -> bool {
    if code.len() == 5 {
        // What it is, a constraint, and what is too long for an index.
        return ["22", "23", "54"].contains(&class(code));
    }
    // Too big, a constraint, a mismatch of types.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20))
}

fn class(code: &str) -> &str {
    code.get(..2).unwrap_or(code)
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
