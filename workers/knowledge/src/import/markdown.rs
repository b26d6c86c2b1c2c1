//! Markdown: headings make passages, and a heading that is a question is one with its answer.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::draft::Drafts;
use super::outline::Outline;

pub(super) fn read(text: &str) -> Drafts {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut outline = Outline::default();
    // Within how many blocks we are, and the heading that we are in.
    let (mut depth, mut heading) = (0_usize, None);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    match tag {
                        Tag::Heading { level, .. } => heading = Some((level, String::new())),
                        Tag::HtmlBlock | Tag::MetadataBlock(_) => {}
                        _ => outline.paragraph(written(text, range)),
                    }
                }
                depth += 1;
            }
            Event::End(end) => {
                depth -= 1;
                if let (TagEnd::Heading(_), Some((level, words))) =
                    (end, heading.take_if(|_| depth == 0))
                {
                    outline.heading(level as u8, &words);
                }
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, heading)) = &mut heading {
                    heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    outline.finish()
}

/// As it is written: outbound knows Markdown.
fn written(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default().trim()
}
