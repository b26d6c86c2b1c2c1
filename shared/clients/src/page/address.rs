//! An address that can be fetched.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::Error;

/// Of a page, over http or https, without a password and without a place in the page. Written in
/// one way only, whichever way it was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    pub(super) fn of(mut url: Url) -> Result<Self, Error> {
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Error::NoAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Password);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether a text is meant as an address, and not as the name of a file.
    pub fn is_meant(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        })
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::of(Url::parse(text.trim()).map_err(|_| Error::NoAddress)?)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What asks a program may be a key.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.0.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_one_way() {
        for (typed, expected) in [
            ("https://Example.com", "https://example.com/"),
            (" https://example.com/a/../b?x=1#parte ", "https://example.com/b?x=1"),
            ("http://example.com:80/ñ", "http://example.com/%C3%B1"),
        ] {
            assert_eq!(typed.parse::<Address>().unwrap().to_string(), expected);
        }
        let error = |typed: &str| typed.parse::<Address>().unwrap_err();
        assert!(matches!(error("ftp://example.com/a.pdf"), Error::NoAddress));
        assert!(matches!(error("https://"), Error::NoAddress));
        assert!(matches!(error("https://ana:clave@example.com/"), Error::Password));
        assert!(Address::is_meant("https://a") && Address::is_meant("ftp://a"));
        assert!(!Address::is_meant("manuals/a.pdf") && !Address::is_meant("./x://y"));
    }
}
