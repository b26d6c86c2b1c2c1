//! Markdown: headings make passages, and a heading that is a question is one with its answer.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::draft::Drafts;
use super::passage;

/// A heading with what stands beneath it, up to the next.
struct Section {
    level: HeadingLevel,
    heading: String,
    paragraphs: Vec<String>,
}

pub(super) fn read(text: &str) -> Drafts {
    let mut drafts = Drafts::default();
    let mut above: Vec<(HeadingLevel, String)> = Vec::new();
    for Section { level, heading, paragraphs } in sections(text) {
        above.retain(|(higher, _)| *higher < level);
        let title = |above: &[(HeadingLevel, String)]| {
            let names: Vec<&str> = above.iter().map(|(_, name)| name.as_str()).collect();
            (!names.is_empty()).then(|| names.join(" › "))
        };
        let answer = paragraphs.join("\n\n");
        if heading.ends_with('?') && passage::words(&answer) <= passage::AT_MOST {
            drafts.answer(title(&above), &heading, &answer);
            above.push((level, heading));
            continue;
        }
        if !heading.is_empty() {
            above.push((level, heading));
        }
        drafts.part(title(&above).as_deref(), &paragraphs);
    }
    drafts
}

fn sections(text: &str) -> Vec<Section> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let section = |level| Section { level, heading: String::new(), paragraphs: Vec::new() };
    let mut sections = vec![section(HeadingLevel::H1)];
    // Within which block of the document's own we are, and how deep.
    let (mut depth, mut heading) = (0_usize, false);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    match tag {
                        Tag::Heading { level, .. } => {
                            heading = true;
                            sections.push(section(level));
                        }
                        Tag::HtmlBlock | Tag::MetadataBlock(_) => {}
                        _ => keep(&mut sections, text, range),
                    }
                }
                depth += 1;
            }
            Event::End(end) => {
                depth -= 1;
                if matches!(end, TagEnd::Heading(_)) {
                    heading = false;
                }
            }
            Event::Text(words) | Event::Code(words) if heading => {
                if let Some(open) = sections.last_mut() {
                    open.heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    for open in &mut sections {
        open.heading = open.heading.trim().to_owned();
    }
    sections
}

/// As it is written: outbound knows Markdown.
fn keep(sections: &mut [Section], text: &str, range: Range<usize>) {
    let block = text.get(range).unwrap_or_default().trim();
    if let Some(open) = sections.last_mut().filter(|_| !block.is_empty()) {
        open.paragraphs.push(block.to_owned());
    }
}
