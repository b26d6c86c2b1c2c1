//! What a message to `/messages` may hold, by type. Limits: Meta's reference pages of 2026.
//!
//! Which of 100, 131008 and 131009 answers which mistake is documented for some only; for the others it
//! follows their wording: not a parameter, missing, of a value that cannot be. A client treats all three alike.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::GraphError;
use super::shape::Need::{Optional, Required};
use super::shape::Shape::{Anything, Flag, Label, List, Number, Object, Symbol, Text, Word};
use super::shape::{Field, check, missing};

/// Where the platform sets no limit of its own, what fits in a request.
const ANY_LENGTH: usize = 65_536;

const TYPES: &[&str] = &[
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "template",
    "interactive",
];

const MESSAGE: &[Field] = &[
    Field("messaging_product", Required, Word(&["whatsapp"])),
    Field("recipient_type", Optional, Word(&["individual"])),
    Field("to", Optional, Text(64)),
    Field("recipient", Optional, Text(134)),
    Field("type", Optional, Word(TYPES)),
    Field("context", Optional, Object(&[Field("message_id", Required, Text(512))])),
    Field("biz_opaque_callback_data", Optional, Text(512)),
    Field(
        "text",
        Optional,
        Object(&[Field("body", Required, Text(4096)), Field("preview_url", Optional, Flag)]),
    ),
    Field("image", Optional, Object(&[ID, LINK, CAPTION])),
    Field("video", Optional, Object(&[ID, LINK, CAPTION])),
    Field("sticker", Optional, Object(&[ID, LINK])),
    Field("audio", Optional, Object(&[ID, LINK, Field("voice", Optional, Flag)])),
    Field(
        "document",
        Optional,
        Object(&[ID, LINK, CAPTION, Field("filename", Optional, Text(240))]),
    ),
    Field(
        "location",
        Optional,
        Object(&[
            Field("latitude", Required, Number),
            Field("longitude", Required, Number),
            Field("name", Optional, Text(1000)),
            Field("address", Optional, Text(1000)),
        ]),
    ),
    Field("contacts", Optional, List("contacts", 257, &Object(CARD))),
    Field(
        "reaction",
        Optional,
        Object(&[
            Field("message_id", Required, Text(512)),
            // An empty one takes the reaction back.
            Field("emoji", Required, Symbol(32)),
        ]),
    ),
    Field(
        "template",
        Optional,
        Object(&[
            Field("name", Required, Text(512)),
            Field(
                "language",
                Required,
                Object(&[
                    Field("code", Required, Text(16)),
                    Field("policy", Optional, Word(&["deterministic"])),
                ]),
            ),
            Field(
                "components",
                Optional,
                List(
                    "components",
                    20,
                    &Object(&[
                        Field("type", Required, Text(32)),
                        Field("sub_type", Optional, Text(32)),
                        Field("index", Optional, Anything),
                        Field("parameters", Optional, List("parameters", 100, &Anything)),
                    ]),
                ),
            ),
        ]),
    ),
    Field("interactive", Optional, Object(INTERACTIVE)),
];

const ID: Field = Field("id", Optional, Text(256));
const LINK: Field = Field("link", Optional, Text(2048));
const CAPTION: Field = Field("caption", Optional, Text(1024));

/// Somebody's card. Its lists are not looked into.
const CARD: &[Field] = &[
    Field(
        "name",
        Required,
        Object(&[
            Field("formatted_name", Required, Text(1024)),
            Field("first_name", Optional, Text(1024)),
            Field("last_name", Optional, Text(1024)),
            Field("middle_name", Optional, Text(1024)),
            Field("prefix", Optional, Text(64)),
            Field("suffix", Optional, Text(64)),
        ]),
    ),
    Field("phones", Optional, Anything),
    Field("emails", Optional, Anything),
    Field("addresses", Optional, Anything),
    Field("urls", Optional, Anything),
    Field("org", Optional, Anything),
    Field("birthday", Optional, Text(10)),
];

const INTERACTIVE: &[Field] = &[
    Field(
        "type",
        Required,
        Word(&["button", "list", "cta_url", "location_request_message", "product", "product_list"]),
    ),
    Field(
        "header",
        Optional,
        Object(&[
            Field("type", Required, Word(&["text", "image", "video", "document"])),
            Field("text", Optional, Label("Header text", 60)),
            Field("image", Optional, Object(&[ID, LINK])),
            Field("video", Optional, Object(&[ID, LINK])),
            Field(
                "document",
                Optional,
                Object(&[ID, LINK, Field("filename", Optional, Text(240))]),
            ),
        ]),
    ),
    Field("body", Optional, Object(&[Field("text", Required, Label("Body text", 1024))])),
    Field("footer", Optional, Object(&[Field("text", Required, Label("Footer text", 60))])),
    Field("action", Required, Anything),
];

/// The `action` of each interactive type.
fn action_fields(kind: &str) -> &'static [Field] {
    match kind {
        "button" => &[Field(
            "buttons",
            Required,
            List(
                "buttons",
                3,
                &Object(&[
                    Field("type", Required, Word(&["reply"])),
                    Field(
                        "reply",
                        Required,
                        Object(&[
                            Field("id", Required, Label("Button id", 256)),
                            Field("title", Required, Label("Button title", 20)),
                        ]),
                    ),
                ]),
            ),
        )],
        "list" => &[
            Field("button", Required, Label("Button label", 20)),
            Field(
                "sections",
                Required,
                List(
                    "sections",
                    10,
                    &Object(&[
                        Field("title", Optional, Label("Section title", 24)),
                        Field(
                            "rows",
                            Required,
                            List(
                                "rows",
                                10,
                                &Object(&[
                                    Field("id", Required, Label("Row id", 200)),
                                    Field("title", Required, Label("Row title", 24)),
                                    Field("description", Optional, Label("Row description", 72)),
                                ]),
                            ),
                        ),
                    ]),
                ),
            ),
        ],
        "cta_url" => &[
            Field("name", Required, Word(&["cta_url"])),
            Field(
                "parameters",
                Required,
                Object(&[
                    Field("display_text", Required, Label("Button label", 20)),
                    Field("url", Required, Text(2000)),
                ]),
            ),
        ],
        "product" => &[
            Field("catalog_id", Required, Text(ANY_LENGTH)),
            Field("product_retailer_id", Required, Text(ANY_LENGTH)),
        ],
        "product_list" => &[
            Field("catalog_id", Required, Text(ANY_LENGTH)),
            Field(
                "sections",
                Required,
                List(
                    "sections",
                    10,
                    &Object(&[
                        Field("title", Optional, Label("Section title", 24)),
                        Field(
                            "product_items",
                            Required,
                            List(
                                "products",
                                30,
                                &Object(&[Field(
                                    "product_retailer_id",
                                    Required,
                                    Text(ANY_LENGTH),
                                )]),
                            ),
                        ),
                    ]),
                ),
            ),
        ],
        _ => &[Field("name", Required, Word(&["send_location"]))],
    }
}

const MARK_READ: &[Field] = &[
    Field("messaging_product", Required, Word(&["whatsapp"])),
    Field("status", Required, Word(&["read"])),
    Field("message_id", Required, Text(512)),
    Field("typing_indicator", Optional, Object(&[Field("type", Required, Word(&["text"]))])),
];

/// Checks a message. Whether its recipient and its media exist is not known here.
pub(super) fn check_message(body: &Value) -> Result<(), GraphError> {
    let message = product_of(body)?;
    check(message, MESSAGE, "")?;
    if !message.contains_key("to") && !message.contains_key("recipient") {
        return Err(missing("to"));
    }
    let kind = kind_of(body);
    let Some(content) = message.get(kind) else {
        return Err(missing(kind));
    };
    if let Some(stray) = TYPES.iter().find(|t| **t != kind && message.contains_key(**t)) {
        return Err(GraphError::bad_parameter(&format!("Unexpected key \"{stray}\".")));
    }
    match kind {
        "image" | "audio" | "video" | "document" | "sticker"
            if content.get("id").is_some() == content.get("link").is_some() =>
        {
            Err(GraphError::with_details(
                131_009,
                format!("{kind} needs either 'id' or 'link', not both"),
            ))
        }
        "interactive" => check_interactive(content),
        _ => Ok(()),
    }
}

/// Checks a read receipt. Whether its message exists is not known here.
pub(super) fn check_mark_read(body: &Value) -> Result<(), GraphError> {
    check(product_of(body)?, MARK_READ, "")
}

/// The message's type; without one it is a text.
pub(super) fn kind_of(body: &Value) -> &str {
    body.get("type").and_then(Value::as_str).unwrap_or("text")
}

/// What does not parse, or lacks the product, never gets as far as WhatsApp.
fn product_of(body: &Value) -> Result<&Map<String, Value>, GraphError> {
    body.as_object()
        .filter(|body| body.contains_key("messaging_product"))
        .ok_or_else(|| GraphError::bad_parameter("The parameter messaging_product is required."))
}

fn check_interactive(interactive: &Value) -> Result<(), GraphError> {
    let kind = kind_of(interactive);
    if kind != "product" && interactive.get("body").is_none() {
        return Err(missing("interactive['body']"));
    }
    let action =
        interactive["action"].as_object().ok_or_else(|| missing("interactive['action']"))?;
    check(action, action_fields(kind), "interactive['action']")?;

    let rows: Vec<&Value> =
        list(action.get("sections")).flat_map(|section| list(section.get("rows"))).collect();
    if rows.len() > 10 {
        return Err(GraphError::with_details(
            131_009,
            "Total row count exceed max allowed count: 10",
        ));
    }
    let sections = list(action.get("sections")).count();
    if sections > 1 && list(action.get("sections")).any(|section| section.get("title").is_none()) {
        return Err(missing("interactive['action']['sections']['title']"));
    }
    let buttons: Vec<&Value> = list(action.get("buttons")).map(|button| &button["reply"]).collect();
    for (what, items, key) in [
        ("row id", &rows, "id"),
        ("button id", &buttons, "id"),
        ("button title", &buttons, "title"),
    ] {
        let mut seen = HashSet::new();
        if !items.iter().all(|item| seen.insert(item[key].as_str())) {
            return Err(GraphError::with_details(131_009, format!("Duplicated {what}")));
        }
    }
    Ok(())
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
