//! A little Markdown as rich text and blocks, for tests and the board page.

use serde_json::{Value, json};

/// The styles that a mark switches on and off, the longer marks first.
const MARKS: [(&str, &str); 5] =
    [("**", "bold"), ("~~", "strikethrough"), ("`", "code"), ("*", "italic"), ("__", "underline")];

/// The rich text of a text with marks. A mark without its end is text.
pub(super) fn spans(text: &str) -> Value {
    let mut items = Vec::new();
    push(text, &json!({}), &mut items);
    items.into()
}

fn push(text: &str, styles: &Value, into: &mut Vec<Value>) {
    let mut plain_from = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let found = linked(rest).or_else(|| marked(rest));
        let Some(Found { inner, length, style, url }) = found else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        put(&text[plain_from..at], styles, None, into);
        match (style, url) {
            (Some(style), _) => {
                let mut styles = styles.clone();
                styles[style] = true.into();
                if style == "code" {
                    put(inner, &styles, None, into);
                } else {
                    push(inner, &styles, into);
                }
            }
            (None, url) => put(inner, styles, url, into),
        }
        at += length;
        plain_from = at;
    }
    put(&text[plain_from..], styles, None, into);
}

struct Found<'a> {
    inner: &'a str,
    length: usize,
    style: Option<&'static str>,
    url: Option<&'a str>,
}

fn marked(rest: &str) -> Option<Found<'_>> {
    let (mark, style) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
    let inner = &rest[mark.len()..];
    let end = inner.find(mark).filter(|end| *end > 0)?;
    let length = end + 2 * mark.len();
    Some(Found { inner: &inner[..end], length, style: Some(style), url: None })
}

fn linked(rest: &str) -> Option<Found<'_>> {
    let inner = rest.strip_prefix('[')?;
    let middle = inner.find("](")?;
    let url = &inner[middle + 2..];
    let end = url.find(')')?;
    let length = 1 + middle + 2 + end + 1;
    Some(Found { inner: &inner[..middle], length, style: None, url: Some(&url[..end]) })
}

fn put(text: &str, styles: &Value, url: Option<&str>, into: &mut Vec<Value>) {
    if let Value::Array(pieces) = crate::notion::unmarked(text) {
        into.extend(pieces.into_iter().map(|mut piece| {
            piece["annotations"] = styles.clone();
            if let Some(url) = url {
                piece["text"]["link"] = json!({ "url": url });
            }
            piece
        }));
    }
}

/// The blocks of a text with marks, one for each line that is not empty.
pub(super) fn blocks(text: &str) -> Value {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(block).collect()
}

fn block(line: &str) -> Value {
    const STARTS: [(&str, &str); 7] = [
        ("### ", "heading_3"),
        ("## ", "heading_2"),
        ("# ", "heading_1"),
        ("> ", "quote"),
        ("[ ] ", "to_do"),
        ("- ", "bulleted_list_item"),
        ("* ", "bulleted_list_item"),
    ];
    if line == "---" {
        return json!({ "divider": {} });
    }
    if let Some((start, kind)) = STARTS.iter().find(|(start, _)| line.starts_with(start)) {
        return json!({ *kind: { "rich_text": spans(&line[start.len()..]) } });
    }
    let number =
        line.find(". ").filter(|end| *end > 0 && line[..*end].bytes().all(|b| b.is_ascii_digit()));
    match number {
        Some(end) => json!({ "numbered_list_item": { "rich_text": spans(&line[end + 2..]) } }),
        None => json!({ "paragraph": { "rich_text": spans(line) } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let spans = spans(text);
        let tell = |span: &Value| {
            let styles =
                span["annotations"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let url = span["text"]["link"]["url"].as_str().unwrap_or_default();
            format!("{}<{}{url}>", span["text"]["content"].as_str().unwrap(), styles.join("+"))
        };
        spans.as_array().unwrap().iter().map(tell).collect()
    }

    #[test]
    fn marks_become_styles_and_links() {
        assert_eq!(told("a **b *c* d** e"), "a <>b <bold>c<bold+italic> d<bold> e<>");
        assert_eq!(told("_x_ [y](https://z) `**q**`"), "_x_ <>y<https://z> <>**q**<code>");
        assert_eq!(told("2 * 3 = 6, ~~no~~"), "2 * 3 = 6, <>no<strikethrough>");
    }

    #[test]
    fn lines_become_blocks() {
        let kinds: Vec<String> = blocks("# T\n\n- a\n1. b\n[ ] c\n> d\n---\ne")
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block.as_object().unwrap().keys().next().unwrap().clone())
            .collect();
        assert_eq!(
            kinds,
            [
                "heading_1",
                "bulleted_list_item",
                "numbered_list_item",
                "to_do",
                "quote",
                "divider",
                "paragraph"
            ]
        );
    }
}
