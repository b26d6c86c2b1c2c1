//! What a customer sent, from the type that Meta names it by.

use domain::Content;
use domain::content::{Media, MediaKind, OrderItem};
use serde_json::Value;

use super::element::{list, name, number, shallow, text};

/// Every message has a meaning: a type that is unknown, or known and not of its usual shape, is
/// carried as it came.
pub(super) fn content(message: &Value) -> Content {
    known(message).unwrap_or_else(|| Content::Unknown {
        type_name: text(message, "type").unwrap_or_default(),
        raw: message.clone(),
    })
}

fn known(message: &Value) -> Option<Content> {
    let kind = message.get("type")?.as_str()?;
    let part = message.get(kind);
    Some(match kind {
        "text" => Content::Text { body: text(part?, "body")? },
        "image" => media(MediaKind::Image, part?)?,
        "audio" | "voice" => media(MediaKind::Audio, part?)?,
        "video" => media(MediaKind::Video, part?)?,
        "document" => media(MediaKind::Document, part?)?,
        "sticker" => media(MediaKind::Sticker, part?)?,
        "location" => Content::Location {
            latitude: number(part?, "latitude")?,
            longitude: number(part?, "longitude")?,
            name: text(part?, "name"),
            address: text(part?, "address"),
        },
        "contacts" => Content::Contacts { cards: part?.clone() },
        "button" => {
            let title = name(part?, "text").or_else(|| name(part?, "payload"))?;
            Content::Choice { id: name(part?, "payload").unwrap_or_else(|| title.clone()), title }
        }
        // WhatsApp could not read it either, and its errors say why.
        "interactive" if part.is_none() => Content::Unsupported { what: Some(kind.to_owned()) },
        "interactive" => interactive(part?)?,
        "order" => Content::Order {
            catalog_id: text(part?, "catalog_id"),
            text: text(part?, "text"),
            items: list(part?, "product_items").iter().map(order_item).collect::<Option<_>>()?,
        },
        "reaction" => Content::Reaction {
            to: text(part?, "message_id")?,
            // Older versions take a reaction back with an empty one.
            emoji: name(part?, "emoji"),
        },
        "edit" => Content::Edit {
            original: text(part?, "original_message_id")?,
            body: part?.get("message").and_then(new_words),
        },
        "revoke" => Content::Revoke { original: text(part?, "original_message_id")? },
        // Somebody opened the chat for the first time and wrote nothing.
        "request_welcome" => {
            Content::System { event: kind.to_owned(), details: part.cloned().unwrap_or_default() }
        }
        // Also without its type it is not something that a customer wrote.
        "system" => Content::System {
            event: part.and_then(|part| text(part, "type")).unwrap_or_default(),
            details: part.cloned().unwrap_or_default(),
        },
        // Older versions have the second name for it.
        "unsupported" | "unknown" => {
            Content::Unsupported { what: part.and_then(|part| text(part, "type")) }
        }
        // In a history, a file of which nothing is told.
        "media_placeholder" => Content::Unsupported { what: Some(kind.to_owned()) },
        _ => return None,
    })
}

/// The text, or the caption, that an edited message has now.
fn new_words(message: &Value) -> Option<String> {
    let part = message.get(message.get("type")?.as_str()?)?;
    text(part, "body").or_else(|| text(part, "caption"))
}

fn interactive(part: &Value) -> Option<Content> {
    let kind = part.get("type")?.as_str()?;
    let reply = part.get(kind)?;
    match kind {
        "button_reply" | "list_reply" => {
            Some(Content::Choice { id: text(reply, "id")?, title: text(reply, "title")? })
        }
        "nfm_reply" => Some(Content::Form {
            name: text(reply, "name"),
            answers: shallow(reply.get("response_json")?.as_str()?)?,
        }),
        "call_permission_reply" => {
            Some(Content::System { event: kind.to_owned(), details: reply.clone() })
        }
        _ => None,
    }
}

fn media(kind: MediaKind, part: &Value) -> Option<Content> {
    Some(Content::Media(Media {
        kind,
        id: name(part, "id")?,
        mime_type: text(part, "mime_type"),
        sha256: text(part, "sha256"),
        caption: text(part, "caption"),
        filename: text(part, "filename"),
        voice: part.get("voice").and_then(Value::as_bool).unwrap_or_default(),
        file: None,
        reading: None,
    }))
}

fn order_item(item: &Value) -> Option<OrderItem> {
    Some(OrderItem {
        product_id: text(item, "product_retailer_id")?,
        quantity: number(item, "quantity")?,
        price: number(item, "item_price"),
        currency: text(item, "currency"),
    })
}
