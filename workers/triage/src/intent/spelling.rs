//! One spelling for what people type in a chat.

/// What people write for a word, after folding.
const SHORT: &[(&str, &str)] = &[
    ("q", "que"),
    ("k", "que"),
    ("ke", "que"),
    ("qe", "que"),
    ("x", "por"),
    ("xq", "porque"),
    ("pq", "porque"),
    ("porq", "porque"),
    ("xfa", "porfa"),
    ("xfavor", "porfa"),
    ("porfavor", "porfa"),
    ("porfis", "porfa"),
    ("plis", "porfa"),
    ("pls", "please"),
    ("plz", "please"),
    ("dnd", "donde"),
    ("qn", "quien"),
    ("tb", "tambien"),
    ("tmb", "tambien"),
    ("bn", "bien"),
    ("d", "de"),
    ("pa", "para"),
    ("pra", "para"),
    ("u", "you"),
    ("ur", "your"),
    ("r", "are"),
    ("wana", "want"),
    ("vc", "voce"),
    ("vcs", "voces"),
    ("ablar", "hablar"),
    ("nesecito", "necesito"),
    ("nececito", "necesito"),
    ("nesesito", "necesito"),
    ("kiero", "quiero"),
    ("qiero", "quiero"),
    ("kisiera", "quisiera"),
    ("ola", "hola"),
    ("thx", "thanks"),
    ("tks", "thanks"),
    ("ty", "thanks"),
    ("grax", "gracias"),
    ("grcs", "gracias"),
    ("obg", "obrigado"),
    ("vlw", "valeu"),
    ("blz", "beleza"),
    ("okey", "ok"),
    ("okay", "ok"),
    ("oki", "ok"),
];

/// The words of a message: in lower case, without accents and doubled letters, spelt out. A number
/// becomes `#`, one as long as a phone number `##`; a question mark and an emoji that speaks are
/// words of their own.
pub(crate) fn words(message: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in message.chars().flat_map(char::to_lowercase).map(fold) {
        if c.is_alphanumeric() {
            if !word.ends_with(c) || c.is_ascii_digit() {
                word.push(c);
            }
            continue;
        }
        if is_within_word(c) {
            continue;
        }
        words.extend(spelt_out(std::mem::take(&mut word)));
        words.extend(spoken(c).map(str::to_owned));
    }
    words.extend(spelt_out(word));
    words.dedup();
    words
}

/// A letter in lower case without its accent.
pub(crate) fn fold(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        other => other,
    }
}

/// An apostrophe, or an accent that stands as a character of its own.
pub(crate) fn is_within_word(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{300}'..='\u{36f}')
}

fn spelt_out(word: String) -> Option<String> {
    if word.is_empty() {
        return None;
    }
    Some(match word.bytes().filter(u8::is_ascii_digit).count() {
        0 => {
            SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| (*long).into())
        }
        1..=6 => "#".to_owned(),
        _ => "##".to_owned(),
    })
}

/// The word for a character that says something without letters.
fn spoken(c: char) -> Option<&'static str> {
    Some(match c {
        '?' => "?",
        '👍' | '👌' | '✅' | '💯' | '👏' => "👍",
        '🙏' | '❤' | '💕' | '💖' | '🤗' | '🥰' | '😍' | '🫶' | '🤝' => "🙏",
        '👋' => "👋",
        '😀' | '😁' | '😃' | '😄' | '😊' | '🙂' | '☺' => "🙂",
        _ => return None,
    })
}
