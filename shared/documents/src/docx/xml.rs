//! The XML of Office, as its readers here see it: elements by name, whatever their prefix.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};

use super::WHAT;
use crate::Error;

pub(super) enum Part<'x> {
    Start(Element<'x>),
    End(String),
    Text(String),
}

pub(super) struct Element<'x>(BytesStart<'x>);

impl Element<'_> {
    pub(super) fn name(&self) -> String {
        self.0.local_name().as_ref().to_owned()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.0.attributes();
        // Whether one comes twice takes long to find out, and matters to nobody.
        let attributes = attributes.with_checks(false).flatten();
        let mut named = attributes.filter(|one| one.key.local_name().as_ref() == name);
        let value = named.next()?.value;
        Some(unescape(&value).map_or_else(|_| value.to_string(), Cow::into_owned))
    }

    /// What most elements of Word say.
    pub(super) fn value(&self) -> Option<String> {
        self.attribute("val")
    }

    /// Of an element that is there to say yes, unless it says no.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.value().as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// The parts of a document, one by one, to a function that may stop. An element without content
/// starts and ends.
pub(super) fn walk<'x>(
    text: &'x str,
    mut each: impl FnMut(Part<'x>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().map_err(|_| Error::Broken(WHAT))? {
            Event::Start(start) => each(Part::Start(Element(start)))?,
            Event::Empty(start) => {
                let name = start.local_name().as_ref().to_owned();
                each(Part::Start(Element(start)))?;
                each(Part::End(name))?;
            }
            Event::End(end) => each(Part::End(end.local_name().as_ref().to_owned()))?,
            Event::Text(text) => each(Part::Text(text.xml10_content().into_owned()))?,
            Event::CData(text) => each(Part::Text(text.into_inner().into_owned()))?,
            Event::GeneralRef(name) => {
                let letter = name.resolve_char_ref().ok().flatten().map(String::from);
                let named = || resolve_predefined_entity(&name.xml10_content()).map(str::to_owned);
                // Entities of its own, which could grow without end, Word never writes.
                if let Some(text) = letter.or_else(named) {
                    each(Part::Text(text))?;
                }
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
