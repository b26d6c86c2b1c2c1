//! Documents are cut into passages that are long enough to be understood and short enough to be
//! read on a phone.

/// In words. A passage is no shorter, where there is more to say.
const AT_LEAST: usize = 60;
/// And no longer, but for a sentence that is.
pub(super) const AT_MOST: usize = 200;

/// Cut between paragraphs, and within one that is too long between lines or sentences.
pub(super) fn cut(paragraphs: &[String]) -> Vec<String> {
    let mut passages: Vec<String> = Vec::new();
    let mut open = String::new();
    for paragraph in paragraphs {
        for piece in pieces(paragraph) {
            if words(&open) >= AT_LEAST || words(&open) + words(&piece) > AT_MOST {
                passages.push(std::mem::take(&mut open));
            }
            append(&mut open, &piece);
        }
    }
    match passages.last_mut() {
        // A rest says little without what stands before it.
        Some(last) if words(&open) < AT_LEAST && words(last) + words(&open) <= AT_MOST => {
            append(last, &open);
        }
        _ => passages.push(open),
    }
    passages.retain(|passage| !passage.trim().is_empty());
    passages
}

pub(super) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() && !more.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(more);
}

/// The paragraph, or parts of it that are short enough.
fn pieces(paragraph: &str) -> Vec<String> {
    if words(paragraph) <= AT_MOST {
        return vec![paragraph.trim().to_owned()];
    }
    let ends = |text: &str| text.ends_with(['.', '?', '!', '\n', '…', ';']);
    let (mut pieces, mut open) = (Vec::new(), String::new());
    for word in paragraph.trim().split_inclusive(char::is_whitespace) {
        let is_full = words(&open) >= AT_LEAST && (ends(open.trim_end()) || open.ends_with('\n'));
        if is_full || words(&open) >= AT_MOST {
            pieces.push(open.trim_end().to_owned());
            open.clear();
        }
        open.push_str(word);
    }
    pieces.push(open.trim_end().to_owned());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(words: usize) -> String {
        vec!["palabra"; words].join(" ")
    }

    fn lengths(paragraphs: &[usize]) -> Vec<usize> {
        let paragraphs: Vec<String> = paragraphs.iter().copied().map(paragraph).collect();
        cut(&paragraphs).iter().map(|passage| words(passage)).collect()
    }

    #[test]
    fn short_paragraphs_are_joined_and_long_ones_cut() {
        assert!(lengths(&[]).is_empty());
        assert_eq!(lengths(&[10]), [10]);
        assert_eq!(lengths(&[30, 40, 80, 50, 20]), [70, 80, 70]);
        assert_eq!(lengths(&[70, 30]), [100]);
        assert_eq!(lengths(&[190, 30]), [190, 30]);
        assert_eq!(lengths(&[450]), [200, 200, 50]);
    }

    #[test]
    fn a_long_paragraph_is_cut_after_a_sentence() {
        let sentence = format!("{}.", paragraph(50));
        let passages = cut(&[vec![sentence; 6].join(" ")]);
        assert_eq!(passages.iter().map(|one| words(one)).collect::<Vec<_>>(), [100, 100, 100]);
        assert!(passages.iter().all(|passage| passage.ends_with('.')));
    }
}
