//! What became of every message that the platform accepted: whether the sender was told so, and which
//! statuses reached it. The newest as many as the journal keeps.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Mutex;

use serde::Serialize;

use crate::bubble::Status;
use crate::clock::now_ms;
use crate::lock;

/// One accepted send.
#[derive(Clone, Serialize)]
pub struct AcceptedSend {
    pub wamid: String,
    pub at_ms: i64,
    /// Whom it was for, digits only.
    pub phone: String,
    /// `biz_opaque_callback_data`.
    pub mark: Option<String>,
    pub answer: Answer,
    /// Those that the receiver answered with 200, in the order it took them.
    pub statuses: Vec<Status>,
}

/// Whether the sender was told that its message was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Written to the connection.
    Given,
    /// Kept back by a fault.
    Lost,
}

// Holds a phone number.
impl fmt::Debug for AcceptedSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedSend")
            .field("wamid", &self.wamid)
            .field("answer", &self.answer)
            .field("statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Sends {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    order: VecDeque<String>,
    by_wamid: HashMap<String, AcceptedSend>,
}

impl Sends {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), kept: Mutex::default() }
    }

    pub(crate) fn accepted(&self, wamid: &str, phone: &str, mark: Option<&str>) {
        let send = AcceptedSend {
            wamid: wamid.to_owned(),
            at_ms: now_ms(),
            phone: phone.to_owned(),
            mark: mark.map(str::to_owned),
            answer: Answer::Given,
            statuses: Vec::new(),
        };
        let mut kept = lock(&self.kept);
        if kept.order.len() == self.limit
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.by_wamid.remove(&oldest);
        }
        kept.order.push_back(wamid.to_owned());
        kept.by_wamid.insert(wamid.to_owned(), send);
    }

    pub(crate) fn answer_lost(&self, wamid: &str) {
        if let Some(send) = lock(&self.kept).by_wamid.get_mut(wamid) {
            send.answer = Answer::Lost;
        }
    }

    pub(crate) fn status_taken(&self, wamid: &str, status: Status) {
        if let Some(send) = lock(&self.kept).by_wamid.get_mut(wamid) {
            send.statuses.push(status);
        }
    }

    /// Oldest first.
    pub(crate) fn all(&self) -> Vec<AcceptedSend> {
        let kept = lock(&self.kept);
        kept.order.iter().filter_map(|wamid| kept.by_wamid.get(wamid).cloned()).collect()
    }

    pub(crate) fn clear(&self) {
        *lock(&self.kept) = Kept::default();
    }
}
