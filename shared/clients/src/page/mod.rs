//! A page or a file at an address that an operator names.

mod address;
mod error;
mod reach;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::{Client, Response, Url, redirect};

use crate::http;

pub use address::Address;
pub use error::Error;
pub use reach::Reach;

/// A page that has moved has moved once or twice; what goes on and on is a loop.
const REDIRECTS_MAX: usize = 5;
/// What is taken, and what rather.
const ACCEPTED: &str = "text/html, application/xhtml+xml, text/markdown, text/csv, text/plain, \
                        application/pdf, */*;q=0.5";

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// For all of it: connections, redirects and the last byte.
    pub timeout: Duration,
    /// In bytes.
    pub at_most: usize,
    pub reach: Reach,
}

/// Fetches pages. It asks the servers themselves, never a proxy, which would look up names where
/// nobody sees what they lead to.
#[derive(Clone, Debug)]
pub struct Pages {
    http: Client,
    options: Options,
}

/// What is at an address.
#[derive(Debug)]
pub struct Page {
    /// Of where it was found in the end, without what asks a program: `/guia.pdf`.
    pub path: String,
    /// In small letters and without parameters.
    pub mime_type: Option<String>,
    /// In which letters it is written, as its server says.
    pub charset: Option<String>,
    pub bytes: Bytes,
}

impl Pages {
    pub fn new(options: Options) -> Result<Self, http::Error> {
        let client = Client::builder()
            .user_agent(http::USER_AGENT)
            .default_headers(HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(ACCEPTED))]))
            // Followed here, where each address is looked at.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(http::CONNECT_TIMEOUT.min(options.timeout))
            .dns_resolver(Arc::new(options.reach))
            .build()
            .map_err(http::Error::Setup)?;
        Ok(Self { http: client, options })
    }

    /// Fetches what is there, and nothing that is not public unless it may (test
    /// `what_is_not_public_is_not_asked_not_even_by_a_redirect_or_a_name`).
    pub async fn fetch(&self, address: &Address) -> Result<Page, Error> {
        let fetched = tokio::time::timeout(self.options.timeout, self.follow(address.url()));
        fetched.await.unwrap_or(Err(Error::TooLong { seconds: self.options.timeout.as_secs() }))
    }

    async fn follow(&self, url: &Url) -> Result<Page, Error> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS_MAX {
            self.options.reach.check(&url)?;
            let response = self.http.get(url.clone()).send().await.map_err(Error::interrupted)?;
            let status = response.status();
            if !status.is_redirection() {
                return self.read(response).await;
            }
            let to = header(&response, &LOCATION).and_then(|to| url.join(to).ok());
            let to = to.ok_or(Error::Refused { status: status.as_u16() })?;
            url = Address::of(to)?.url().clone();
        }
        Err(Error::Redirects { at_most: REDIRECTS_MAX })
    }

    async fn read(&self, mut response: Response) -> Result<Page, Error> {
        match response.status().as_u16() {
            200..=299 => {}
            status @ (404 | 410) => return Err(Error::Gone { status }),
            status => return Err(Error::Refused { status }),
        }
        if header(&response, &CONTENT_ENCODING).is_some_and(|how| how != "identity") {
            return Err(Error::Packed);
        }
        let path = response.url().path().to_owned();
        let said = header(&response, &CONTENT_TYPE).unwrap_or_default().to_owned();
        let at_most = self.options.at_most;
        let too_large = Error::TooLarge { mb: at_most / 1024 / 1024 };
        if response.content_length().is_some_and(|length| length > at_most as u64) {
            return Err(too_large);
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(Error::interrupted)? {
            if bytes.len() + chunk.len() > at_most {
                return Err(too_large);
            }
            bytes.extend_from_slice(&chunk);
        }
        let (mime_type, charset) = content_type(&said);
        Ok(Page { path, mime_type, charset, bytes: bytes.freeze() })
    }
}

fn header<'r>(response: &'r Response, name: &HeaderName) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// `text/html; charset="utf-8"` apart.
fn content_type(said: &str) -> (Option<String>, Option<String>) {
    let mut parts = said.split(';').map(str::trim);
    let mime_type = parts.next().filter(|one| one.contains('/')).map(str::to_ascii_lowercase);
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_owned())
    });
    (mime_type, charset.filter(|charset| !charset.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_a_type_and_perhaps_a_charset() {
        for (said, mime_type, charset) in [
            ("text/html", Some("text/html"), None),
            ("Text/HTML; Charset=\"UTF-8\"", Some("text/html"), Some("UTF-8")),
            ("text/csv;header=present;charset=latin1", Some("text/csv"), Some("latin1")),
            ("nonsense", None, None),
            ("", None, None),
        ] {
            let found = content_type(said);
            assert_eq!((found.0.as_deref(), found.1.as_deref()), (mime_type, charset), "{said}");
        }
    }
}
