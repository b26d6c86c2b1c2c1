//! One line of styled text, and where WhatsApp lets its marks stand.

use std::ops::Range;

use super::marks::{ends_in_word, opens, starts_with_word};

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) strike: bool,
    /// Nothing else applies inside code.
    pub(super) code: bool,
}

#[derive(Clone, Default)]
pub(super) struct Line {
    text: String,
    spans: Vec<(Range<usize>, Style)>,
}

type Has = fn(&Style) -> bool;

/// From the outermost mark to the innermost.
const MARKS: [(char, Has); 4] = [
    ('*', |style| style.bold),
    ('_', |style| style.italic),
    ('~', |style| style.strike),
    ('`', |style| style.code),
];

impl Line {
    pub(super) fn push(&mut self, text: &str, style: Style) {
        self.text.push_str(text);
        let end = self.text.len();
        match self.spans.last_mut() {
            Some((range, last)) if *last == style => range.end = end,
            _ => self.spans.push((end - text.len()..end, style)),
        }
    }

    pub(super) fn append(&mut self, other: &Self) {
        for (range, style) in &other.spans {
            self.push(&other.text[range.clone()], *style);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// The text from a place that [`Self::len`] gave, without its style.
    pub(super) fn text_from(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or_default()
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The text in WhatsApp's mark-up. A mark that WhatsApp would show instead of obeying, or
    /// would pair with a character of the text, is left out.
    pub(super) fn marked_up(&self) -> String {
        let line = self.without_stray_markdown();
        let mut marks = Vec::new();
        for (depth, (mark, has)) in MARKS.into_iter().enumerate() {
            for range in line.ranges(has) {
                if let Some(range) = line.markable(&range, mark) {
                    // At one place the inner closes first, then the outer opens first.
                    marks.push((range.start, true, usize::MAX - range.len(), depth, mark));
                    marks.push((range.end, false, range.len(), MARKS.len() - depth, mark));
                }
            }
        }
        marks.sort_unstable();
        let mut out = String::with_capacity(line.text.len() + marks.len());
        let mut done = 0;
        for (at, .., mark) in marks {
            out.push_str(&line.text[done..at]);
            out.push(mark);
            done = at;
        }
        out.push_str(&line.text[done..]);
        out
    }

    /// Markdown that was not well enough formed to be understood: a `**` without its partner, a
    /// link whose address has spaces. `2**3` and the `****` of a card number are none.
    fn without_stray_markdown(&self) -> Self {
        let mut clean = Self::default();
        for (range, style) in &self.spans {
            let mut done = range.start;
            for (at, _) in self.text[range.clone()].match_indices(['*', '(']) {
                let at = range.start + at;
                let (before, rest) = self.text.split_at(at);
                let after = rest.trim_start_matches('*');
                let is_alone = rest.len() - after.len() == 2 && !before.ends_with('*');
                if style.code {
                    break;
                } else if rest.starts_with('(') && before.ends_with(']') {
                    clean.push(&self.text[done..at], *style);
                    clean.push(" ", *style);
                    done = at;
                } else if is_alone && !(ends_in_word(before) && starts_with_word(after)) {
                    clean.push(&self.text[done..at], *style);
                    done = at + 2;
                }
            }
            clean.push(self.text.get(done..range.end).unwrap_or_default(), *style);
        }
        clean
    }

    /// Where a style applies without a break.
    fn ranges(&self, has: Has) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (range, _) in self.spans.iter().filter(|(_, style)| has(style)) {
            match ranges.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range.clone()),
            }
        }
        ranges
    }

    /// The part of a range that can stand between two marks. They must touch its text, stand at
    /// the edges of words, and find each other before any other such character.
    fn markable(&self, range: &Range<usize>, mark: char) -> Option<Range<usize>> {
        let text = &self.text[range.clone()];
        let start = range.end - text.trim_start().len();
        let end = range.start + text.trim_end().len();
        let inside = self.text.get(start..end).filter(|text| !text.is_empty())?;
        let (before, after) = (&self.text[..start], &self.text[end..]);
        let fits = !inside.contains(mark)
            && !ends_in_word(before)
            && !starts_with_word(after)
            && !before.ends_with(mark)
            && !after.starts_with(mark)
            && !before.match_indices(mark).any(|(at, _)| opens(before, at));
        fits.then_some(start..end)
    }
}
