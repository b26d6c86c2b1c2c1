//! What is composed, as the channel's client takes it.

use std::fmt;

use clients::whatsapp::{Button, Content, MediaKind, Row, Source};
use domain::content;
use domain::message::Origin;

use crate::Form;

/// A form with all that its [`Content`] borrows.
pub struct Wire<'a> {
    form: &'a Form,
    uploaded: Option<&'a str>,
    buttons: Vec<Button<'a>>,
    rows: Vec<Row<'a>>,
    parameters: Vec<&'a str>,
}

impl<'a> Wire<'a> {
    /// `uploaded` is the channel's id of a file from the store, which goes out by it.
    pub fn new(form: &'a Form, uploaded: Option<&'a str>) -> Self {
        let mut wire =
            Self { form, uploaded, buttons: Vec::new(), rows: Vec::new(), parameters: Vec::new() };
        match form {
            Form::Buttons { choices, .. } => {
                let button = choices.iter().map(|one| Button { id: &one.id, title: &one.title });
                wire.buttons.extend(button);
            }
            Form::List { choices, .. } => wire.rows.extend(choices.iter().map(|one| Row {
                id: &one.id,
                title: &one.title,
                description: one.description.as_deref(),
            })),
            Form::Template(template) => {
                wire.parameters.extend(template.parameters.iter().map(String::as_str));
            }
            _ => {}
        }
        wire
    }

    pub fn content(&self) -> Content<'_> {
        match self.form {
            Form::Text { body } => Content::Text { body, preview_url: false },
            Form::Buttons { body, .. } => Content::Buttons { body, buttons: &self.buttons },
            Form::List { body, button, .. } => Content::List { body, button, rows: &self.rows },
            Form::File { media, from, caption, filename } => Content::Media {
                kind: kind(*media),
                source: match (self.uploaded, from) {
                    (Some(id), _) => Source::Id(id),
                    (None, Origin::Link(link)) => Source::Link(link),
                    (None, Origin::Id(id) | Origin::Stored(id)) => Source::Id(id),
                },
                caption: caption.as_deref(),
                filename: filename.as_deref(),
            },
            Form::Template(template) => Content::Template {
                name: &template.name,
                language: &template.language,
                parameters: &self.parameters,
            },
            Form::Location { latitude, longitude, name, address } => Content::Location {
                latitude: *latitude,
                longitude: *longitude,
                name: name.as_deref(),
                address: address.as_deref(),
            },
            Form::Contacts { cards } => Content::Contacts { cards },
            Form::Reaction { to, emoji } => Content::Reaction { to, emoji: emoji.as_deref() },
        }
    }
}

fn kind(media: content::MediaKind) -> MediaKind {
    match media {
        content::MediaKind::Image => MediaKind::Image,
        content::MediaKind::Audio => MediaKind::Audio,
        content::MediaKind::Video => MediaKind::Video,
        content::MediaKind::Document => MediaKind::Document,
        content::MediaKind::Sticker => MediaKind::Sticker,
    }
}

impl fmt::Debug for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wire").field(self.form).finish()
    }
}
