//! Writing down what was said.

use std::fmt;

use async_openai::config::Config;
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

use super::{Error, Model, Unusable};

/// What was said.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Transcript {
    /// Empty when nothing was.
    pub text: String,
    /// As the endpoint names it, if it does: `es` or `spanish`.
    pub language: Option<String>,
}

impl Model {
    /// Writes down what is said in an audio file. Endpoints tell the format by the ending of
    /// `filename`, so it must fit. Takes at most
    /// [`Options::media_timeout`](super::Options::media_timeout).
    ///
    /// Not every endpoint can do this: Gemini's rejects it with 404. That is no outage, and whatever
    /// becomes of it, the breaker of the chat does not hear of it: the test
    /// `an_endpoint_without_transcription_still_chats` holds that.
    pub async fn transcribe(
        &self,
        audio: Bytes,
        filename: &str,
        mime_type: &str,
    ) -> Result<Transcript, Error> {
        let endpoint = self.client.config();
        let url = endpoint.url("/audio/transcriptions");
        let http = self.transport.http();
        let request = || {
            let form = Form::new()
                .text("model", self.transcription_model.clone())
                .text("response_format", "json")
                .part("file", part(&audio, filename, mime_type));
            let request = http.post(&url).headers(endpoint.headers()).multipart(form).build();
            async { request.map_err(Error::unbuilt) }
        };
        self.hearing.run(async { Transcript::parse(&self.transport.call(request).await?) }).await
    }
}

/// A type that is none is left out: the name's ending says enough.
fn part(audio: &Bytes, filename: &str, mime_type: &str) -> Part {
    let length = audio.len() as u64;
    let part = || Part::stream_with_length(audio.clone(), length).file_name(filename.to_owned());
    part().mime_str(mime_type).unwrap_or_else(|_| part())
}

impl Transcript {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let read: Self = serde_json::from_slice(body).map_err(|_| Unusable::NoTranscript)?;
        Ok(Self { text: read.text.trim().to_owned(), language: read.language })
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcript").field("language", &self.language).finish_non_exhaustive()
    }
}
