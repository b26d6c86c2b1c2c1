//! Everything that a customer can send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Customer, tapped};
use crate::batch::Batch;
use crate::lock;
use crate::voice;

/// The catalogue of everything that customers order and ask about.
const CATALOG_ID: &str = "900000000000001";

/// Each gives the message's id.
impl Customer {
    /// Writes a text.
    pub async fn says(&self, text: &str) -> String {
        self.sends(json!({ "type": "text", "text": { "body": text } })).await
    }

    /// Writes a text that quotes a message.
    pub async fn replies_to(&self, wamid: &str, text: &str) -> String {
        let context = self.context(wamid);
        self.sends(json!({ "type": "text", "text": { "body": text }, "context": context })).await
    }

    /// Passes on a text from another chat.
    pub async fn forwards(&self, text: &str) -> String {
        let context = json!({ "forwarded": true });
        self.sends(json!({ "type": "text", "text": { "body": text }, "context": context })).await
    }

    /// Writes a text that quotes a product of the business's catalogue.
    pub async fn asks_about(&self, product: &str, text: &str) -> String {
        let context = json!({
            "from": self.world.options.display_phone_number,
            "referred_product": { "catalog_id": CATALOG_ID, "product_retailer_id": product },
        });
        self.sends(json!({ "type": "text", "text": { "body": text }, "context": context })).await
    }

    /// Writes a first text after tapping an advertisement with this headline.
    pub async fn answers_ad(&self, headline: &str, text: &str) -> String {
        let referral = json!({
            "source_url": "https://fb.me/example",
            "source_id": "120200000000000001",
            "source_type": "ad",
            "headline": headline,
            "body": "Pregúntanos",
            "media_type": "image",
            "image_url": "https://example.org/ad.jpg",
            "ctwa_clid": "ARexample",
            "welcome_message": { "text": "Hola" },
        });
        self.sends(json!({ "type": "text", "text": { "body": text }, "referral": referral })).await
    }

    /// Taps the button, list row or quick reply with this title or id in the newest message that has it.
    ///
    /// # Errors
    /// When no message from the business has such a button.
    pub async fn taps(&self, label: &str) -> anyhow::Result<String> {
        let found = lock(&self.world.chats).get(&self.phone).and_then(|chat| {
            chat.bubbles.iter().rev().find_map(|bubble| {
                let offer = bubble.offers.iter().find(|o| o.id == label || o.title == label)?;
                Some((bubble.wamid.clone(), tapped(offer)))
            })
        });
        let (wamid, mut message) =
            found.ok_or_else(|| anyhow::anyhow!("tap a button: no message offers it"))?;
        message["context"] = self.context(&wamid);
        Ok(self.sends(message).await)
    }

    /// Sends in a flow with these fields; `wamid` is the message that opened it.
    pub async fn completes_flow(&self, wamid: &str, fields: &Map<String, Value>) -> String {
        let fields = Value::from(fields.clone()).to_string();
        let reply = json!({ "name": "flow", "body": "Sent", "response_json": fields });
        let interactive = json!({ "type": "nfm_reply", "nfm_reply": reply });
        let context = self.context(wamid);
        self.sends(json!({ "type": "interactive", "interactive": interactive, "context": context }))
            .await
    }

    /// Sends a voice note in which the transcription endpoint will hear this text.
    pub async fn speaks(&self, text: &str) -> String {
        let sound = voice::note(text);
        self.world.script.transcribes(&sound, text);
        self.sends_file("audio", "audio/ogg; codecs=opus", sound, json!({ "voice": true })).await
    }

    /// Sends a JPEG; an empty caption is none.
    pub async fn sends_photo(&self, bytes: Bytes, caption: &str) -> String {
        self.sends_file("image", "image/jpeg", bytes, captioned(caption)).await
    }

    /// Sends an MP4; an empty caption is none.
    pub async fn sends_video(&self, bytes: Bytes, caption: &str) -> String {
        self.sends_file("video", "video/mp4", bytes, captioned(caption)).await
    }

    /// Sends a WebP as a sticker.
    pub async fn sends_sticker(&self, bytes: Bytes) -> String {
        self.sends_file("sticker", "image/webp", bytes, json!({ "animated": false })).await
    }

    /// Sends a document; an empty caption is none.
    pub async fn sends_document(
        &self,
        filename: &str,
        mime_type: &str,
        bytes: Bytes,
        caption: &str,
    ) -> String {
        let mut about = captioned(caption);
        about["filename"] = filename.into();
        self.sends_file("document", mime_type, bytes, about).await
    }

    /// Sends a file as `image`, `audio`, `video`, `document` or `sticker`, with what else the message says
    /// of it, as `{"caption": …}`; a `sha256` given there stands in for the true one.
    pub async fn sends_file(
        &self,
        kind: &str,
        mime_type: &str,
        bytes: Bytes,
        more: Value,
    ) -> String {
        let mut about = more;
        {
            let mut store = lock(&self.world.media);
            let id = store.keep(mime_type, bytes);
            if about.get("sha256").is_none() {
                about["sha256"] = store.get(&id).map(|media| STANDARD.encode(media.sha256)).into();
            }
            about["url"] = store.url(self.world.base_url(), &id).into();
            about["id"] = id.into();
            about["mime_type"] = mime_type.into();
        }
        self.sends(json!({ "type": kind, kind: about })).await
    }

    /// Sends where they are.
    pub async fn shares_location(&self, latitude: f64, longitude: f64) -> String {
        let location = json!({ "latitude": latitude, "longitude": longitude });
        self.sends(json!({ "type": "location", "location": location })).await
    }

    /// Sends a place with its name and address.
    pub async fn shares_place(
        &self,
        latitude: f64,
        longitude: f64,
        name: &str,
        address: &str,
    ) -> String {
        let location = json!({
            "latitude": latitude,
            "longitude": longitude,
            "name": name,
            "address": address,
            "url": "https://example.org/place",
        });
        self.sends(json!({ "type": "location", "location": location })).await
    }

    /// Sends somebody's card.
    pub async fn shares_contact(&self, name: &str, phone: &str) -> String {
        self.sends_card(json!({
            "name": { "first_name": name, "formatted_name": name },
            "phones": [{ "phone": phone, "wa_id": crate::chat::digits(phone), "type": "CELL" }],
        }))
        .await
    }

    /// Gives the business the own number, as when it was asked for with `REQUEST_CONTACT_INFO`.
    pub async fn shares_own_number(&self) -> String {
        let name = self.profile().name;
        self.sends_card(json!({
            "origin": "contact_request",
            "name": { "first_name": name, "formatted_name": name },
            "phones": [{ "phone": format!("+{}", self.phone), "wa_id": self.phone, "type": "CELL" }],
        }))
        .await
    }

    async fn sends_card(&self, card: Value) -> String {
        self.sends(json!({ "type": "contacts", "contacts": [card] })).await
    }

    /// Orders from the catalogue: of each product its id, how many, and the price of one in euros. An empty
    /// text is none.
    pub async fn orders(&self, items: &[(&str, u32, f64)], text: &str) -> String {
        let items: Vec<Value> = items
            .iter()
            .map(|(product, quantity, price)| {
                json!({
                    "product_retailer_id": product,
                    "quantity": quantity,
                    "item_price": price,
                    "currency": "EUR",
                })
            })
            .collect();
        let order = json!({ "catalog_id": CATALOG_ID, "text": text, "product_items": items });
        self.sends(json!({ "type": "order", "order": order })).await
    }

    /// Puts an emoji on a message.
    pub async fn reacts(&self, wamid: &str, emoji: &str) -> String {
        let reaction = json!({ "message_id": wamid, "emoji": emoji });
        self.sends(json!({ "type": "reaction", "reaction": reaction })).await
    }

    /// Takes the emoji back.
    pub async fn takes_reaction_back(&self, wamid: &str) -> String {
        self.sends(json!({ "type": "reaction", "reaction": { "message_id": wamid } })).await
    }

    /// Changes an own text; the webhook has an id of its own.
    pub async fn edits(&self, wamid: &str, text: &str) -> String {
        let message = json!({ "type": "text", "text": { "body": text } });
        let edit = json!({ "original_message_id": wamid, "message": message });
        self.sends(json!({ "type": "edit", "edit": edit })).await
    }

    /// Deletes an own message for everyone; the webhook has an id of its own.
    pub async fn deletes(&self, wamid: &str) -> String {
        let revoke = json!({ "original_message_id": wamid });
        self.sends(json!({ "type": "revoke", "revoke": revoke })).await
    }

    /// Sends what the platform does not pass on, as `poll_creation`.
    pub async fn sends_unsupported(&self, kind: &str) -> String {
        let details = json!({ "details": "Message type is currently not supported." });
        self.sends(json!({
            "type": "unsupported",
            "unsupported": { "type": kind },
            "errors": [{
                "code": 131_051,
                "title": "Message type unknown",
                "message": "Message type unknown",
                "error_data": details,
            }],
        }))
        .await
    }

    /// Taps something of which the platform passes on an error and no content.
    pub async fn taps_in_vain(&self) -> String {
        let composed = self.composes(json!({ "type": "interactive" }));
        let wamid = composed.wamid.clone();
        let errors = json!([{
            "code": 131_000,
            "title": "Something went wrong",
            "message": "Something went wrong",
            "error_data": { "details": "Something went wrong." },
        }]);
        Batch::new(&self.world, &[composed]).with_errors(errors).goes_out().await;
        wamid
    }

    /// Sends a message as it stands in `messages[]`; what is missing of `from`, `from_user_id`, `id` and
    /// `timestamp` is added.
    pub async fn sends(&self, message: Value) -> String {
        let composed = self.composes(message);
        let wamid = composed.wamid.clone();
        Batch::new(&self.world, &[composed]).goes_out().await;
        wamid
    }
}

fn captioned(caption: &str) -> Value {
    if caption.is_empty() { json!({}) } else { json!({ "caption": caption }) }
}
