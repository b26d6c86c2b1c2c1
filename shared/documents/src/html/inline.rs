//! Text within a paragraph, as Markdown.

/// Grows with one space between words, as a browser shows it.
#[derive(Debug, Default)]
pub(super) struct Inline {
    text: String,
    /// A space stands before the next word.
    space: bool,
    /// Where signs begin that nothing stands behind yet.
    opened: Option<usize>,
    /// What is emphasised, and what is not.
    bold: usize,
    plain: usize,
}

impl Inline {
    pub(super) fn words(&mut self, text: &str, is_bold: bool) {
        for c in text.chars() {
            if c.is_whitespace() && c != '\u{a0}' {
                match self.opened {
                    Some(at) => self.part(at),
                    None => self.space = !self.text.is_empty() && !self.text.ends_with('\n'),
                }
                continue;
            }
            self.before();
            self.opened = None;
            self.text.push(if c == '\u{a0}' { ' ' } else { c });
            *(if is_bold { &mut self.bold } else { &mut self.plain }) += 1;
        }
    }

    /// A sign of Markdown, set close to what follows.
    pub(super) fn open(&mut self, sign: &str) {
        self.before();
        self.opened.get_or_insert(self.text.len());
        self.text.push_str(sign);
    }

    /// A sign of Markdown, set close to what stands before it; both go where nothing is between.
    pub(super) fn close(&mut self, opened: &str, sign: &str) {
        if self.opened.is_none() {
            self.text.push_str(sign);
        } else if let Some(rest) = self.text.strip_suffix(opened) {
            self.text.truncate(rest.len());
            self.opened = self.opened.filter(|at| *at < self.text.len());
        }
    }

    pub(super) fn line(&mut self) {
        self.space = false;
        if self.opened.is_none() && !self.text.is_empty() {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
    }

    /// As it stands, spaces and lines included.
    pub(super) fn preformatted(&mut self, text: &str) {
        self.text.push_str(text);
        self.opened = None;
        self.plain += text.len();
    }

    /// What was written, and whether all of it is emphasised.
    pub(super) fn take(&mut self) -> (String, bool) {
        let Self { text, bold, plain, .. } = std::mem::take(self);
        (text.trim().to_owned(), bold > 0 && plain == 0)
    }

    /// A space that stands behind a sign is moved before it, where Markdown wants it.
    fn part(&mut self, at: usize) {
        let before = &self.text[..at];
        if !before.is_empty() && !before.ends_with(char::is_whitespace) {
            self.text.insert(at, ' ');
            self.opened = Some(at + 1);
        }
    }

    fn before(&mut self) {
        if std::mem::take(&mut self.space) {
            self.text.push(' ');
        }
    }
}
