//! From lines to headings and paragraphs, by how they are set.
//!
//! A PDF knows neither. What is larger than the text, or bold and alone, is a heading; what stands
//! closer together than the rest is a paragraph; what comes again at the top or the bottom of most
//! pages is not said at all.

use std::collections::HashMap;

use crate::Block;
use crate::question::{is_emphasised, is_plain, squeezed, words};

/// A line as it is set.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) size: f32,
    /// Above the bottom of the page.
    pub(super) height: f32,
    pub(super) is_bold: bool,
}

/// So many lines at the top and at the bottom of a page may be the same on all.
const EDGE: usize = 2;
/// And on so many pages at least.
const REPEATED: usize = 3;
/// In words: "Página 3 de 10" counts pages, a sentence counts something else.
const COUNTING_MAX: usize = 8;
/// As many times the text's size is a heading's.
const LARGER: f32 = 1.15;
/// In words: a longer line is text.
const HEADING_MAX: usize = 16;
/// Of headings that are told by their size.
const LEVELS: usize = 5;
/// Of those that are told by nothing but their weight, or by what they ask.
const LOWEST: u8 = 6;
/// As many times the usual distance of lines parts paragraphs.
const APART: f32 = 1.35;
/// Before an item of a list.
const BULLETS: [char; 9] = ['•', '▪', '●', '◦', '‣', '–', '·', '\u{f0b7}', '*'];

pub(super) fn blocks(mut pages: Vec<Vec<Line>>) -> Vec<Block> {
    let larger = halves(Setting::of(&pages).size * LARGER);
    drop_repeated(&mut pages, larger);
    let setting = Setting::of(&pages);
    let mut blocks = Vec::new();
    for (page, number) in pages.iter().zip(1..) {
        let mut parts = paragraphs(page, &setting).into_iter().map(|lines| block(lines, &setting));
        let first = parts.next();
        match (blocks.last_mut(), first) {
            // A sentence that goes on over the page.
            (Some(Block::Text(open)), Some(Block::Text(rest)))
                if rest.starts_with(char::is_lowercase)
                    && !open.ends_with(['.', '?', '!', ':']) =>
            {
                open.push(' ');
                open.push_str(&rest);
                blocks.push(Block::Page(number));
            }
            (_, first) => blocks.extend([Some(Block::Page(number)), first].into_iter().flatten()),
        }
        blocks.extend(parts);
    }
    blocks
}

/// How most of a document is set.
struct Setting {
    /// Of its text.
    size: f32,
    /// From line to line.
    distance: f32,
    /// Of its headings, the largest first, in halves of a point.
    larger: Vec<u32>,
    /// In letters, of a full line.
    width: usize,
    is_bold: bool,
}

impl Setting {
    fn of(pages: &[Vec<Line>]) -> Self {
        let lines = || pages.iter().flatten();
        let letters = |line: &Line| line.text.chars().count();
        let mut sizes: HashMap<u32, usize> = HashMap::new();
        for line in lines() {
            *sizes.entry(halves(line.size)).or_default() += letters(line);
        }
        let most = sizes.iter().max_by_key(|(size, letters)| (**letters, **size));
        let text = most.map_or(24, |(size, _)| *size);
        #[expect(clippy::cast_precision_loss, reason = "a size of print is a small number")]
        let size = text as f32 / 2.0;
        let is_larger = |other: &u32| halves(size * LARGER) <= *other;
        let mut larger: Vec<u32> = sizes.keys().copied().filter(is_larger).collect();
        larger.sort_unstable_by(|a, b| b.cmp(a));
        let mut distances: Vec<f32> = pages
            .iter()
            .flat_map(|page| page.windows(2))
            .filter(|pair| pair.iter().all(|line| halves(line.size) == text))
            .map(|pair| pair[0].height - pair[1].height)
            .filter(|distance| *distance > 0.0)
            .collect();
        distances.sort_unstable_by(f32::total_cmp);
        // The lower quarter: between paragraphs it is more.
        let distance = distances.get(distances.len() / 4).copied().unwrap_or(size * 1.2);
        let of_text = || lines().filter(|line| halves(line.size) == text);
        let mut widths: Vec<usize> = of_text().map(letters).collect();
        widths.sort_unstable();
        let width = widths.get(widths.len() * 9 / 10).copied().unwrap_or_default();
        let bold = of_text().filter(|line| line.is_bold).count();
        Self { size, distance, larger, width, is_bold: bold * 2 > widths.len() }
    }

    /// As of a heading, if the line looks like one.
    fn level(&self, line: &Line) -> Option<u8> {
        let rank = self.larger.iter().position(|size| *size == halves(line.size));
        if let Some(rank) = rank {
            return u8::try_from(rank.min(LEVELS - 1) + 1).ok();
        }
        let is_alone = line.is_bold && !self.is_bold && words(&line.text) <= HEADING_MAX;
        let is_text = line.text.ends_with(['.', ',', ';']) || item(&line.text).is_some();
        (is_alone && !is_text).then_some(LOWEST)
    }
}

/// Lines that belong together, as one.
fn paragraphs<'a>(page: &'a [Line], setting: &Setting) -> Vec<Vec<&'a Line>> {
    let mut paragraphs: Vec<Vec<&Line>> = Vec::new();
    for line in page {
        let follows = paragraphs.last().and_then(|open| open.last()).is_some_and(|last| {
            let distance = last.height - line.height;
            let level = setting.level(last);
            let is_full = last.text.chars().count() * 10 >= setting.width * 7;
            let ends = last.text.ends_with(['.', '?', '!', ':']) && !is_full;
            level == setting.level(line)
                && (level.is_some() || !is_plain(&last.text))
                && (level.is_none() || !last.text.ends_with('?'))
                && halves(last.size).abs_diff(halves(line.size)) <= 2
                && distance > -setting.size
                && distance <= setting.distance.max(line.size * 1.1) * APART
                && item(&line.text).is_none()
                && !(level.is_none() && ends)
        });
        match paragraphs.last_mut().filter(|_| follows) {
            Some(open) => open.push(line),
            None => paragraphs.push(vec![line]),
        }
    }
    paragraphs
}

fn block(lines: Vec<&Line>, setting: &Setting) -> Block {
    let level = lines.first().and_then(|line| setting.level(line));
    let mut text = String::new();
    for line in lines {
        match text.strip_suffix('-') {
            // A word that was broken at the end of a line.
            Some(whole) if line.text.starts_with(char::is_lowercase) => {
                text.truncate(whole.len());
            }
            _ if text.is_empty() => {}
            _ => text.push(' '),
        }
        text.push_str(&line.text);
    }
    let text = squeezed(&text);
    match level {
        Some(level) if words(&text) <= 2 * HEADING_MAX => Block::Heading { level, text },
        _ if is_plain(&text) && is_emphasised(&text) => Block::Heading { level: LOWEST, text },
        _ => Block::Text(match item(&text) {
            Some(item) => format!("- {item}"),
            None => text,
        }),
    }
}

fn item(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(BULLETS).or_else(|| text.strip_prefix("- "))?;
    Some(rest.trim()).filter(|rest| !rest.is_empty())
}

/// What comes again at the edges of most pages, and numbers of pages. A heading that counts
/// chapters stays, and so does a sentence that counts something else.
fn drop_repeated(pages: &mut [Vec<Line>], larger: u32) {
    let mut times: HashMap<String, usize> = HashMap::new();
    let seen = |line: &Line| {
        let counts = halves(line.size) < larger && words(&line.text) <= COUNTING_MAX;
        if counts { masked(&line.text) } else { line.text.clone() }
    };
    for page in pages.iter() {
        let mut here: Vec<String> = edges(page).map(|at| seen(&page[at])).collect();
        here.sort_unstable();
        here.dedup();
        for text in here {
            *times.entry(text).or_default() += 1;
        }
    }
    let many = REPEATED.max(pages.len() / 2);
    let several = pages.len() > 1;
    for page in pages {
        let repeated: Vec<usize> = edges(page)
            .filter(|at| {
                let text = seen(&page[*at]);
                let is_number = !text.contains(char::is_alphabetic) && text.contains('#');
                times.get(&text).is_some_and(|times| *times >= many) || (several && is_number)
            })
            .collect();
        let mut at = 0;
        page.retain(|_| {
            let stays = !repeated.contains(&at);
            at += 1;
            stays
        });
    }
}

fn edges(page: &[Line]) -> impl Iterator<Item = usize> + use<> {
    let length = page.len();
    (0..length).filter(move |at| *at < EDGE || *at + EDGE >= length)
}

/// With one sign for any number: pages are counted.
fn masked(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if masked.ends_with('#') => {}
            '0'..='9' => masked.push('#'),
            c => masked.push(c),
        }
    }
    masked
}

/// Of a point: sizes differ in the last digits.
fn halves(size: f32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a size is positive, and what is too large is cut"
    )]
    let halves = (size * 2.0).round() as u32;
    halves
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as `size text`, from the top, 14 points apart or, after an empty one, 28; `*` is bold.
    fn page(lines: &[&str]) -> Vec<Line> {
        let mut height = 800.0;
        let mut page = Vec::new();
        for line in lines {
            height -= 14.0;
            let Some((size, text)) = line.split_once(' ') else { continue };
            let bold = text.strip_prefix('*');
            page.push(Line {
                text: bold.unwrap_or(text).to_owned(),
                size: size.parse().unwrap(),
                height,
                is_bold: bold.is_some(),
            });
        }
        page
    }

    fn told(pages: &[&[&str]]) -> Vec<String> {
        let blocks = blocks(pages.iter().map(|lines| page(lines)).collect());
        blocks
            .into_iter()
            .map(|block| match block {
                Block::Page(number) => format!("page {number}"),
                Block::Heading { level, text } => format!("{level} {text}"),
                Block::Text(text) => text,
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn headings_and_paragraphs_are_told_by_how_they_are_set() {
        let page = [
            "20 Manual del taladro",
            "14 Uso seguro",
            "10 Lea este manual antes de usar el taladro y guárde-",
            "10 lo en un lugar seco.",
            "",
            "10 Use siempre gafas y guantes.",
            "10 • Gafas",
            "10 • Guantes de cuero, que no sean tan",
            "10 gruesos",
            "10 *Garantía",
            "10 Doce meses desde la compra con la boleta.",
            "",
            "10 ¿Puedo cambiarlo?",
            "10 Sí, hasta 15 días.",
        ];
        assert_eq!(
            told(&[&page]),
            [
                "page 1",
                "1 Manual del taladro",
                "2 Uso seguro",
                "Lea este manual antes de usar el taladro y guárdelo en un lugar seco.",
                "Use siempre gafas y guantes.",
                "- Gafas",
                "- Guantes de cuero, que no sean tan gruesos",
                "6 Garantía",
                "Doce meses desde la compra con la boleta.",
                "6 ¿Puedo cambiarlo?",
                "Sí, hasta 15 días.",
            ]
        );
    }

    #[test]
    fn what_comes_again_on_every_page_is_not_said() {
        let pages: Vec<[String; 4]> = ["uno", "dos", "tres"]
            .iter()
            .zip(1..)
            .map(|(word, number)| {
                [
                    "8 Ferretería El Clavo".to_owned(),
                    format!("14 Capítulo {number}"),
                    format!("10 {word} {word} {word} {word}."),
                    format!("8 Página {number} de 3"),
                ]
            })
            .collect();
        let pages: Vec<Vec<&str>> =
            pages.iter().map(|page| page.iter().map(String::as_str).collect()).collect();
        let pages: Vec<&[&str]> = pages.iter().map(Vec::as_slice).collect();
        let told = told(&pages);
        assert_eq!(
            told,
            [
                "page 1",
                "1 Capítulo 1",
                "uno uno uno uno.",
                "page 2",
                "1 Capítulo 2",
                "dos dos dos dos.",
                "page 3",
                "1 Capítulo 3",
                "tres tres tres tres."
            ]
        );
    }
}
