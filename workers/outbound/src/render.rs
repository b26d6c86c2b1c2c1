//! Markdown, as a language model or a specialist writes it, into WhatsApp's own mark-up.
//!
//! WhatsApp has no escapes, so what an author did not mean as a mark is left as it is, and a mark
//! that WhatsApp would not understand, or would pair with another one, is left out.

mod html;
mod line;
pub(crate) mod marks;
mod page;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use html::Meaning;
use line::{Line, Style};
use page::Page;

/// Renders Markdown for WhatsApp: `*bold*`, `_italic_`, `~strike~`, code, lists and quotes.
///
/// - A single `*word*` is WhatsApp's bold and stays so; it would be italic in Markdown. Whoever
///   writes for WhatsApp means bold, and to everybody else emphasis is emphasis.
/// - Headings become bold lines, links `text: url`, each row of a table one line of a list.
/// - Line breaks stay where the author made them; several blank lines become one.
/// - Text without Markdown comes out as it went in, apart from white space at the ends of lines;
///   held by `plain_text_stays_as_it_is` in the tests.
pub fn render(markdown: &str) -> String {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut renderer = Renderer { source: markdown, ..Renderer::default() };
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        renderer.take(event, &range);
    }
    renderer.end_line();
    renderer.page.into_text()
}

#[derive(Default)]
struct Renderer<'a> {
    source: &'a str,
    page: Page,
    line: Line,
    style: Style,
    inlines: Vec<Inline<'a>>,
    raw: Option<Raw<'a>>,
    table: Table,
}

/// An inline element that has begun: what its end needs.
enum Inline<'a> {
    Styled { before: Style },
    Literal { mark: &'a str },
    Link { url: String, text_from: usize },
}

/// A block that Markdown does not look into, as far as it has been read.
struct Raw<'a> {
    kind: RawKind<'a>,
    text: String,
}

enum RawKind<'a> {
    Code(CodeBlockKind<'a>),
    Html,
}

#[derive(Default)]
struct Table {
    head: Vec<Line>,
    row: Vec<Line>,
}

impl<'a> Renderer<'a> {
    fn take(&mut self, event: Event<'a>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => match &mut self.raw {
                Some(raw) => raw.text.push_str(&text),
                None => self.line.push(&text, self.style),
            },
            Event::InlineHtml(html) => match html::meaning(&html) {
                Meaning::Break => self.break_line(),
                Meaning::Tag => {}
                Meaning::Text => self.line.push(&html, self.style),
            },
            Event::Code(code) => self.line.push(&code, Style { code: true, ..Style::default() }),
            Event::SoftBreak | Event::HardBreak => self.break_line(),
            Event::Rule => {
                self.end_line();
                self.page.leave_a_gap();
            }
            Event::TaskListMarker(done) => {
                self.line.push(if done { "☑ " } else { "☐ " }, Style::default());
            }
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: &Range<usize>) {
        match tag {
            Tag::Emphasis => self.start_mark(range, 1),
            Tag::Strong => self.start_mark(range, 2),
            Tag::Strikethrough => {
                let is_double = self.source[range.start..].starts_with("~~");
                self.start_mark(range, if is_double { 2 } else { 1 });
            }
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                let (url, text_from) = (readable(&dest_url).to_owned(), self.line.len());
                self.inlines.push(Inline::Link { url, text_from });
            }
            // The first cell names what its row is about.
            Tag::TableCell => self.style.bold = self.table.row.is_empty(),
            block => {
                self.end_line();
                if self.is_blank_before(range.start) {
                    self.page.leave_a_gap();
                }
                self.start_block(block, range);
            }
        }
    }

    fn start_block(&mut self, block: Tag<'a>, range: &Range<usize>) {
        match block {
            Tag::Heading { level, .. } => self.style.bold = self.is_heading(level, range),
            Tag::BlockQuote(_) => self.page.start_quote(),
            Tag::List(number) => self.page.start_list(number),
            Tag::Item => self.page.start_item(self.source[range.clone()].trim_start()),
            Tag::CodeBlock(kind) => self.start_raw(RawKind::Code(kind)),
            Tag::HtmlBlock => self.start_raw(RawKind::Html),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image => return self.end_inline(),
            TagEnd::TableCell => return self.table.row.push(std::mem::take(&mut self.line)),
            _ => self.end_line(),
        }
        match tag {
            TagEnd::Heading(_) => self.style = Style::default(),
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => self.page.end_container(),
            TagEnd::CodeBlock | TagEnd::HtmlBlock => self.end_raw(),
            TagEnd::TableHead => self.end_head(),
            TagEnd::TableRow => self.end_row(),
            TagEnd::Table => self.table = Table::default(),
            _ => {}
        }
    }

    fn start_mark(&mut self, range: &Range<usize>, width: usize) {
        let marked = &self.source[range.clone()];
        let (mark, before) = (&marked[..width], self.style);
        if self.is_literal(range, width) {
            self.line.push(mark, before);
            return self.inlines.push(Inline::Literal { mark });
        }
        match mark {
            "~" | "~~" => self.style.strike = true,
            "_" => self.style.italic = true,
            "*" if before.bold || marked.starts_with("***") => self.style.italic = true,
            _ => self.style.bold = true,
        }
        self.inlines.push(Inline::Styled { before });
    }

    /// Whether CommonMark sees marks where a person sees something else: `2*3*4`, `2**3**4`, the
    /// underscores of an address.
    fn is_literal(&self, range: &Range<usize>, width: usize) -> bool {
        let (before, after) = (&self.source[..range.start], &self.source[range.end..]);
        let left = before.chars().next_back().unwrap_or(' ');
        let right = after.chars().next().unwrap_or(' ');
        let first = self.source[range.start + width..].chars().next().unwrap_or(' ');
        let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        word.contains("://")
            || word.starts_with("www.")
            || (width == 1 && (left.is_alphanumeric() || right.is_alphanumeric()))
            || (left.is_ascii_digit() && first.is_ascii_digit())
    }

    fn end_inline(&mut self) {
        match self.inlines.pop() {
            Some(Inline::Styled { before }) => self.style = before,
            Some(Inline::Literal { mark }) => self.line.push(mark, self.style),
            Some(Inline::Link { url, text_from }) => {
                let text = self.line.text_from(text_from).trim();
                if url.is_empty() || is_same_address(text, &url) {
                    return;
                }
                let separator = match text.chars().next_back() {
                    None => "",
                    Some(':') => " ",
                    Some(_) => ": ",
                };
                self.line.push(separator, Style::default());
                self.line.push(&url, Style::default());
            }
            None => {}
        }
    }

    fn start_raw(&mut self, kind: RawKind<'a>) {
        self.raw = Some(Raw { kind, text: String::new() });
    }

    fn end_raw(&mut self) {
        let Some(Raw { kind, text }) = self.raw.take() else { return };
        match kind {
            RawKind::Html => self.page.write(&render(&html::without_tags(&text))),
            // Four spaces are more often layout than code.
            RawKind::Code(CodeBlockKind::Indented) => {
                let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
                self.page.write(&render(&lines.join("\n")));
            }
            // A model that puts its whole answer in a fence.
            RawKind::Code(CodeBlockKind::Fenced(language))
                if matches!(&*language, "markdown" | "md") =>
            {
                self.page.write(&render(&text));
            }
            RawKind::Code(_) if text.contains("```") => self.page.write(text.trim_end()),
            RawKind::Code(_) if text.trim().is_empty() => {}
            RawKind::Code(_) => self.page.write(&format!("```\n{}\n```", text.trim_end())),
        }
    }

    fn end_head(&mut self) {
        self.style = Style::default();
        self.table.head = std::mem::take(&mut self.table.row);
        // With more columns the headers stand beside the values.
        if let [only] = &self.table.head[..] {
            self.line = only.clone();
            self.end_line();
        }
    }

    /// `- *first cell* · Header: cell · Header: cell`. The first column needs no header.
    fn end_row(&mut self) {
        self.style = Style::default();
        let mut separator = "- ";
        let cells = std::mem::take(&mut self.table.row);
        for (column, cell) in cells.into_iter().enumerate().filter(|(_, cell)| !cell.is_blank()) {
            self.line.push(separator, Style::default());
            separator = " · ";
            let header = self.table.head.get(column).map_or("", |head| head.text_from(0).trim());
            if column > 0 && !header.is_empty() {
                self.line.push(header, Style::default());
                self.line.push(": ", Style::default());
            }
            self.line.append(&cell);
        }
        self.end_line();
    }

    fn break_line(&mut self) {
        let in_link = self.inlines.iter().any(|open| matches!(open, Inline::Link { .. }));
        let in_table = !self.table.head.is_empty();
        if in_link || in_table {
            self.line.push(" ", self.style);
        } else {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.is_blank() {
            self.page.write(line.marked_up().trim());
        }
    }

    /// A line of dashes under a paragraph makes it a heading in Markdown, but whoever wrote it
    /// meant a rule.
    fn is_heading(&self, level: HeadingLevel, range: &Range<usize>) -> bool {
        level == HeadingLevel::H1 || self.source[range.clone()].trim_start().starts_with('#')
    }

    fn is_blank_before(&self, offset: usize) -> bool {
        let line_above = self.source[..offset].rsplit('\n').nth(1);
        line_above.is_some_and(|line| line.trim_matches(['>', ' ', '\t', '\r']).is_empty())
    }
}

/// An address as a person reads it.
fn readable(url: &str) -> &str {
    let url = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:")).unwrap_or(url);
    // A place within a page means nothing in a chat.
    if url.starts_with('#') { "" } else { url }
}

fn is_same_address(text: &str, url: &str) -> bool {
    fn bare(address: &str) -> &str {
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        address.trim_end_matches('/')
    }
    bare(text).eq_ignore_ascii_case(bare(url))
}
