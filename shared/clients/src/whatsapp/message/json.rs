//! How a message looks on the wire.

use serde_json::{Map, Value, json};

use super::{Button, Content, Recipient, Row, Send, Source};

impl Send<'_> {
    pub(in crate::whatsapp) fn to_json(self) -> Value {
        let (kind, content) = self.content.to_json();
        let mut message = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "type": kind,
            kind: content,
            "biz_opaque_callback_data": self.callback_data,
        });
        match self.to {
            Recipient::Phone(number) => message["to"] = json!(number),
            Recipient::UserId(id) => message["recipient"] = json!(id),
        }
        if let Some(id) = self.reply_to.filter(|_| kind != "reaction") {
            message["context"] = json!({ "message_id": id });
        }
        message
    }
}

impl Content<'_> {
    /// The platform's name of the kind, and what stands under that name.
    fn to_json(self) -> (&'static str, Value) {
        match self {
            Self::Text { body, preview_url } => {
                ("text", json!({ "body": body, "preview_url": preview_url }))
            }
            Self::Buttons { body, buttons } => ("interactive", buttons_json(body, buttons)),
            Self::List { body, button, rows } => ("interactive", list_json(body, button, rows)),
            Self::Media { kind, source, caption, filename } => {
                let source = match source {
                    Source::Link(link) => ("link", Some(link)),
                    Source::Id(id) => ("id", Some(id)),
                };
                let fields = [source, ("caption", caption), ("filename", filename)];
                (kind.as_str(), given(fields).into())
            }
            Self::Location { latitude, longitude, name, address } => {
                let mut location = given([("name", name), ("address", address)]);
                location.insert("latitude".to_owned(), json!(latitude));
                location.insert("longitude".to_owned(), json!(longitude));
                ("location", location.into())
            }
            Self::Contacts { cards } => ("contacts", cards.clone()),
            Self::Reaction { to, emoji } => {
                ("reaction", json!({ "message_id": to, "emoji": emoji.unwrap_or_default() }))
            }
            Self::Template { name, language, parameters } => {
                ("template", template_json(name, language, parameters))
            }
        }
    }
}

fn buttons_json(body: &str, buttons: &[Button<'_>]) -> Value {
    let buttons: Vec<_> = buttons
        .iter()
        .map(|Button { id, title }| json!({ "type": "reply", "reply": { "id": id, "title": title } }))
        .collect();
    json!({ "type": "button", "body": { "text": body }, "action": { "buttons": buttons } })
}

/// One section needs no title.
fn list_json(body: &str, button: &str, rows: &[Row<'_>]) -> Value {
    let rows: Vec<_> = rows
        .iter()
        .map(|Row { id, title, description }| {
            given([("id", Some(*id)), ("title", Some(*title)), ("description", *description)])
        })
        .collect();
    json!({
        "type": "list",
        "body": { "text": body },
        "action": { "button": button, "sections": [{ "rows": rows }] },
    })
}

fn template_json(name: &str, language: &str, parameters: &[&str]) -> Value {
    let mut template = json!({ "name": name, "language": { "code": language } });
    if !parameters.is_empty() {
        let parameters: Vec<_> =
            parameters.iter().map(|text| json!({ "type": "text", "text": text })).collect();
        template["components"] = json!([{ "type": "body", "parameters": parameters }]);
    }
    template
}

fn given<const N: usize>(fields: [(&str, Option<&str>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))).collect()
}
