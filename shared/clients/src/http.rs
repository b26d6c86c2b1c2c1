//! What every client shares: how a connection pool is set up, and how a wait is asked for.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Url, redirect};
use secrecy::{ExposeSecret, SecretString};

/// The longest a connection may take to come up. Short, because a request that was never written is
/// the cheap failure: it can be repeated without asking what became of it.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Whoever we call may ask who that was.
pub(crate) const USER_AGENT: &str = concat!("relevo/", env!("CARGO_PKG_VERSION"));

/// A client that can't be built from what the operator configured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not an http or https address")]
    Address(&'static str),
    #[error("{0} holds characters that no header may carry")]
    Token(&'static str),
    #[error("set up an HTTP client")]
    Setup(#[source] reqwest::Error),
}

/// One connection pool. It never follows a redirect: that would repeat a message, or carry it to
/// a host nobody configured.
pub(crate) fn client(timeout: Duration, headers: HeaderMap) -> Result<Client, Error> {
    Client::builder()
        .user_agent(USER_AGENT)
        .default_headers(headers)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT.min(timeout))
        .timeout(timeout)
        .build()
        .map_err(Error::Setup)
}

/// Parses a base address; `name` is what the operator calls it.
pub(crate) fn address(name: &'static str, text: &str) -> Result<Url, Error> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(Error::Address(name)),
    }
}

/// `Authorization: Bearer …`, marked so that no `Debug` prints it.
pub(crate) fn bearer(name: &'static str, token: &SecretString) -> Result<HeaderMap, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
        .map_err(|_| Error::Token(name))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// The wait a server asks for in whole seconds. The form with a date is not read: it would need a
/// clock that agrees with the server's.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
