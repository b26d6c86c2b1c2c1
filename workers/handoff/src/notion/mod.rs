//! Where people work: the records are shown in Notion, and what people did there is found.
//!
//! Showing is a reconciliation: whoever claims a ticket writes what differs, so that bursts make
//! one write, nothing is lost by an outage, and doing it again is harmless. Finding is a poll;
//! webhooks are hints to look earlier.

mod acts;
mod answers;
mod attachments;
mod call;
mod draw;
mod poll;
mod setup;
mod show;

use std::collections::BTreeMap;
use std::sync::Arc;

use clients::files::Files;
use clients::notion::Notion;
use domain::BusinessId;
use runtime::Ports;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

pub use answers::Answers;
pub use poll::poll_for_ever;
pub use setup::{Finding, check, create};
pub use show::show_for_ever;

use call::Caller;

/// So many files of pages are in memory at once.
const FETCHES_AT_ONCE: usize = 2;

/// Every business's desk in Notion. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desks {
    ports: Ports,
    files: Files,
    callers: Arc<BTreeMap<BusinessId, Caller>>,
    changed: Arc<Notify>,
    fetches: Arc<Semaphore>,
    /// Who shows and asks: this process.
    me: Uuid,
}

impl Desks {
    /// `changed` wakes whoever shows tickets; a process without any client does nothing.
    pub fn new(
        ports: Ports,
        files: Files,
        clients: BTreeMap<BusinessId, Notion>,
        changed: Arc<Notify>,
    ) -> Self {
        let caller = |(business, notion): (BusinessId, Notion)| {
            let desk = ports.businesses.get(&business)?.notion.clone()?;
            let caller = Caller::new(notion, desk, &ports, business.clone());
            Some((business, caller))
        };
        let callers = Arc::new(clients.into_iter().filter_map(caller).collect());
        #[expect(
            clippy::disallowed_methods,
            reason = "processes must differ, and nothing else is derived"
        )]
        let me = Uuid::new_v4();
        let fetches = Arc::new(Semaphore::new(FETCHES_AT_ONCE));
        Self { ports, files, callers, changed, fetches, me }
    }

    /// Whether no business's people work in Notion.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }
}
