//! Long texts in parts that fit into one message each.

use crate::render::marks;

/// A smaller limit leaves no room for text between the marks.
const SMALLEST_LIMIT: usize = 16;
/// What marks take at most at either end of a part: a block's with its line, or one of each kind.
const ROOM: usize = 4;
const BLOCK: &str = "```";
const MARKS: [char; 4] = ['*', '_', '~', '`'];

/// Splits a text in WhatsApp's mark-up into parts of at most `limit` UTF-16 code units; a limit
/// below 16 counts as 16.
///
/// - It cuts between paragraphs, else between lines, sentences, words, and only when there is no
///   other way within a word. Short parts are avoided, since each is a message that costs: the
///   better kinds of cut must leave a part at least half full.
/// - Marks and ``` blocks that are open at a cut are closed before it and opened again after it.
/// - No word is lost; white space at a cut is. A text without words has no parts.
///
/// Held by `every_part_fits_and_no_word_is_lost` in the tests.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(SMALLEST_LIMIT);
    let mut parts = Vec::new();
    let mut rest = text.trim().to_owned();
    while units(&rest) > limit {
        let cut = best_cut(&rest, limit - ROOM);
        let open = Open::at(&rest, cut);
        let (part, after) = rest.split_at(cut);
        parts.push(part.trim_end().to_owned() + &open.closing());
        rest = open.opening() + open.without_space(after);
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

/// The length as strict readers of the limits count it: in UTF-16 code units.
pub(crate) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Whether one may cut between these two halves of a text.
type IsCut = fn(&str, &str) -> bool;

/// Where to cut so that at most `limit` units come before: beyond [`ROOM`], so that each part takes
/// more from the text than the opened marks add to it.
fn best_cut(text: &str, limit: usize) -> usize {
    let (half, end) = (longest_prefix(text, limit / 2), longest_prefix(text, limit));
    let kinds: [(usize, IsCut); 5] = [
        (half, |_, after| after.starts_with("\n\n")),
        (half, |_, after| after.starts_with('\n')),
        (half, |before, after| before.ends_with(['.', '!', '?', '…']) && starts_with_space(after)),
        (ROOM + 1, |_, after| starts_with_space(after)),
        (ROOM + 1, is_between_letters),
    ];
    let cut = kinds.iter().find_map(|(from, is_cut)| {
        let mut places = (*from..=end).rev().filter(|at| text.is_char_boundary(*at));
        places.find(|at| is_cut(&text[..*at], &text[*at..]))
    });
    cut.unwrap_or(end)
}

/// The length in bytes of the longest prefix of at most `limit` units.
fn longest_prefix(text: &str, limit: usize) -> usize {
    let mut left = limit;
    let fitting = text.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    fitting.map(char::len_utf8).sum()
}

fn starts_with_space(text: &str) -> bool {
    text.starts_with(char::is_whitespace)
}

/// Whether what a reader sees as one character ends here. Accents, emoji with a skin tone or a
/// joiner, and the fence of a block stay whole.
fn is_between_letters(before: &str, after: &str) -> bool {
    let joins = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe0f}' | '\u{20e3}' | '\u{1f3fb}'..='\u{1f3ff}');
    let is_flag = |c: char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let is_within_flag = after.starts_with(is_flag)
        && before.chars().rev().take_while(|c| is_flag(*c)).count() % 2 == 1;
    let is_within_fence = before.ends_with('`') && after.starts_with('`');
    !after.starts_with(joins)
        && !before.ends_with('\u{200d}')
        && !is_within_flag
        && !is_within_fence
}

/// What is open at a cut.
enum Open {
    Block,
    /// From the outermost to the innermost.
    Marks(Vec<char>),
}

impl Open {
    fn at(text: &str, cut: usize) -> Self {
        let (before, after) = text.split_at(cut);
        if before.matches(BLOCK).count() % 2 == 1 && after.contains(BLOCK) {
            return Self::Block;
        }
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = after.find('\n').map_or(text.len(), |at| cut + at);
        let line = &text[start..end];
        let mut open: Vec<(usize, char)> = MARKS
            .into_iter()
            .filter_map(|mark| Some((opened(line, cut - start, mark)?, mark)))
            .collect();
        open.sort_unstable();
        // What looks like a mark inside code is none.
        let code = open.iter().position(|(_, mark)| *mark == '`');
        open.truncate(code.map_or(open.len(), |code| code + 1));
        Self::Marks(open.into_iter().map(|(_, mark)| mark).collect())
    }

    fn closing(&self) -> String {
        match self {
            Self::Block => format!("\n{BLOCK}"),
            Self::Marks(marks) => marks.iter().rev().collect(),
        }
    }

    fn opening(&self) -> String {
        match self {
            Self::Block => format!("{BLOCK}\n"),
            Self::Marks(marks) => marks.iter().collect(),
        }
    }

    /// The indentation of code has a meaning.
    fn without_space<'a>(&self, after: &'a str) -> &'a str {
        match self {
            Self::Block => after.trim_start_matches(['\r', '\n']),
            Self::Marks(_) => after.trim_start(),
        }
    }
}

/// Where the pair of this mark begins that has its end at or after `cut`.
fn opened(line: &str, cut: usize, mark: char) -> Option<usize> {
    let mut places = line.match_indices(mark).map(|(at, _)| at);
    while let Some(start) = places.by_ref().find(|at| marks::opens(line, *at)) {
        if start >= cut {
            return None;
        }
        let end = places.by_ref().find(|at| marks::closes(line, *at))?;
        if end >= cut {
            return Some(start);
        }
    }
    None
}
