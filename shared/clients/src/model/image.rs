//! Looking at an image.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::task;

use super::{Answer, Error, Model};

/// What the model is asked about an image.
#[derive(Clone, Copy)]
pub struct Describe<'a> {
    pub system: &'a str,
    /// What is to be found out, such as the caption. May be empty.
    pub question: &'a str,
    pub image: &'a Bytes,
    /// Such as `image/jpeg`.
    pub mime_type: &'a str,
    /// Ollama ignores it; there the time-out alone bounds an answer.
    pub max_output_tokens: u32,
}

impl Model {
    /// Asks for the answer in plain words, which are never empty. The chat model must be one that
    /// sees. Takes at most [`Options::media_timeout`](super::Options::media_timeout).
    pub async fn describe(&self, ask: &Describe<'_>) -> Result<Answer<String>, Error> {
        self.seeing
            .run(async {
                let completion = self.complete(&ask.to_json(&self.chat_model).await).await?;
                let words = completion.words()?.to_owned();
                Ok(completion.answer(words))
            })
            .await
    }
}

impl Describe<'_> {
    async fn to_json(self, model: &str) -> Value {
        let (mut url, image) = (format!("data:{};base64,", self.mime_type), self.image.clone());
        // Megabytes of it hold up nobody there.
        let encode = task::spawn_blocking(move || {
            STANDARD.encode_string(image, &mut url);
            url
        });
        let url = encode.await.expect("nothing is too odd to be encoded");
        let mut content = vec![json!({ "type": "image_url", "image_url": { "url": url } })];
        // Endpoints reject an empty text.
        if !self.question.is_empty() {
            content.insert(0, json!({ "type": "text", "text": self.question }));
        }
        json!({
            "model": model,
            "messages": [
                { "role": "system", "content": self.system },
                { "role": "user", "content": content },
            ],
            "max_completion_tokens": self.max_output_tokens,
        })
    }
}

impl fmt::Debug for Describe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Describe")
            .field("bytes", &self.image.len())
            .field("mime_type", &self.mime_type)
            .finish_non_exhaustive()
    }
}
