//! What the platform answered, before anybody has read it.

use reqwest::Response;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::classify::{Class, classify, retry_after};
use super::error::SendError;

pub(super) struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(super) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        // A body that breaks off is one that can't be read: the status still counts.
        let body = response.bytes().await.map(Vec::from).unwrap_or_default();
        Self { status, headers, body }
    }

    /// `words` as for [`SendError::refused`].
    pub(super) fn success(&self, words: &[&str]) -> Result<(), SendError> {
        if (200..300).contains(&self.status) { Ok(()) } else { Err(self.refusal(words)) }
    }

    pub(super) fn read<T: DeserializeOwned>(&self, words: &[&str]) -> Result<T, SendError> {
        self.success(words)?;
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    pub(super) fn refusal(&self, words: &[&str]) -> SendError {
        let refusal = classify(self.status, retry_after(&self.headers), &self.body);
        SendError::refused(self.status, refusal, words)
    }

    pub(super) fn unreadable(&self) -> SendError {
        SendError::Unreadable { status: self.status, class: Class::Transient }
    }
}
