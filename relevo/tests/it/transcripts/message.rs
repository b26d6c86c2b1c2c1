//! What a customer sends, as a story writes it: words, or a tag in brackets and words.
//!
//! | written | meaning |
//! |---|---|
//! | `hola` | a text |
//! | `[hours ago "25"] hola` | a text that comes late |
//! | `[quotes "hola"] sí`, `[edits "hola"] adiós`, `[deletes "hola"]` | about the newest message with these words |
//! | `[reaction] 👍` | to the newest message of the business; without an emoji it is taken back |
//! | `[forwarded] …`, `[group] …`, `[ad "headline"] …`, `[product "SKU"] …` | a text from somewhere else |
//! | `[photo "what it shows"] caption` | what it shows is what the model sees in it |
//! | `[voice] words`, `[video] caption`, `[sticker]`, `[pdf "name"] words`, `[text file] words` | other files |
//! | `[zip]`, `[program called a pdf]`, `[large file]`, `[damaged photo]`, `[lost photo] caption` | what nobody can open |
//! | `[location]`, `[place] name`, `[contact] name` | where, and who |
//! | `[order "words"] 2 SKU-1 at 19.9, 1 SKU-2 at 5` | an order from the catalogue |
//! | `[tap] title` | on what a message offers |
//! | `[button] title`, `[row] title`, `[quick reply] title`, `[flow] key=value` | the same without such a message |
//! | `[unsupported] poll_creation`, `[tap in vain]` | what WhatsApp does not carry |
//! | `[identity]` | a notice that the customer has installed WhatsApp anew |
//! | `[raw] {…}` | as it stands in the webhook |

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use sandbox::{Bubble, Customer, Sandbox, Sender, sample};
use serde_json::{Map, Value, json};

const TAGS: &[&str] = &[
    "hours ago",
    "quotes",
    "edits",
    "deletes",
    "reaction",
    "forwarded",
    "group",
    "ad",
    "product",
    "photo",
    "voice",
    "video",
    "sticker",
    "pdf",
    "text file",
    "zip",
    "program called a pdf",
    "large file",
    "damaged photo",
    "lost photo",
    "location",
    "place",
    "contact",
    "order",
    "tap",
    "button",
    "row",
    "quick reply",
    "flow",
    "unsupported",
    "tap in vain",
    "raw",
    "identity",
];
/// More than the business of the stories allows.
const LARGE: usize = 1024 * 1024 + 1;

#[derive(Clone)]
pub(crate) struct Message {
    /// None of a text.
    tag: Option<&'static str>,
    about: String,
    words: String,
}

impl Message {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some((tag, words)) = text.strip_prefix('[').and_then(|text| text.split_once(']'))
        else {
            return Some(Self { tag: None, about: String::new(), words: text.to_owned() });
        };
        let (tag, about) = tag.split_once(" \"").unwrap_or((tag, "\""));
        let tag = Some(*TAGS.iter().find(|known| **known == tag)?);
        let about = about.strip_suffix('"')?.to_owned();
        Some(Self { tag, about, words: words.trim_start().to_owned() })
    }

    /// As it stands in a webhook, if it takes no phone to send it; `bubbles` is the chat so far.
    pub(crate) fn json(&self, bubbles: &[Bubble]) -> anyhow::Result<Option<Value>> {
        let Self { about, words, .. } = self;
        let text = || json!({ "type": "text", "text": { "body": words } });
        let with = |key: &str, value: Value| {
            let mut message = text();
            message[key] = value;
            message
        };
        let of_business =
            || bubbles.iter().rfind(|bubble| bubble.from == Sender::Business).map(|own| &own.wamid);
        let original = || {
            let found = bubbles.iter().rfind(|bubble| bubble.text.contains(about.as_str()));
            found.map(|bubble| &bubble.wamid).context("there is no such message")
        };
        let Some(tag) = self.tag else { return Ok(Some(text())) };
        Ok(Some(match tag {
            "hours ago" => {
                let now = runtime::Clock::system().now().as_millis() / 1000;
                let then = now - about.parse::<i64>()? * 3600;
                with("timestamp", then.to_string().into())
            }
            "quotes" => with("context", json!({ "from": "34911111111", "id": original()? })),
            "group" => with("group_id", "120363000000000001".into()),
            "edits" => {
                let edit = json!({ "original_message_id": original()?, "message": text() });
                json!({ "type": "edit", "edit": edit })
            }
            "deletes" => {
                json!({ "type": "revoke", "revoke": { "original_message_id": original()? } })
            }
            "reaction" => {
                let to = of_business().context("there is nothing to react to")?;
                let mut reaction = json!({ "message_id": to });
                if !words.is_empty() {
                    reaction["emoji"] = words.as_str().into();
                }
                json!({ "type": "reaction", "reaction": reaction })
            }
            "button" | "row" => {
                let kind = if tag == "row" { "list_reply" } else { "button_reply" };
                let reply = json!({ "id": "1", "title": words });
                json!({ "type": "interactive", "interactive": { "type": kind, kind: reply } })
            }
            "quick reply" => {
                json!({ "type": "button", "button": { "payload": "1", "text": words } })
            }
            "lost photo" => {
                let image = json!({ "id": "1", "mime_type": "image/jpeg", "caption": words });
                json!({ "type": "image", "image": image })
            }
            "raw" => serde_json::from_str(words)?,
            _ => return Ok(None),
        }))
    }

    /// Sends what only a phone can; gives the message's id.
    pub(crate) async fn send(&self, from: &Customer, sandbox: &Sandbox) -> anyhow::Result<String> {
        let Self { about, words, .. } = self;
        let document = |name, kind, bytes| from.sends_document(name, kind, bytes, "");
        Ok(match self.tag.unwrap_or_default() {
            "forwarded" => from.forwards(words).await,
            "ad" => from.answers_ad(about, words).await,
            "product" => from.asks_about(about, words).await,
            "photo" => {
                let photo = sample::photo();
                sandbox.script().describes(&photo, about);
                from.sends_photo(photo, words).await
            }
            "voice" => from.speaks(words).await,
            "video" => from.sends_video(sample::video(), words).await,
            "sticker" => from.sends_sticker(sample::sticker()).await,
            "pdf" => document(about, "application/pdf", sample::pdf(&[words])).await,
            "text file" => document("a.txt", "text/plain", Bytes::from(words.clone())).await,
            "zip" => document("a.zip", "application/zip", Bytes::from("PK\x03\x04")).await,
            "program called a pdf" => {
                let program = [b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF\0\0".as_slice(), &[0; 512]];
                document("factura.pdf", "application/pdf", program.concat().into()).await
            }
            "large file" => document("a.txt", "text/plain", vec![b'a'; LARGE].into()).await,
            "damaged photo" => {
                let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
                let more = json!({ "sha256": hash });
                from.sends_file("image", "image/jpeg", sample::photo(), more).await
            }
            "location" => from.shares_location(-12.04, -77.03).await,
            "place" => from.shares_place(-12.04, -77.03, words, "Av. Grau 120").await,
            "contact" => from.shares_contact(words, "+51 999 888 777").await,
            "order" => {
                let items: Option<Vec<_>> = words.split(", ").map(item).collect();
                from.orders(&items.context("that is no order")?, about).await
            }
            "tap" => from.taps(words).await?,
            "flow" => {
                let fields: Map<String, Value> = words
                    .split(", ")
                    .filter_map(|field| field.split_once('='))
                    .map(|(key, value)| (key.to_owned(), value.into()))
                    .collect();
                let own = sandbox.transcript(from.phone());
                let opened = own.iter().rfind(|bubble| bubble.from == Sender::Business);
                from.completes_flow(&opened.context("nothing was opened")?.wamid, &fields).await
            }
            "unsupported" => from.sends_unsupported(words).await,
            "tap in vain" => from.taps_in_vain().await,
            "identity" => from.changes_identity().await,
            tag => {
                ensure!(false, "nobody sends [{tag}] alone");
                String::new()
            }
        })
    }
}

/// `2 SKU-1 at 19.9`
fn item(text: &str) -> Option<(&str, u32, f64)> {
    let (quantity, rest) = text.split_once(' ')?;
    let (product, price) = rest.split_once(" at ")?;
    Some((product, quantity.parse().ok()?, price.parse().ok()?))
}
