//! The text of a document of Word: paragraphs, lists, and tables in tables.

use std::collections::HashMap;

use super::paragraph::{Meant, Paragraph};
use super::styles::{Lists, Style, level};
use super::xml::{Element, Part, walk};
use crate::apart::Deadline;
use crate::{Block, Error};

/// Tables in tables, and paragraphs in the boxes of paragraphs.
const DEPTH_MAX: usize = 32;
/// Between two looks at the clock.
const STEPS: usize = 1024;

/// What is not seen, or seen twice: what was deleted, what properties were before, what stands
/// there for programs that can't show the other.
const SKIPPED: &[&str] =
    &["del", "moveFrom", "Fallback", "pPrChange", "rPrChange", "tblPrChange", "sectPr"];

/// What the document says beside its text.
pub(super) struct Setting {
    pub(super) styles: HashMap<String, Style>,
    pub(super) lists: Lists,
    pub(super) links: HashMap<String, String>,
}

pub(super) fn read(text: &str, setting: Setting, until: Deadline) -> Result<Vec<Block>, Error> {
    let mut body = Body {
        setting,
        places: vec![Place::default()],
        tables: Vec::new(),
        paragraphs: Vec::new(),
        run: Run::default(),
        skipped: 0,
        counts: HashMap::new(),
    };
    let mut steps = 0_usize;
    walk(text, |part| {
        steps += 1;
        if steps.is_multiple_of(STEPS) {
            until.check()?;
        }
        body.part(part)
    })?;
    // What was cut off is told as far as it goes.
    while !body.paragraphs.is_empty() {
        body.paragraph_ends();
    }
    while body.places.len() > 1 {
        body.cell_ends();
        body.table_ends();
    }
    Ok(body.places.pop().map(|place| place.blocks).unwrap_or_default())
}

/// Where blocks are put: the document, or a cell.
#[derive(Default)]
struct Place {
    blocks: Vec<Block>,
    /// The last block is a list, and goes on.
    in_list: bool,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Vec<Block>>>,
}

#[derive(Default)]
struct Run {
    is_on: bool,
    in_text: bool,
    is_bold: bool,
    is_hidden: bool,
}

struct Body {
    setting: Setting,
    places: Vec<Place>,
    tables: Vec<Table>,
    paragraphs: Vec<Paragraph>,
    run: Run,
    /// How deep we are in something that is not read.
    skipped: usize,
    /// How far each list has counted on each level.
    counts: HashMap<String, Vec<usize>>,
}

impl Body {
    fn part(&mut self, part: Part<'_>) -> Result<(), Error> {
        match part {
            Part::Start(element) => {
                let name = element.name();
                if self.skipped > 0 || SKIPPED.contains(&name.as_str()) {
                    self.skipped += 1;
                    return Ok(());
                }
                return self.start(&name, &element);
            }
            Part::End(_) if self.skipped > 0 => self.skipped -= 1,
            Part::End(name) => self.end(&name),
            Part::Text(text) => {
                if self.skipped == 0 && self.run.in_text && !self.run.is_hidden {
                    self.add(&text);
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, name: &str, element: &Element<'_>) -> Result<(), Error> {
        let is_deep = self.paragraphs.len() + self.tables.len() > DEPTH_MAX;
        match name {
            "p" | "tbl" if is_deep => return Err(Error::TooMuch),
            "p" => self.paragraphs.push(Paragraph::default()),
            "tbl" => self.tables.push(Table::default()),
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => self.places.push(Place::default()),
            "r" => self.run = Run { is_on: true, ..Run::default() },
            "t" => self.run.in_text = true,
            "b" if self.run.is_on => self.run.is_bold = element.is_on(),
            "vanish" if self.run.is_on => self.run.is_hidden = element.is_on(),
            "tab" if self.run.is_on => self.add(" "),
            "cr" if self.run.is_on => self.add("\n"),
            "br" if self.run.is_on && element.attribute("type").is_none() => self.add("\n"),
            "noBreakHyphen" if self.run.is_on => self.add("-"),
            _ => self.property(name, element),
        }
        Ok(())
    }

    /// Of the paragraph that is open.
    fn property(&mut self, name: &str, element: &Element<'_>) {
        let Some(open) = self.paragraphs.last_mut() else { return };
        match name {
            "pStyle" => {
                let style = element.value().and_then(|id| self.setting.styles.get(&id));
                open.style = style.copied().unwrap_or_default();
            }
            "outlineLvl" => open.outline = level(element.value()),
            "numId" => open.list = element.value(),
            "ilvl" => {
                let level = element.value().and_then(|level| level.parse().ok());
                open.list_level = level.unwrap_or(0).min(9);
            }
            "hyperlink" => {
                let target = element.attribute("id");
                let target = target.and_then(|id| self.setting.links.get(&id).cloned());
                open.link = target.map(|target| (open.text.len(), target));
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" => self.paragraph_ends(),
            "tbl" => self.table_ends(),
            "tc" => self.cell_ends(),
            "r" => self.run = Run::default(),
            "t" => self.run.in_text = false,
            "hyperlink" => {
                if let Some(open) = self.paragraphs.last_mut() {
                    open.link_ends();
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if let Some(open) = self.paragraphs.last_mut() {
            open.add(text, self.run.is_bold);
        }
    }

    fn paragraph_ends(&mut self) {
        let Some(paragraph) = self.paragraphs.pop() else { return };
        let meant = paragraph.meant();
        let item = match &meant {
            Meant::Item { list, level, .. } => self.sign(list, *level),
            _ => String::new(),
        };
        let Some(place) = self.places.last_mut() else { return };
        match meant {
            Meant::Nothing => {}
            Meant::Block(block) => {
                place.blocks.push(block);
                place.in_list = false;
            }
            Meant::Item { text, .. } => {
                let line = format!("{item}{text}");
                match place.blocks.last_mut() {
                    Some(Block::Text(list)) if place.in_list => {
                        list.push('\n');
                        list.push_str(&line);
                    }
                    _ => place.blocks.push(Block::Text(line)),
                }
                place.in_list = true;
            }
        }
    }

    /// Before an item: its indent, and its number if it has one.
    fn sign(&mut self, list: &str, level: usize) -> String {
        let counts = self.counts.entry(list.to_owned()).or_default();
        counts.truncate(level + 1);
        counts.resize(level + 1, 0);
        counts[level] += 1;
        let is_numbered = self.setting.lists.get(list).and_then(|levels| levels.get(level));
        let indent = "   ".repeat(level);
        match is_numbered {
            Some(true) => format!("{indent}{}. ", counts[level]),
            _ => format!("{indent}- "),
        }
    }

    fn cell_ends(&mut self) {
        if self.places.len() < 2 {
            return;
        }
        let Some(place) = self.places.pop() else { return };
        if let Some(row) = self.tables.last_mut().and_then(|table| table.rows.last_mut()) {
            row.push(place.blocks);
        }
    }

    fn table_ends(&mut self) {
        let Some(Table { rows }) = self.tables.pop() else { return };
        let Some(place) = self.places.last_mut() else { return };
        place.in_list = false;
        // One cell a row is a frame.
        if rows.iter().all(|row| row.len() <= 1) {
            place.blocks.extend(rows.into_iter().flatten().flatten());
            return;
        }
        let rows = rows.into_iter().map(|row| row.into_iter().map(Block::cell).collect::<Vec<_>>());
        let rows: Vec<Vec<String>> =
            rows.filter(|row| row.iter().any(|cell| !cell.is_empty())).collect();
        if !rows.is_empty() {
            place.blocks.push(Block::Table(rows));
        }
    }
}
