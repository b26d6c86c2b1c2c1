//! What a document of Word says beside its text: styles, lists, and where its links lead.

use std::collections::HashMap;

use super::xml::{Part, walk};
use crate::Error;

/// What a style makes of a paragraph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Of a heading, from 1.
    pub(super) level: Option<u8>,
    pub(super) is_list: bool,
    /// A line of a table of contents.
    pub(super) is_contents: bool,
    pub(super) is_bold: bool,
}

#[derive(Default)]
struct Entry {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    is_list: bool,
    is_bold: bool,
}

/// A style that is based on one, that is based on one, …
const BASED_MAX: usize = 16;
/// What headings are called, by Word in several languages and by people. A number follows.
const HEADINGS: &[&str] =
    &["heading", "título", "titulo", "ttulo", "encabezado", "titre", "überschrift", "cabeçalho"];
const TITLES: &[&str] = &["title", "título", "titulo", "puesto"];

/// Styles by their id.
pub(super) fn styles(text: &str) -> Result<HashMap<String, Style>, Error> {
    let mut entries: HashMap<String, Entry> = HashMap::new();
    let mut open: Option<String> = None;
    walk(text, |part| {
        let Part::Start(element) = part else { return Ok(()) };
        let name = element.name();
        if name == "style" {
            open = element.attribute("styleId");
            if let Some(id) = &open {
                entries.insert(id.clone(), Entry::default());
            }
            return Ok(());
        }
        let Some(entry) = open.as_ref().and_then(|id| entries.get_mut(id)) else { return Ok(()) };
        match name.as_str() {
            "name" => entry.name = element.value().unwrap_or_default().to_lowercase(),
            "basedOn" => entry.based_on = element.value(),
            "outlineLvl" => entry.outline = level(element.value()),
            "numId" => entry.is_list = element.value().is_some_and(|id| id != "0"),
            "b" => entry.is_bold = element.is_on(),
            _ => {}
        }
        Ok(())
    })?;
    Ok(entries.keys().map(|id| (id.clone(), resolved(&entries, id))).collect())
}

fn resolved(entries: &HashMap<String, Entry>, id: &str) -> Style {
    let (mut style, mut next) = (Style::default(), Some(id));
    for _ in 0..BASED_MAX {
        let Some(entry) = next.and_then(|id| entries.get(id)) else { break };
        style.level = style.level.or(named(&entry.name)).or(entry.outline);
        style.is_list |= entry.is_list;
        style.is_bold |= entry.is_bold;
        style.is_contents |= entry.name.starts_with("toc ");
        next = entry.based_on.as_deref();
    }
    style
}

fn named(name: &str) -> Option<u8> {
    if TITLES.contains(&name) {
        return Some(1);
    }
    let number = HEADINGS.iter().find_map(|word| name.strip_prefix(word))?.trim();
    number.parse().ok().filter(|level| (1..=9).contains(level))
}

/// Word counts outlines from 0, and 9 is none.
pub(super) fn level(value: Option<String>) -> Option<u8> {
    value?.parse().ok().filter(|level| *level < 9).map(|level: u8| level + 1)
}

/// Which levels of which lists are numbered, by the list's id.
pub(super) type Lists = HashMap<String, Vec<bool>>;

pub(super) fn lists(text: &str) -> Result<Lists, Error> {
    let (mut kinds, mut lists): (Lists, Lists) = (HashMap::new(), HashMap::new());
    let (mut kind, mut list): (Option<String>, Option<String>) = (None, None);
    walk(text, |part| {
        match part {
            Part::Start(element) => match element.name().as_str() {
                "abstractNum" => kind = element.attribute("abstractNumId"),
                "num" => list = element.attribute("numId"),
                "numFmt" => {
                    if let Some(kind) = &kind {
                        let is_numbered = element.value().is_some_and(|how| how != "bullet");
                        kinds.entry(kind.clone()).or_default().push(is_numbered);
                    }
                }
                "abstractNumId" => {
                    if let (Some(list), Some(kind)) = (&list, element.value()) {
                        lists.insert(list.clone(), kinds.get(&kind).cloned().unwrap_or_default());
                    }
                }
                _ => {}
            },
            Part::End(name) if name == "abstractNum" => kind = None,
            Part::End(name) if name == "num" => list = None,
            _ => {}
        }
        Ok(())
    })?;
    Ok(lists)
}

/// Addresses outside of the document, by the ids that links name.
pub(super) fn links(text: &str) -> Result<HashMap<String, String>, Error> {
    let mut links = HashMap::new();
    walk(text, |part| {
        if let Part::Start(element) = part
            && element.attribute("TargetMode").as_deref() == Some("External")
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            links.insert(id, target);
        }
        Ok(())
    })?;
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_known_by_its_name_its_outline_or_what_it_is_based_on() {
        let style =
            |id: &str, inner: &str| format!("<w:style w:styleId=\"{id}\">{inner}</w:style>");
        let text = [
            style("Ttulo1", "<w:name w:val=\"heading 1\"/>"),
            style("T2", "<w:name w:val=\"Título 2\"/>"),
            style("Mio", "<w:name w:val=\"Pregunta\"/><w:basedOn w:val=\"T2\"/>"),
            style("O", "<w:name w:val=\"Otro\"/><w:pPr><w:outlineLvl w:val=\"3\"/></w:pPr>"),
            style("Normal", "<w:name w:val=\"Normal\"/>"),
            style("TDC1", "<w:name w:val=\"toc 1\"/>"),
            style("A", "<w:name w:val=\"a\"/><w:basedOn w:val=\"B\"/>"),
            style("B", "<w:name w:val=\"b\"/><w:basedOn w:val=\"A\"/>"),
        ];
        let styles = styles(&format!("<w:styles>{}</w:styles>", text.concat())).unwrap();
        let level = |id: &str| styles[id].level;
        assert_eq!(
            ["Ttulo1", "T2", "Mio", "O", "Normal", "TDC1", "A"].map(level),
            [Some(1), Some(2), Some(2), Some(4), None, None, None]
        );
        assert!(styles["TDC1"].is_contents);
    }
}
