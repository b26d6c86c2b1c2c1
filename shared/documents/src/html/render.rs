//! From a tree to headings, paragraphs, lists, tables and answers.

use super::content::{Around, is_left_out};
use super::inline::Inline;
use super::tree::{Data, Tree};
use crate::Block;
use crate::question::{is_emphasised, squeezed};

/// Elements within elements. What is deeper is not read: nobody writes it.
const DEPTH_MAX: usize = 256;
/// A paragraph that is all bold and asks.
const LOWEST: u8 = 7;

/// Begin and end a paragraph.
const PARTS: &[&str] = &[
    "address",
    "article",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "legend",
    "main",
    "nav",
    "p",
    "section",
    "summary",
];

pub(super) fn blocks(tree: &Tree, at: usize, around: Around) -> Vec<Block> {
    let mut render = Render::new(tree, around);
    render.node(at, 0);
    render.flush();
    render.blocks
}

struct Render<'t> {
    tree: &'t Tree,
    around: Around,
    blocks: Vec<Block>,
    inline: Inline,
    bold: usize,
}

impl<'t> Render<'t> {
    fn new(tree: &'t Tree, around: Around) -> Self {
        Self { tree, around, blocks: Vec::new(), inline: Inline::default(), bold: 0 }
    }

    fn node(&mut self, at: usize, depth: usize) {
        let tree = self.tree;
        if depth > DEPTH_MAX || is_left_out(tree, at, self.around) {
            return;
        }
        let name = match tree.node(at) {
            Data::Text(text) => return self.inline.words(text, self.bold > 0),
            Data::Other => return self.children(at, depth),
            Data::Element { name, .. } => name.as_str(),
        };
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = name.as_bytes()[1] - b'0';
                self.flush();
                let text = squeezed(&self.plain(at));
                if !text.is_empty() {
                    self.blocks.push(Block::Heading { level, text });
                }
            }
            "br" => self.inline.line(),
            "b" | "strong" => self.emphasis(at, depth, "**"),
            "i" | "em" => self.emphasis(at, depth, "*"),
            "a" => self.link(at, depth),
            "ul" | "ol" => {
                self.flush();
                let list = self.list(at, depth, 0);
                self.text(&list);
            }
            "table" => self.table(at, depth),
            "details" => self.details(at, depth),
            "dl" => self.definitions(at, depth),
            "pre" => {
                self.flush();
                self.inline.preformatted(&tree.text(at));
                self.flush();
            }
            name if PARTS.contains(&name) => {
                self.flush();
                self.children(at, depth);
                self.flush();
            }
            _ => self.children(at, depth),
        }
    }

    fn children(&mut self, at: usize, depth: usize) {
        for child in self.tree.children(at) {
            self.node(*child, depth + 1);
        }
    }

    /// Ends the paragraph.
    fn flush(&mut self) {
        let (text, is_bold) = self.inline.take();
        let bare = text.replace("**", "");
        if is_bold && is_emphasised(&bare) {
            self.blocks.push(Block::Heading { level: LOWEST, text: squeezed(&bare) });
        } else {
            self.text(&text);
        }
    }

    fn text(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.blocks.push(Block::Text(text.trim_end().to_owned()));
        }
    }

    fn emphasis(&mut self, at: usize, depth: usize, sign: &str) {
        let bold = usize::from(sign == "**");
        // Two of a kind, one in the other, cancel each other in Markdown.
        let sign = if bold > 0 && self.bold > 0 { "" } else { sign };
        self.bold += bold;
        self.inline.open(sign);
        self.children(at, depth);
        self.inline.close(sign, sign);
        self.bold -= bold;
    }

    /// Where it leads is said only if it leads there from anywhere.
    fn link(&mut self, at: usize, depth: usize) {
        let target = self.tree.attribute(at, "href").unwrap_or_default().trim();
        let leads = ["http://", "https://", "mailto:", "tel:"]
            .iter()
            .any(|scheme| target.starts_with(scheme));
        let target = (leads && !target.contains([' ', '(', ')', '<', '>'])).then_some(target);
        let says = squeezed(&self.tree.text(at));
        match target {
            Some(target) if !says.is_empty() && target != says => {
                self.inline.open("[");
                self.children(at, depth);
                self.inline.close("[", &format!("]({target})"));
            }
            _ => self.children(at, depth),
        }
    }

    /// What is in it, rendered by itself.
    fn apart(&self, at: usize, depth: usize) -> Vec<Block> {
        let mut part = Render::new(self.tree, self.around);
        part.children(at, depth);
        part.flush();
        part.blocks
    }

    /// What is in it without any sign of Markdown.
    fn plain(&self, at: usize) -> String {
        let mut text = String::new();
        for at in self.tree.within(at) {
            match self.tree.node(at) {
                Data::Text(words) => text.push_str(words),
                Data::Element { name, .. } if name == "br" => text.push(' '),
                _ => {}
            }
        }
        text
    }

    fn list(&self, at: usize, depth: usize, indent: usize) -> String {
        let tree = self.tree;
        let is_numbered = tree.name(at) == Some("ol");
        let (mut lines, mut number) = (Vec::new(), 0);
        if depth > DEPTH_MAX {
            return String::new();
        }
        for item in tree.children(at).iter().copied() {
            match tree.name(item) {
                Some("ul" | "ol") => lines.push(self.list(item, depth + 1, indent + 2)),
                Some(_) if !is_left_out(tree, item, self.around) => {
                    let mut text = Vec::new();
                    for block in self.apart(item, depth + 1) {
                        text.push(block.flat());
                    }
                    number += 1;
                    let sign = if is_numbered { format!("{number}. ") } else { "- ".to_owned() };
                    let inner = format!("\n{}", " ".repeat(indent + sign.len()));
                    let text = text.join("\n").replace('\n', &inner);
                    if !text.trim().is_empty() {
                        lines.push(format!("{}{sign}{text}", " ".repeat(indent)));
                    }
                }
                _ => {}
            }
        }
        lines.join("\n")
    }

    fn table(&mut self, at: usize, depth: usize) {
        self.flush();
        let tree = self.tree;
        let (mut rows, mut next) = (Vec::new(), vec![at]);
        // Rows of this table, and not of one in it.
        while let Some(part) = next.pop() {
            match tree.name(part) {
                Some("tr") => rows.push(part),
                Some("table") if part != at => {}
                _ => next.extend(tree.children(part).iter().rev()),
            }
        }
        let is_cell = |at: &&usize| matches!(tree.name(**at), Some("td" | "th"));
        let cells: Vec<Vec<usize>> = rows
            .into_iter()
            .map(|row| tree.children(row).iter().filter(is_cell).copied().collect())
            .collect();
        // One cell a row is a frame around a page.
        if cells.iter().all(|row| row.len() <= 1) {
            for cell in cells.into_iter().flatten() {
                self.children(cell, depth + 1);
                self.flush();
            }
            return;
        }
        let mut table = Vec::new();
        for row in cells {
            let mut texts = Vec::new();
            for cell in row {
                texts.push(Block::cell(self.apart(cell, depth + 1)));
            }
            if texts.iter().any(|text| !text.is_empty()) {
                table.push(texts);
            }
        }
        if !table.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    /// What opens when it is touched: mostly a question with its answer.
    fn details(&mut self, at: usize, depth: usize) {
        self.flush();
        let tree = self.tree;
        let summary =
            tree.children(at).iter().copied().find(|at| tree.name(*at) == Some("summary"));
        let question = summary.map(|at| squeezed(&self.plain(at))).unwrap_or_default();
        let mut text = Vec::new();
        for child in tree.children(at).iter().copied().filter(|at| Some(*at) != summary) {
            let mut part = Render::new(tree, self.around);
            part.node(child, depth + 1);
            part.flush();
            text.extend(part.blocks);
        }
        if question.is_empty() || text.iter().any(|block| matches!(block, Block::Answer { .. })) {
            // A group of questions.
            if !question.is_empty() {
                self.blocks.push(Block::Heading { level: LOWEST - 1, text: question });
            }
            self.blocks.extend(text);
            return;
        }
        let text = text.into_iter().map(Block::flat).collect::<Vec<_>>().join("\n\n");
        self.blocks.push(Block::Answer { question, text });
    }

    /// Terms with what they mean; questions, if all of them ask.
    fn definitions(&mut self, at: usize, depth: usize) {
        self.flush();
        let tree = self.tree;
        let mut pairs: Vec<(String, Vec<String>)> = Vec::new();
        let mut next = vec![at];
        while let Some(part) = next.pop() {
            match tree.name(part) {
                Some("dt") => pairs.push((squeezed(&self.plain(part)), Vec::new())),
                Some("dd") => {
                    let blocks = self.apart(part, depth + 1);
                    if let Some((_, open)) = pairs.last_mut() {
                        open.extend(blocks.into_iter().map(Block::flat));
                    }
                }
                // A pair may be wrapped.
                _ => next.extend(tree.children(part).iter().rev()),
            }
        }
        let mut meant: Vec<String> = Vec::new();
        for (term, texts) in pairs {
            let text = texts.join("\n\n");
            if term.ends_with('?') {
                self.blocks.push(Block::Answer { question: term, text });
            } else if !text.is_empty() {
                meant.push(format!("**{term}**: {text}"));
            }
        }
        for text in meant {
            self.text(&text);
        }
    }
}
