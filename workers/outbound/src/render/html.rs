//! HTML within Markdown: its tags are dropped, what only looks like a tag stays.

/// Elements that a model may write. `<su nombre>` is a placeholder and not one of them.
const ELEMENTS: &str = "a abbr article b blockquote body br button caption center cite code dd del \
    details div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 head header hr html i \
    iframe img ins kbd label li main mark nav ol p pre q s script section small span strike strong \
    style sub summary sup table tbody td tfoot th thead title tr u ul video";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Ends a line.
    Break,
    /// Nothing that a reader should see.
    Tag,
    /// No HTML, but what the author wants to be read.
    Text,
}

/// What one piece of the form `<…>` stands for.
pub(super) fn meaning(html: &str) -> Meaning {
    if html.starts_with("<!") || html.starts_with("<?") {
        return Meaning::Tag;
    }
    let name = html.trim_start_matches(['<', '/']);
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "br" | "hr" | "p" | "div" | "li" | "tr" => Meaning::Break,
        name if ELEMENTS.split(' ').any(|element| element == name) => Meaning::Tag,
        _ => Meaning::Text,
    }
}

/// The Markdown in a block of HTML. It has no HTML left: what is no tag is encoded.
pub(super) fn without_tags(block: &str) -> String {
    let mut out = String::with_capacity(block.len());
    let mut rest = block;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = if rest.starts_with("<!--") {
            rest.find("-->").map(|at| at + 2)
        } else {
            rest.find('>')
        };
        let (tag, after) = rest.split_at(end.map_or(1, |at| at + 1));
        match meaning(tag) {
            Meaning::Break => out.push('\n'),
            Meaning::Tag => {}
            Meaning::Text => {
                out.push_str("&lt;");
                out.push_str(&tag[1..]);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
