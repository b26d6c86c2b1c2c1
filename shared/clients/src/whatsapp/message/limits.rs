//! The platform's limits. Lengths are in Unicode characters.

use std::collections::HashSet;

use super::{Button, Content, MediaKind, Row, Send, Source};
use crate::whatsapp::SendError;

pub const TEXT_MAX: usize = 4096;
/// Of the text above buttons or a list.
pub const BODY_MAX: usize = 1024;
pub const BUTTONS_MAX: usize = 3;
pub const BUTTON_TITLE_MAX: usize = 20;
pub const BUTTON_ID_MAX: usize = 256;
pub const LIST_ROWS_MAX: usize = 10;
/// Of the button that opens a list.
pub const LIST_BUTTON_MAX: usize = 20;
pub const ROW_TITLE_MAX: usize = 24;
pub const ROW_ID_MAX: usize = 200;
pub const ROW_DESCRIPTION_MAX: usize = 72;
pub const CAPTION_MAX: usize = 1024;
pub const CONTACTS_MAX: usize = 257;
pub const TEMPLATE_NAME_MAX: usize = 512;
/// Of a whole body too, which makes it the most that one parameter can be.
pub const TEMPLATE_PARAMETER_MAX: usize = 1024;
pub const CALLBACK_MAX: usize = 512;

impl Send<'_> {
    /// Whether the platform takes such a message, as far as that can be known without asking it.
    /// [`WhatsApp::send`](crate::whatsapp::WhatsApp::send) checks the same, so that a mistake of
    /// ours costs no request and names itself: the test
    /// `what_exceeds_a_limit_is_named_and_costs_no_request` holds that.
    pub fn check(&self) -> Result<(), SendError> {
        within("length of the callback data", length(self.callback_data), 0, CALLBACK_MAX)?;
        match self.content {
            Content::Text { body, .. } => within("length of the text", length(body), 1, TEXT_MAX),
            Content::Buttons { body, buttons } => {
                within("length of the text above the buttons", length(body), 1, BODY_MAX)?;
                check_buttons(buttons)
            }
            Content::List { body, button, rows } => {
                within("length of the text above the list", length(body), 1, BODY_MAX)?;
                within("length of the list's button", length(button), 1, LIST_BUTTON_MAX)?;
                check_rows(rows)
            }
            Content::Media { kind, source, caption, filename } => {
                check_source(source)?;
                check_caption(kind, caption)?;
                fits(
                    filename.is_none() || kind == MediaKind::Document,
                    "only a document has a file name",
                )
            }
            Content::Location { latitude, longitude, .. } => fits(
                // Not a number is in no range.
                (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude),
                "the location is not on Earth",
            ),
            Content::Contacts { cards } => {
                within("number of contacts", cards.as_array().map_or(0, Vec::len), 1, CONTACTS_MAX)
            }
            Content::Reaction { to, .. } => fits(!to.is_empty(), "the reaction is to no message"),
            Content::Template { name, language, parameters } => {
                within("length of the template's name", length(name), 1, TEMPLATE_NAME_MAX)?;
                fits(!language.is_empty(), "the template has no language")?;
                parameters.iter().try_for_each(|text| check_parameter(text))
            }
        }
    }
}

fn check_buttons(buttons: &[Button<'_>]) -> Result<(), SendError> {
    within("number of buttons", buttons.len(), 1, BUTTONS_MAX)?;
    for Button { id, title } in buttons {
        within("length of a button's title", length(title), 1, BUTTON_TITLE_MAX)?;
        within("length of a button's id", length(id), 1, BUTTON_ID_MAX)?;
    }
    fits(unique(buttons.iter().map(|button| button.id)), "two buttons have the same id")?;
    fits(unique(buttons.iter().map(|button| button.title)), "two buttons have the same title")
}

fn check_rows(rows: &[Row<'_>]) -> Result<(), SendError> {
    within("number of the list's rows", rows.len(), 1, LIST_ROWS_MAX)?;
    for Row { id, title, description } in rows {
        within("length of a row's title", length(title), 1, ROW_TITLE_MAX)?;
        within("length of a row's id", length(id), 1, ROW_ID_MAX)?;
        if let Some(text) = description {
            within("length of a row's description", length(text), 1, ROW_DESCRIPTION_MAX)?;
        }
    }
    fits(unique(rows.iter().map(|row| row.id)), "two rows have the same id")
}

fn check_source(source: Source<'_>) -> Result<(), SendError> {
    match source {
        Source::Link(link) => fits(
            link.starts_with("https://") || link.starts_with("http://"),
            "the link to a file is not an http or https address",
        ),
        Source::Id(id) => fits(!id.is_empty(), "the id of a file is empty"),
    }
}

fn check_caption(kind: MediaKind, caption: Option<&str>) -> Result<(), SendError> {
    let Some(caption) = caption else { return Ok(()) };
    match kind {
        MediaKind::Audio => fits(false, "audio has no caption"),
        MediaKind::Sticker => fits(false, "a sticker has no caption"),
        MediaKind::Image | MediaKind::Video | MediaKind::Document => {
            within("length of the caption", length(caption), 1, CAPTION_MAX)
        }
    }
}

/// The platform refuses the whole template (132018) when one parameter breaks a line or holds more
/// than four spaces in a row.
fn check_parameter(text: &str) -> Result<(), SendError> {
    within("length of a template's parameter", length(text), 1, TEMPLATE_PARAMETER_MAX)?;
    fits(
        !text.contains(['\n', '\r', '\t']) && !text.contains("     "),
        "a template's parameter has a line break, a tab or more than four spaces in a row",
    )
}

fn unique<'a>(mut texts: impl Iterator<Item = &'a str>) -> bool {
    let mut seen = HashSet::new();
    texts.all(|text| seen.insert(text))
}

pub(in crate::whatsapp) fn length(text: &str) -> usize {
    text.chars().count()
}

pub(in crate::whatsapp) fn within(
    what: &'static str,
    found: usize,
    least: usize,
    most: usize,
) -> Result<(), SendError> {
    match (least..=most).contains(&found) {
        true => Ok(()),
        false => Err(SendError::Limit { what, found, least, most }),
    }
}

pub(in crate::whatsapp) fn fits(it_does: bool, problem: &'static str) -> Result<(), SendError> {
    match it_does {
        true => Ok(()),
        false => Err(SendError::Unfit(problem)),
    }
}
