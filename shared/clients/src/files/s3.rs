//! Files in a bucket that speaks S3: Amazon's, MinIO's, Cloudflare's and others'.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, RequestBuilder, Response};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::{ExposeSecret, SecretString};

use super::sweep::{Kept, surplus};
use super::{Bounds, Error, StoredFile, Swept, check};
use crate::http;

/// The most one request takes, its connection included.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long a signature is good: long enough for a clock that is somewhat off.
const SIGNED_FOR: Duration = Duration::from_secs(5 * 60);

#[derive(Debug)]
pub struct Options {
    /// Without the bucket, such as `https://s3.eu-west-1.amazonaws.com`.
    pub endpoint: String,
    pub bucket: String,
    pub region: String,
    /// Below it everything is the store's, and is swept. Not empty, because a bucket may hold what
    /// nobody wants to lose; formed like a key.
    pub prefix: String,
    pub access_key_id: String,
    pub secret_access_key: SecretString,
    /// Whether the bucket is in the path, as MinIO wants it, and not in the host's name.
    pub path_style: bool,
}

#[derive(Clone)]
pub(super) struct S3 {
    http: Client,
    bucket: Arc<Bucket>,
    credentials: Arc<Credentials>,
    /// With a slash at its end.
    prefix: Arc<str>,
    bounds: Bounds,
}

impl S3 {
    pub(super) fn new(options: Options, bounds: Bounds) -> Result<Self, Error> {
        let endpoint = http::address("the address of the S3 endpoint", &options.endpoint)?;
        let style = if options.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let prefix = options.prefix.trim_matches('/');
        let given = [
            (&*options.bucket, "the S3 bucket"),
            (&*options.region, "the S3 region"),
            (prefix, "the prefix in the S3 bucket"),
        ];
        if let Some((_, what)) = given.into_iter().find(|(text, _)| text.is_empty()) {
            return Err(Error::Missing(what));
        }
        check(prefix)?;
        let secret = options.secret_access_key.expose_secret();
        Ok(Self {
            http: http::client(TIMEOUT, HeaderMap::new())?,
            credentials: Arc::new(Credentials::new(options.access_key_id, secret)),
            prefix: format!("{prefix}/").into(),
            bucket: Arc::new(Bucket::new(endpoint, style, options.bucket, options.region)?),
            bounds,
        })
    }

    pub(super) async fn put(&self, key: &str, bytes: Bytes, mime_type: &str) -> Result<(), Error> {
        let object = self.object(key);
        let url = self.bucket.put_object(Some(&self.credentials), &object).sign(SIGNED_FOR);
        let request = self.http.put(url).header(CONTENT_TYPE, mime_type).body(bytes);
        exchange("write a file", request).await.map(drop)
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        const OPERATION: &str = "read a file";
        let object = self.object(key);
        let url = self.bucket.get_object(Some(&self.credentials), &object).sign(SIGNED_FOR);
        match exchange(OPERATION, self.http.get(url)).await {
            Ok(response) => Ok(Some(body(OPERATION, response).await?)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), Error> {
        self.delete_object(&self.object(key)).await
    }

    pub(super) async fn sweep(&self, now_ms: i64) -> Result<Swept, Error> {
        let owner = |object: &String| {
            let key = object.strip_prefix(&*self.prefix).unwrap_or(object);
            key.split('/').next().map(str::to_owned)
        };
        let mut swept = Swept::default();
        for file in surplus(self.list(&self.prefix, now_ms).await?, self.bounds, now_ms, owner) {
            match self.delete_object(&file.key).await {
                // What is away is away for the others too.
                Err(error) if error.is_transient() => return Err(error),
                deleted => swept.count(file.bytes, deleted.as_ref().copied()),
            }
        }
        Ok(swept)
    }

    async fn delete_object(&self, object: &str) -> Result<(), Error> {
        let url = self.bucket.delete_object(Some(&self.credentials), object).sign(SIGNED_FOR);
        match exchange("delete a file", self.http.delete(url)).await {
            Err(error) if !is_absent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) async fn of(&self, owner: &str) -> Result<Vec<StoredFile>, Error> {
        let objects = self.list(&self.object(&format!("{owner}/")), i64::MAX).await?;
        let stored = |Kept { key, bytes, since_ms }: Kept<String>| {
            let key = key.strip_prefix(&*self.prefix)?.to_owned();
            Some(StoredFile { key, bytes, since_ms })
        };
        Ok(objects.into_iter().filter_map(stored).collect())
    }

    /// Everything below a prefix. What does not say when it came is taken to have come now.
    async fn list(&self, prefix: &str, now_ms: i64) -> Result<Vec<Kept<String>>, Error> {
        const OPERATION: &str = "list the files";
        let mut files = Vec::new();
        let mut after = None;
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(prefix);
            if let Some(token) = after {
                action.with_continuation_token(token);
            }
            let response = exchange(OPERATION, self.http.get(action.sign(SIGNED_FOR))).await?;
            let page = body(OPERATION, response).await?;
            let page = str::from_utf8(&page).map_err(|_| Error::Unreadable)?;
            let page = ListObjectsV2::parse_response(page).map_err(|_| Error::Unreadable)?;
            files.extend(page.contents.into_iter().map(|object| {
                let since = object.last_modified.and_then(|at| at.parse::<Timestamp>().ok());
                Kept {
                    key: object.key,
                    bytes: object.size.unwrap_or(0),
                    since_ms: since.map_or(now_ms, Timestamp::as_millisecond),
                }
            }));
            after = page.next_continuation_token;
            if after.is_none() {
                return Ok(files);
            }
        }
    }

    fn object(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }
}

async fn exchange(operation: &'static str, request: RequestBuilder) -> Result<Response, Error> {
    let response = request.send().await.map_err(lost(operation))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.bytes().await.unwrap_or_default();
    Err(Error::Refused { operation, status: status.as_u16(), code: error_code(&body) })
}

async fn body(operation: &'static str, response: Response) -> Result<Bytes, Error> {
    response.bytes().await.map_err(lost(operation))
}

/// The address of a request holds its signature.
fn lost(operation: &'static str) -> impl FnOnce(reqwest::Error) -> Error {
    move |error| Error::Unreached { operation, source: error.without_url() }
}

/// No such file; a bucket that is not there has another code.
fn is_absent(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 404, code, .. } if code.as_deref() != Some("NoSuchBucket"))
}

fn error_code(body: &[u8]) -> Option<String> {
    let body = str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_name = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_name.then(|| code.to_owned())
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("bucket", &self.bucket.base_url().as_str())
            .field("prefix", &self.prefix)
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}
