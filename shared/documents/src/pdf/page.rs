//! The words of a page, in the order in which they are drawn.
//!
//! A page has no words, lines or spaces, only letters and where they stand: a step down is a new
//! line, a step to the side a space. How wide a letter is would tell more; this is enough for
//! somebody who reads it as a whole.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lopdf::content::{Content, Operation};
use lopdf::{Dictionary, Document, Encoding, Object, ObjectId};

use super::layout::Line;
use crate::apart::Deadline;

/// What the content of one page, and of all that it draws, may grow to. In memory it takes a
/// hundred times that at worst.
const CONTENT_MAX: usize = 4 * 1024 * 1024;
/// What a font's table of letters may grow to.
const FONT_MAX: usize = 1024 * 1024;
/// A part of a page may draw another, and itself.
const DEPTH_MAX: u32 = 5;
/// States that are saved and not yet restored; a page that is well made has a few.
const SAVED_MAX: usize = 64;
/// In thousandths of a letter's height: a gap within one piece of text that is a space.
const SPACE: f32 = -180.0;

/// `[a b c d e f]` as the format writes it: a point's place, turned, stretched and moved.
type Matrix = [f32; 6];
const UNMOVED: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

pub(super) struct Pages<'a> {
    document: &'a Document,
    text: String,
    /// In bytes; beyond it nothing would be passed on.
    text_max: usize,
    until: Deadline,
    left: usize,
    /// Something is shown that can't be read: an image, letters without names.
    has_pictures: bool,
    last: Option<Piece>,
    /// Where each line of the page begins, and how it is set.
    marks: Vec<Mark>,
}

struct Mark {
    /// In the text.
    start: usize,
    size: f32,
    height: f32,
    /// Letters, and how many of them are bold.
    letters: usize,
    bold: usize,
}

struct Font<'f> {
    encoding: Encoding<'f>,
    is_bold: bool,
}

/// Where the piece of text before began, and how many letters it had.
struct Piece {
    at: (f32, f32),
    letters: usize,
}

/// What the operators of a content change as they go.
struct State<'f> {
    drawing: Matrix,
    line: Matrix,
    font: Option<&'f Font<'f>>,
    size: f32,
    leading: f32,
}

impl<'a> Pages<'a> {
    /// Reads until there are so many characters, or until that time.
    pub(super) fn new(document: &'a Document, characters: usize, until: Deadline) -> Self {
        Self {
            document,
            text: String::new(),
            // No character has more bytes; and what is trimmed later takes some.
            text_max: characters.saturating_mul(5),
            until,
            left: 0,
            has_pictures: false,
            last: None,
            marks: Vec::new(),
        }
    }

    /// Reads a page, and says how its lines are set.
    pub(super) fn page(&mut self, page: ObjectId) -> Vec<Line> {
        self.marks.clear();
        self.draw_page(page);
        self.end_line();
        self.last = None;
        let ends = self.marks.iter().skip(1).map(|mark| mark.start).chain([self.text.len()]);
        let line = |(mark, end): (&Mark, usize)| Line {
            text: self.text.get(mark.start..end).unwrap_or_default().trim().to_owned(),
            size: mark.size,
            height: mark.height,
            is_bold: mark.bold * 10 >= mark.letters * 9,
        };
        let lines = self.marks.iter().zip(ends).map(line);
        lines.filter(|line| !line.text.is_empty()).collect()
    }

    fn draw_page(&mut self, page: ObjectId) {
        self.left = CONTENT_MAX;
        let content = self.document.get_page_content_with_limit(page, self.left);
        let resources = self.document.get_page_resources(page);
        let (Ok(content), Ok((own, inherited))) = (content, resources) else {
            self.has_pictures = true;
            return;
        };
        let inherited =
            inherited.into_iter().filter_map(|id| self.document.get_dictionary(id).ok());
        let resources: Vec<_> = own.into_iter().chain(inherited).collect();
        self.left = self.left.saturating_sub(content.len());
        self.draw(&content, &resources, UNMOVED, 0);
    }

    /// Whether nothing was read although there is something to be seen, or may be.
    pub(super) fn is_pictures(&self) -> bool {
        (self.has_pictures || self.is_enough()) && self.text.trim().is_empty()
    }

    /// Whether there are more words than it was to read.
    pub(super) fn is_cut(&self) -> bool {
        self.text.len() >= self.text_max
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn is_enough(&self) -> bool {
        self.is_cut() || self.until.has_passed()
    }

    fn draw(&mut self, content: &[u8], resources: &[&'a Dictionary], drawing: Matrix, depth: u32) {
        let fonts = self.fonts(resources);
        let encodings = self.encodings(&fonts);
        let mut state = State { drawing, line: UNMOVED, font: None, size: 1.0, leading: 0.0 };
        let mut saved = Vec::new();
        for operation in Content::<Vec<Operation>>::decode_iter(content) {
            let Ok(Operation { operator, operands }) = operation else { return };
            if self.is_enough() {
                return;
            }
            let number = |index: usize| -> f32 {
                operands.get(index).and_then(|one| one.as_float().ok()).unwrap_or_default()
            };
            match operator.as_str() {
                "q" if saved.len() < SAVED_MAX => saved.push(state.drawing),
                "Q" => state.drawing = saved.pop().unwrap_or(state.drawing),
                "cm" => state.drawing = times(matrix(&operands), state.drawing),
                "BT" => state.line = UNMOVED,
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    state.font = name.and_then(|name| encodings.get(name));
                    state.size = number(1);
                }
                "TL" => state.leading = number(0),
                "Td" => state.step(number(0), number(1)),
                "TD" => {
                    state.leading = -number(1);
                    state.step(number(0), number(1));
                }
                "Tm" => state.line = matrix(&operands),
                "T*" => state.step(0.0, -state.leading),
                "Tj" | "TJ" => self.show(&state, &operands),
                "'" | "\"" => {
                    state.step(0.0, -state.leading);
                    self.show(
                        &state,
                        operands.last().map(std::slice::from_ref).unwrap_or_default(),
                    );
                }
                "Do" => {
                    if let Some(name) = operands.first().and_then(|name| name.as_name().ok()) {
                        self.part(name, resources, state.drawing, depth);
                    }
                }
                "BI" => self.has_pictures = true,
                _ => {}
            }
        }
    }

    /// An image, or a part of a page that has a content of its own.
    fn part(&mut self, name: &[u8], resources: &[&'a Dictionary], drawing: Matrix, depth: u32) {
        let document = self.document;
        let part = resources.iter().find_map(|resources| {
            let parts = resources.get_deref(b"XObject", document).ok()?.as_dict().ok()?;
            parts.get_deref(name, document).ok()?.as_stream().ok()
        });
        let Some(part) = part else { return };
        let is_form =
            part.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
        if !is_form {
            self.has_pictures = true;
            return;
        }
        if depth + 1 >= DEPTH_MAX {
            return;
        }
        let Ok(content) = part.get_plain_content_with_limit(self.left) else { return };
        self.left = self.left.saturating_sub(content.len());
        let own = part.dict.get_deref(b"Resources", document).and_then(Object::as_dict);
        let moved = part.dict.get_deref(b"Matrix", document).and_then(Object::as_array);
        let drawing = moved.map_or(drawing, |moved| times(matrix(moved), drawing));
        match own {
            Ok(own) => self.draw(&content, &[own], drawing, depth + 1),
            Err(_) => self.draw(&content, resources, drawing, depth + 1),
        }
    }

    /// The fonts by name. One that names its letters in its own way is stripped of that if it
    /// says what they mean as well.
    fn fonts(&self, resources: &[&'a Dictionary]) -> BTreeMap<&'a [u8], Cow<'a, Dictionary>> {
        let document = self.document;
        let mut found = BTreeMap::new();
        for resources in resources {
            let fonts = resources.get_deref(b"Font", document).and_then(Object::as_dict);
            for (name, font) in fonts.into_iter().flat_map(Dictionary::iter) {
                let font = match font {
                    Object::Reference(id) => document.get_dictionary(*id),
                    font => font.as_dict(),
                };
                let Ok(font) = font else { continue };
                let encoding = font.get_deref(b"Encoding", document);
                let is_own = encoding.is_ok_and(|encoding| encoding.as_dict().is_ok());
                let font = if is_own && font.has(b"ToUnicode") {
                    let mut stripped = font.clone();
                    stripped.remove(b"Encoding");
                    Cow::Owned(stripped)
                } else {
                    Cow::Borrowed(font)
                };
                found.entry(name.as_slice()).or_insert(font);
            }
        }
        found
    }

    /// What the letters of each font mean. A font that numbers its letters and does not say which
    /// they are is left out.
    fn encodings<'f>(
        &mut self,
        fonts: &'f BTreeMap<&'a [u8], Cow<'a, Dictionary>>,
    ) -> BTreeMap<&'f [u8], Font<'f>>
    where
        'a: 'f,
    {
        let mut encodings = BTreeMap::new();
        for (name, font) in fonts {
            let is_numbered =
                font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Type0");
            if self.is_enough() || (is_numbered && !font.has(b"ToUnicode")) {
                continue;
            }
            if let Ok(encoding) = font.get_font_encoding_with_limit(self.document, FONT_MAX) {
                let is_bold = is_bold(font, self.document);
                encodings.insert(*name, Font { encoding, is_bold });
            }
        }
        encodings
    }

    fn show(&mut self, state: &State<'_>, operands: &[Object]) {
        let Some(font) = state.font else {
            self.has_pictures = true;
            return;
        };
        let mut piece = String::new();
        for operand in operands {
            match operand {
                Object::Array(parts) => {
                    parts.iter().for_each(|part| spell(&mut piece, &font.encoding, part));
                }
                one => spell(&mut piece, &font.encoding, one),
            }
        }
        if piece.is_empty() {
            return;
        }
        let here = times(state.line, state.drawing);
        self.separate(here, state.size);
        let letters = piece.chars().count();
        self.mark(here, state.size, letters, font.is_bold);
        self.text.push_str(&piece);
        self.last = Some(Piece { at: (here[4], here[5]), letters });
    }

    /// Ends the line, or the word, if the next piece of text does not follow on the last.
    fn separate(&mut self, [a, b, _, _, x, y]: Matrix, size: f32) {
        let Some(last) = &self.last else { return };
        let stretch = a.hypot(b);
        let height = (size * stretch).abs();
        let (dx, dy) = (x - last.at.0, y - last.at.1);
        // Along the line, and across it, whichever way it runs.
        let (along, across) = ((dx * a + dy * b) / stretch, (dy * a - dx * b) / stretch);
        if across.abs() > height / 2.0 {
            self.end_line();
        } else if along != 0.0 && !(last.letters == 1 && along.abs() < height * 1.1) {
            // Some programs place each letter by itself.
            self.end_word();
        }
    }

    /// Notes how the line that the next letters belong to is set.
    fn mark(&mut self, [a, b, _, _, _, y]: Matrix, size: f32, letters: usize, is_bold: bool) {
        let size = (size * a.hypot(b)).abs();
        let begins = self.text.is_empty() || self.text.ends_with('\n') || self.marks.is_empty();
        if begins {
            let start = self.text.len();
            self.marks.push(Mark { start, size, height: y, letters: 0, bold: 0 });
        }
        if let Some(open) = self.marks.last_mut() {
            open.letters += letters;
            open.bold += if is_bold { letters } else { 0 };
        }
    }

    fn end_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn end_word(&mut self) {
        if !self.text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
    }
}

impl State<'_> {
    fn step(&mut self, x: f32, y: f32) {
        self.line = times([1.0, 0.0, 0.0, 1.0, x, y], self.line);
    }
}

/// As far as its name or its description says.
fn is_bold(font: &Dictionary, document: &Document) -> bool {
    let name = font.get(b"BaseFont").and_then(Object::as_name).unwrap_or_default();
    let name = String::from_utf8_lossy(name).to_lowercase();
    let descriptor = font.get_deref(b"FontDescriptor", document).and_then(Object::as_dict);
    let weight = descriptor.and_then(|one| one.get(b"FontWeight")).and_then(Object::as_float);
    ["bold", "black", "heavy", "negrit"].iter().any(|word| name.contains(word))
        || weight.is_ok_and(|weight| weight >= 600.0)
}

/// Adds what a string says, or the gap that a number makes.
fn spell(piece: &mut String, font: &Encoding<'_>, part: &Object) {
    match part {
        Object::String(bytes, _) => {
            // What a font does not know is left out.
            let letters = font.bytes_to_string(bytes).unwrap_or_default();
            piece.extend(letters.chars().filter(|c| !c.is_control()));
        }
        gap if gap.as_float().is_ok_and(|gap| gap < SPACE) && !piece.ends_with(' ') => {
            piece.push(' ');
        }
        _ => {}
    }
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut matrix = UNMOVED;
    for (place, operand) in matrix.iter_mut().zip(operands) {
        *place = operand.as_float().unwrap_or_default();
    }
    matrix
}

/// First the one, then the other.
fn times([a, b, c, d, e, f]: Matrix, [ta, tb, tc, td, te, tf]: Matrix) -> Matrix {
    [
        a * ta + b * tc,
        a * tb + b * td,
        c * ta + d * tc,
        c * tb + d * td,
        e * ta + f * tc + te,
        e * tb + f * td + tf,
    ]
}
