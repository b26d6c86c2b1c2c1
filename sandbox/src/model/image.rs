//! Pictures in a chat: data URLs, as a client sends what it will not put on the web.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::error::ModelError;

const KINDS: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The pictures of one message.
pub(super) fn images_of(message: &Value) -> Vec<Vec<u8>> {
    let parts = message["content"].as_array().into_iter().flatten();
    parts.filter_map(|part| decoded(part["image_url"]["url"].as_str()?)).collect()
}

/// Refuses parts of kinds that nobody knows, and pictures that are none.
pub(super) fn check_parts(message: &Value, param: &str) -> Result<(), ModelError> {
    for (at, part) in message["content"].as_array().into_iter().flatten().enumerate() {
        let param = format!("{param}.content[{at}]");
        match part["type"].as_str() {
            Some("text") if part["text"].is_string() => {}
            Some("refusal") => {}
            Some("image_url") => check_image(part, &param)?,
            _ => {
                let text =
                    "Invalid value. Supported values are: 'text', 'image_url' and 'refusal'.";
                return Err(ModelError::invalid(&format!("{param}.type"), text));
            }
        }
    }
    Ok(())
}

fn check_image(part: &Value, param: &str) -> Result<(), ModelError> {
    let param = format!("{param}.image_url");
    let Some(url) = part["image_url"]["url"].as_str() else {
        return Err(ModelError::missing(&format!("{param}.url")));
    };
    if !url.starts_with("data:") {
        let text = "The sandbox does not fetch pictures: send a data URL.";
        return Err(ModelError::invalid(&param, text));
    }
    match decoded(url) {
        Some(bytes) if !bytes.is_empty() => Ok(()),
        _ => {
            let text = "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].";
            Err(ModelError::invalid(&param, text))
        }
    }
}

/// The bytes of a data URL with a picture of a kind that the model sees.
fn decoded(url: &str) -> Option<Vec<u8>> {
    let (kind, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    KINDS.contains(&kind).then(|| STANDARD.decode(data).ok()).flatten()
}
