use clap::ValueEnum;

/// A part of Relevo that can run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Role {
    /// Webhooks in, messages out
    Ingress,
    /// Gathers turns and decides who answers
    Triage,
    /// Turns voice notes, pictures and documents into text
    Media,
    /// Answers from the knowledge base, or says that it cannot
    Knowledge,
    /// Takes over what the bot should not answer
    Handoff,
    /// Speaks to customers
    Outbound,
    /// Records every message and its outcome
    Ledger,
}

impl Role {
    pub const ALL: &'static [Self] = &[
        Self::Ingress,
        Self::Triage,
        Self::Media,
        Self::Knowledge,
        Self::Handoff,
        Self::Outbound,
        Self::Ledger,
    ];

    /// As the command line names it.
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value().expect("no role is hidden");
        value.get_name().to_owned()
    }
}
