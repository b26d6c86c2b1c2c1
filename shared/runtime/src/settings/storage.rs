//! Where the files of customers are kept.

use std::fmt;

use secrecy::SecretString;

/// A bucket may hold other things too.
const DEFAULT_PREFIX: &str = "relevo";

/// A folder beside the embedded file, or a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// The folder `media` in `RELEVO_DATA_DIR`.
    Embedded,
    Bucket(Bucket),
}

/// A bucket of S3 or of what speaks its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// What every key begins with: everything there is Relevo's to delete.
    pub prefix: String,
    /// Amazon's own for the region, unless another is given.
    pub endpoint: String,
    pub region: String,
}

impl FilePlace {
    /// Reads `embedded` or `s3://bucket/prefix?region=…&endpoint=…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "embedded" {
            return Some(Self::Embedded);
        }
        let rest = text.strip_prefix("s3://")?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        let (mut region, mut endpoint) = ("us-east-1".to_owned(), None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=')? {
                ("region", value) if !value.is_empty() => value.clone_into(&mut region),
                ("endpoint", value) if value.starts_with("http") => {
                    endpoint = Some(value.to_owned());
                }
                _ => return None,
            }
        }
        if name.is_empty() {
            return None;
        }
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let prefix = match prefix.trim_matches('/') {
            "" => DEFAULT_PREFIX.to_owned(),
            prefix => prefix.to_owned(),
        };
        Some(Self::Bucket(Bucket { name: name.to_owned(), prefix, endpoint, region }))
    }
}

/// Where files go, for how long, and how many of them.
#[derive(Clone)]
pub struct Storage {
    pub place: FilePlace,
    pub keep_days: u32,
    pub at_most_mb: u32,
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<SecretString>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("place", &self.place)
            .field("keep_days", &self.keep_days)
            .field("at_most_mb", &self.at_most_mb)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_embedded_or_a_bucket() {
        let bucket = |name: &str, prefix: &str, endpoint: &str, region: &str| {
            Some(FilePlace::Bucket(Bucket {
                name: name.to_owned(),
                prefix: prefix.to_owned(),
                endpoint: endpoint.to_owned(),
                region: region.to_owned(),
            }))
        };
        for (text, place) in [
            ("embedded", Some(FilePlace::Embedded)),
            (
                "s3://files",
                bucket("files", "relevo", "https://s3.us-east-1.amazonaws.com", "us-east-1"),
            ),
            (
                "s3://files/shop/?region=eu-west-1",
                bucket("files", "shop", "https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ),
            (
                "s3://files?endpoint=http://127.0.0.1:9000",
                bucket("files", "relevo", "http://127.0.0.1:9000", "us-east-1"),
            ),
            ("s3://", None),
            ("s3://files?colour=red", None),
            ("/var/files", None),
        ] {
            assert_eq!(FilePlace::parse(text), place, "{text}");
        }
    }
}
