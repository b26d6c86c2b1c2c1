//! The finished lines, with the quotes and lists that they stand in.

#[derive(Default)]
pub(super) struct Page {
    text: String,
    gap: bool,
    containers: Vec<Container>,
}

enum Container {
    Quote,
    List { number: Option<u64> },
    Item { marker: String, written: bool },
}

impl Page {
    /// A blank line comes before the next one.
    pub(super) fn leave_a_gap(&mut self) {
        self.gap = true;
    }

    pub(super) fn start_quote(&mut self) {
        self.containers.push(Container::Quote);
    }

    pub(super) fn start_list(&mut self, number: Option<u64>) {
        self.containers.push(Container::List { number });
    }

    /// Numbers are the author's own as long as they rise: Markdown counts from the first one, but
    /// a person who writes "2." and "5." means that.
    pub(super) fn start_item(&mut self, source: &str) {
        let marker = match self.containers.last_mut() {
            Some(Container::List { number: Some(next) }) => {
                let digits = source.bytes().take_while(u8::is_ascii_digit).count();
                let number = source[..digits].parse().unwrap_or(*next).max(*next);
                *next = number + 1;
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        };
        self.containers.push(Container::Item { marker, written: false });
    }

    /// Ends the innermost quote, list or item. An item without a line leaves nothing.
    pub(super) fn end_container(&mut self) {
        self.containers.pop();
    }

    /// Writes lines that are mark-up already.
    pub(super) fn write(&mut self, lines: &str) {
        for line in lines.lines() {
            if line.trim().is_empty() {
                self.gap = true;
            } else {
                self.write_line(line);
            }
        }
    }

    fn write_line(&mut self, line: &str) {
        if !self.text.is_empty() {
            self.text.push_str(if self.gap { "\n\n" } else { "\n" });
        }
        self.gap = false;
        let mut quoted = false;
        for container in &mut self.containers {
            match container {
                // WhatsApp knows one level.
                Container::Quote if quoted => {}
                Container::Quote => {
                    quoted = true;
                    self.text.push_str("> ");
                }
                Container::List { .. } => {}
                Container::Item { marker, written } if *written => {
                    self.text.extend(std::iter::repeat_n(' ', marker.len()));
                }
                Container::Item { marker, written } => {
                    *written = true;
                    self.text.push_str(marker);
                }
            }
        }
        self.text.push_str(line);
    }

    pub(super) fn into_text(self) -> String {
        self.text.trim().to_owned()
    }
}
