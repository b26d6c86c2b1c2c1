//! Headings with what stands beneath them become entries: of a heading that is a question, its
//! answer; of any other, passages.

use super::draft::Drafts;
use super::passage;

/// A document in the making, from its first heading to its last paragraph.
#[derive(Default)]
pub(super) struct Outline {
    drafts: Drafts,
    /// The headings above what comes next, with their levels.
    above: Vec<(u8, String)>,
    /// The last heading, until it is known what stands beneath it.
    heading: Option<(u8, String)>,
    paragraphs: Vec<String>,
    /// What stands beneath no heading is called by this.
    page: Option<String>,
}

impl Outline {
    pub(super) fn heading(&mut self, level: u8, text: &str) {
        self.close();
        self.above.retain(|(higher, _)| *higher < level);
        self.heading = Some((level, text.trim().to_owned()));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.paragraphs.push(text.to_owned());
        }
    }

    /// What the document itself marks as a question with its answer.
    pub(super) fn answer(&mut self, question: &str, text: &str) {
        self.close();
        self.drafts.answer(self.title(), question, text);
    }

    /// A passage of its own, by its own title if it has one.
    pub(super) fn passage(&mut self, title: Option<&str>, text: &str) {
        self.close();
        let title = title.map(str::to_owned).or_else(|| self.title());
        self.drafts.part(title.as_deref(), &[text.to_owned()]);
    }

    /// A page begins: it matters where there are no headings.
    pub(super) fn page(&mut self, name: String) {
        if self.above.is_empty() && self.heading.is_none() {
            self.close();
            self.page = Some(name);
        }
    }

    pub(super) fn title(&self) -> Option<String> {
        if self.above.is_empty() {
            return self.page.clone();
        }
        let names: Vec<&str> = self.above.iter().map(|(_, name)| name.as_str()).collect();
        Some(names.join(" › "))
    }

    /// What was open is said.
    pub(super) fn close(&mut self) {
        let paragraphs = std::mem::take(&mut self.paragraphs);
        if let Some((level, heading)) = self.heading.take() {
            let answer = paragraphs.join("\n\n");
            if heading.ends_with('?') && passage::words(&answer) <= passage::AT_MOST {
                self.drafts.answer(self.title(), &heading, &answer);
                self.above.push((level, heading));
                return;
            }
            if !heading.is_empty() {
                self.above.push((level, heading));
            }
        }
        self.drafts.part(self.title().as_deref(), &paragraphs);
    }

    pub(super) fn drafts(&mut self) -> &mut Drafts {
        self.close();
        &mut self.drafts
    }

    pub(super) fn finish(mut self) -> Drafts {
        self.close();
        self.drafts
    }
}
