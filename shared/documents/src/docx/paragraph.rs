//! A paragraph in the making, and what becomes of it.

use super::styles::Style;
use crate::Block;
use crate::question::{is_emphasised, is_plain, squeezed};

/// Of what looks like a heading and has no style that says so.
const LOWEST: u8 = 9;

#[derive(Debug, Default)]
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) style: Style,
    /// Its own, which counts before its style's.
    pub(super) outline: Option<u8>,
    pub(super) list: Option<String>,
    pub(super) list_level: usize,
    pub(super) bold: usize,
    pub(super) plain: usize,
    /// Where the text of a link begins, and where it leads.
    pub(super) link: Option<(usize, String)>,
}

/// What a paragraph is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Nothing,
    Block(Block),
    Item { list: String, level: usize, text: String },
}

impl Paragraph {
    pub(super) fn add(&mut self, text: &str, is_bold: bool) {
        self.text.push_str(text);
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        *(if is_bold || self.style.is_bold { &mut self.bold } else { &mut self.plain }) += letters;
    }

    /// The text of the link ends here.
    pub(super) fn link_ends(&mut self) {
        let Some((from, target)) = self.link.take() else { return };
        let says = self.text.get(from..).unwrap_or_default().trim().to_owned();
        let leads =
            ["http://", "https://", "mailto:", "tel:"].iter().any(|how| target.starts_with(how));
        if leads && !says.is_empty() && says != target && !target.contains([' ', '(', ')']) {
            self.text.truncate(from);
            self.text.push_str(&format!("[{says}]({target})"));
        }
    }

    pub(super) fn meant(self) -> Meant {
        let text = lines(&self.text);
        if text.is_empty() || self.style.is_contents {
            return Meant::Nothing;
        }
        let heading = |level| Meant::Block(Block::Heading { level, text: squeezed(&text) });
        if let Some(level) = self.outline.or(self.style.level) {
            return heading(level);
        }
        let is_bold = self.bold > 0 && self.plain == 0;
        if is_bold && is_emphasised(&text) {
            return heading(LOWEST);
        }
        let list = self.list.filter(|id| id != "0");
        let list = list.or_else(|| self.style.is_list.then(String::new));
        if let Some(list) = list {
            return Meant::Item { list, level: self.list_level, text };
        }
        if is_plain(&text) {
            return heading(LOWEST);
        }
        Meant::Block(Block::Text(text))
    }
}

/// One space between words, and the lines as they were broken by hand.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(squeezed).collect();
    lines.join("\n").trim().to_owned()
}
