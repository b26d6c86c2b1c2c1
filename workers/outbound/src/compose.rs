//! A reply as the messages that the channel takes: as few as possible, since each one costs, and
//! each within the channel's limits.

mod choices;
mod label;

use std::fmt;

use clients::whatsapp::{BODY_MAX, CAPTION_MAX, TEXT_MAX};
use domain::Language;
use domain::content::MediaKind;
use domain::message::{Attachment, Choice, Origin, ReplyReady, Template};
use runtime::business::TemplateSpec;
use serde_json::Value;

use crate::split::units;
use crate::{render, split};
use choices::Offer;

const BLOCK: &str = "```";

/// One message to the customer.
#[derive(Clone, PartialEq)]
pub struct Part {
    pub form: Form,
    /// What it says, for whoever reads the conversation later.
    pub text: String,
}

/// What the channel is asked to show. Texts are in WhatsApp's own mark-up.
#[derive(Clone, PartialEq)]
pub enum Form {
    Text {
        body: String,
    },
    Buttons {
        body: String,
        choices: Vec<Choice>,
    },
    List {
        body: String,
        /// What opens the list.
        button: &'static str,
        choices: Vec<Choice>,
    },
    File {
        media: MediaKind,
        from: Origin,
        caption: Option<String>,
        filename: Option<String>,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
    },
    Contacts {
        cards: Value,
    },
    Reaction {
        to: String,
        emoji: Option<String>,
    },
    Template(Template),
}

/// The parts of a reply, in order; none for one that says nothing. The same reply has the same
/// parts whenever it is composed.
///
/// - A long text is split. What may be tapped stands beneath its last part: as buttons or as a
///   list where the channel's limits allow it, otherwise as numbered lines. For a text that is too
///   long to have choices beneath it, the last paragraph has them.
/// - A file that comes first takes the end of the text as its caption, if that is short enough.
/// - No part exceeds a limit of the channel's, except by what a caller wrote into a place, a card,
///   a reaction or a template (test `no_part_exceeds_a_limit`).
pub fn compose(reply: &ReplyReady, language: Language, templates: &[TemplateSpec]) -> Vec<Part> {
    let text = render(&reply.text);
    let (mut texts, offer) = match Offer::of(&reply.choices) {
        Offer::Nothing => (split(&text, TEXT_MAX), None),
        Offer::Lines(lines) => (split(&format!("{text}\n\n{lines}"), TEXT_MAX), None),
        offer => {
            let (before, body) = above_the_choices(&text);
            (before, offer.part(body, language))
        }
    };
    let mut attachments = reply.attachments.iter();
    let mut rest = Vec::new();
    if offer.is_none()
        && let Some(Attachment::File { media, from, caption, filename }) =
            attachments.as_slice().first()
        && let Some(caption) = joined_caption(*media, texts.last(), caption.as_deref())
    {
        attachments.next();
        texts.pop();
        rest = file(*media, from, caption, filename.as_deref());
    }
    rest.extend(attachments.flat_map(|one| attached(one, templates)));
    texts.into_iter().map(Part::text).chain(offer).chain(rest).collect()
}

/// The text cut in two where it is too long to have choices beneath it: what is sent before, and
/// the end, which has them.
fn above_the_choices(text: &str) -> (Vec<String>, String) {
    if units(text) <= BODY_MAX {
        return (Vec::new(), text.to_owned());
    }
    let cut = ["\n\n", "\n"].into_iter().find_map(|gap| {
        let (before, after) = text.rsplit_once(gap)?;
        let is_in_block = before.matches(BLOCK).count() % 2 == 1;
        (units(after) <= BODY_MAX && !after.trim().is_empty() && !is_in_block)
            .then_some((before, after))
    });
    if let Some((before, after)) = cut {
        return (split(before, TEXT_MAX), after.trim().to_owned());
    }
    let mut parts = split(text, BODY_MAX);
    let body = parts.pop().unwrap_or_default();
    (parts, body)
}

/// The caption of a file that takes the last of the text with it; none if it can't.
fn joined_caption(
    media: MediaKind,
    text: Option<&String>,
    caption: Option<&str>,
) -> Option<String> {
    let (text, caption) = (text?, render(caption.unwrap_or_default()));
    let joined = format!("{text}\n\n{caption}").trim().to_owned();
    (has_caption(media) && units(&joined) <= CAPTION_MAX).then_some(joined)
}

fn has_caption(media: MediaKind) -> bool {
    matches!(media, MediaKind::Image | MediaKind::Video | MediaKind::Document)
}

fn attached(attachment: &Attachment, templates: &[TemplateSpec]) -> Vec<Part> {
    let (form, text) = match attachment.clone() {
        Attachment::File { media, from, caption, filename } => {
            let caption = render(caption.as_deref().unwrap_or_default());
            return file(media, &from, caption, filename.as_deref());
        }
        Attachment::Location { latitude, longitude, name, address } => {
            let text =
                label::of_location((latitude, longitude), name.as_deref(), address.as_deref());
            (Form::Location { latitude, longitude, name, address }, text)
        }
        Attachment::Contacts { cards } => {
            let text = label::of_contacts(&cards);
            (Form::Contacts { cards }, text)
        }
        Attachment::Reaction { to, emoji } => {
            let text = label::of_reaction(emoji.as_deref());
            (Form::Reaction { to, emoji }, text)
        }
        Attachment::Template(template) => {
            let text = label::of_template(&template, templates);
            (Form::Template(template), text)
        }
    };
    vec![Part { form, text }]
}

/// A file with its caption, or followed by it where the channel takes none or none so long.
fn file(media: MediaKind, from: &Origin, caption: String, filename: Option<&str>) -> Vec<Part> {
    let filename = filename.filter(|name| media == MediaKind::Document && !name.is_empty());
    let is_within = has_caption(media) && units(&caption) <= CAPTION_MAX;
    let (caption, after) =
        if is_within { (caption, String::new()) } else { (String::new(), caption) };
    let file = Part {
        text: label::of_file(media, filename, &caption),
        form: Form::File {
            media,
            from: from.clone(),
            caption: Some(caption).filter(|caption| !caption.is_empty()),
            filename: filename.map(str::to_owned),
        },
    };
    std::iter::once(file).chain(split(&after, TEXT_MAX).into_iter().map(Part::text)).collect()
}

impl Part {
    fn text(body: String) -> Self {
        Self { text: body.clone(), form: Form::Text { body } }
    }
}

impl Form {
    /// Whether it can quote a message.
    pub(crate) fn can_quote(&self) -> bool {
        !matches!(self, Self::Template(_) | Self::Reaction { .. })
    }

    /// What a reply must have attached to be composed into this alone; none for words.
    pub(crate) fn attachment(&self) -> Option<Attachment> {
        match self.clone() {
            Self::Text { .. } | Self::Buttons { .. } | Self::List { .. } => None,
            Self::File { media, from, caption, filename } => {
                Some(Attachment::File { media, from, caption, filename })
            }
            Self::Location { latitude, longitude, name, address } => {
                Some(Attachment::Location { latitude, longitude, name, address })
            }
            Self::Contacts { cards } => Some(Attachment::Contacts { cards }),
            Self::Reaction { to, emoji } => Some(Attachment::Reaction { to, emoji }),
            Self::Template(template) => Some(Attachment::Template(template)),
        }
    }

    /// The file that must be with the channel before this can be sent.
    pub(crate) fn stored_file(&self) -> Option<&str> {
        match self {
            Self::File { from: Origin::Stored(key), .. } => Some(key),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "Text",
            Self::Buttons { .. } => "Buttons",
            Self::List { .. } => "List",
            Self::File { .. } => "File",
            Self::Location { .. } => "Location",
            Self::Contacts { .. } => "Contacts",
            Self::Reaction { .. } => "Reaction",
            Self::Template(_) => "Template",
        }
    }
}

/// Shows what it is and never what it says.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Part").field(&self.form).finish()
    }
}
