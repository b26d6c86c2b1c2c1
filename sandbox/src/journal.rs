//! Every request that reached the stand-ins and every webhook they sent, the newest few thousand.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;

use crate::clock::now_ms;
use crate::lock;
use crate::operation::Operation;

/// One request, or one attempt to deliver a webhook. Credentials are never kept.
#[derive(Clone, Serialize)]
pub struct Entry {
    pub at_ms: i64,
    /// What it was; `None` when no operation of the stand-ins has this address.
    pub operation: Option<Operation>,
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The JSON body; of a multipart body the fields, a file as its name, type and size; otherwise null.
    pub body: Value,
    /// The HTTP status of the answer. `None` while there is none, and for ever when the answer was lost.
    pub status: Option<u16>,
}

// Bodies hold what customers wrote and their numbers.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("at_ms", &self.at_ms)
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Journal {
    limit: usize,
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    /// The number of the oldest entry still kept.
    first: u64,
    entries: VecDeque<Entry>,
}

/// The place of an entry whose answer is still to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(u64);

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), pages: Mutex::default() }
    }

    pub(crate) fn open(
        &self,
        operation: Option<Operation>,
        method: &str,
        path: &str,
        body: Value,
    ) -> Place {
        let entry = Entry {
            at_ms: now_ms(),
            operation,
            method: method.to_owned(),
            path: path.to_owned(),
            body,
            status: None,
        };
        let mut pages = lock(&self.pages);
        if pages.entries.len() == self.limit {
            pages.entries.pop_front();
            pages.first += 1;
        }
        pages.entries.push_back(entry);
        Place(pages.first + pages.entries.len() as u64 - 1)
    }

    pub(crate) fn answered(&self, place: Place, status: u16) {
        let mut pages = lock(&self.pages);
        let index = place.0.checked_sub(pages.first).and_then(|index| usize::try_from(index).ok());
        if let Some(entry) = index.and_then(|index| pages.entries.get_mut(index)) {
            entry.status = Some(status);
        }
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        lock(&self.pages).entries.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut pages = lock(&self.pages);
        pages.first += pages.entries.len() as u64;
        pages.entries.clear();
    }
}
