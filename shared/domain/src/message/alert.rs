//! What an operator must know.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Something about the channel or the account asks for an operator, or no longer does. The
/// envelope's conversation means nothing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRaised {
    /// What it is about, in snake case: the name of the webhook's field, or of our own trouble.
    pub kind: String,
    pub severity: Severity,
    /// Which template, number or account.
    pub subject: String,
    /// What happened and what to do, in words. No customer's data.
    pub details: String,
    pub at: Timestamp,
    /// Whether it is over: open alerts of this kind and subject are closed.
    #[serde(default)]
    pub over: bool,
}

/// How soon an operator should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    /// Customers get no answers until somebody acts.
    Critical,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
