//! Plain text: paragraphs with empty lines between them.

use super::draft::Drafts;

pub(super) fn read(text: &str) -> Drafts {
    let mut paragraphs = vec![String::new()];
    for line in text.lines() {
        let Some(open) = paragraphs.last_mut() else { continue };
        if line.trim().is_empty() {
            paragraphs.push(String::new());
            continue;
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.push_str(line.trim_end());
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let mut drafts = Drafts::default();
    drafts.part(None, &paragraphs);
    drafts
}
