//! The questions that stand in one message.

use crate::check::folded;

/// More than this is no list of questions but a story.
const MOST: usize = 4;
/// Shorter than this a word says little.
const SAYS_SOMETHING: usize = 4;

/// Between two questions, in the order in which they are tried.
const LINKS: &[&str] =
    &[" y tambien ", " y ademas ", " y aparte ", " and also ", " e tambem ", " y ", " and ", " e "];

/// What a question begins with, without accents.
const BEGINNINGS: &[&str] = &[
    // Spanish
    "a que",
    "aceptan",
    "alquilan",
    "atienden",
    "como",
    "cual",
    "cuales",
    "cuando",
    "cuanta",
    "cuantas",
    "cuanto",
    "cuantos",
    "dan",
    "de que",
    "desde",
    "donde",
    "en que",
    "entregan",
    "envian",
    "es posible",
    "esta",
    "estan",
    "hacen",
    "hasta",
    "hay",
    "para que",
    "por que",
    "puedo",
    "pueden",
    "que",
    "quien",
    "quienes",
    "se puede",
    "tienen",
    "trabajan",
    "venden",
    // English
    "are",
    "can",
    "could",
    "do",
    "does",
    "how",
    "is",
    "is there",
    "what",
    "when",
    "where",
    "which",
    "who",
    "will", // Portuguese
    "aceitam",
    "a que horas",
    "com que",
    "entregam",
    "enviam",
    "fazem",
    "onde",
    "posso",
    "podem",
    "qual",
    "quais",
    "quando",
    "quanta",
    "quantas",
    "quanto",
    "quantos",
    "quem",
    "tem",
    "vendem",
    "voces",
];

/// What may stand before a question's beginning.
const COURTESIES: &[&str] = &[
    "hola",
    "buenas",
    "buenos dias",
    "buenas tardes",
    "buenas noches",
    "disculpe",
    "disculpa",
    "oye",
    "una consulta",
    "por favor",
    "y",
    "e",
    "and",
    "also",
    "tambien",
    "tambem",
    "ademas",
    "hello",
    "hi",
    "please",
    "ola",
    "oi",
    "bom dia",
    "boa tarde",
];

/// One question of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// As the customer wrote it.
    pub(super) words: String,
    /// On its own: with the one before, where it leans on that.
    pub(super) question: String,
}

/// The questions of a message, each for itself; the message as it is when it has one, or when it
/// is not plain where one ends. What asks nothing stays with the question beside it.
pub(super) fn split(message: &str) -> Vec<Part> {
    let whole = || vec![part(message.trim(), None)];
    let mut pieces: Vec<String> = Vec::new();
    let mut before = String::new();
    for piece in sentences(message).into_iter().flat_map(|sentence| by_links(&sentence)) {
        if !asks(&piece) {
            before = joined(&before, &piece);
            continue;
        }
        pieces.push(joined(&std::mem::take(&mut before), &piece));
    }
    match pieces.last_mut() {
        Some(last) if !before.is_empty() => *last = joined(last, &before),
        _ => {}
    }
    if !(2..=MOST).contains(&pieces.len()) {
        return whole();
    }
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        let earlier = parts.last().map(|part| part.question.clone());
        parts.push(part(&piece, earlier.as_deref()));
    }
    parts
}

fn part(words: &str, before: Option<&str>) -> Part {
    let question = match before {
        Some(before) if leans(words) => joined(before, words),
        _ => words.to_owned(),
    };
    Part { words: words.to_owned(), question }
}

fn joined(one: &str, other: &str) -> String {
    if one.is_empty() { other.to_owned() } else { format!("{one} {other}") }
}

/// By question marks and line breaks.
fn sentences(message: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    for c in message.chars() {
        if c == '¿' || c == '\n' {
            sentences.push(String::new());
        }
        if let Some(last) = sentences.last_mut() {
            last.push(c);
        }
        if c == '?' {
            sentences.push(String::new());
        }
    }
    // A sign that was written twice belongs to its question.
    let says = |text: &String| text.chars().any(char::is_alphanumeric);
    sentences.into_iter().map(|text| text.trim().to_owned()).filter(says).collect()
}

/// Two questions with a word between them: both sides must begin like one.
fn by_links(sentence: &str) -> Vec<String> {
    // The same letters at the same places, so that what is found there can be cut here.
    let plain: Vec<char> = sentence.chars().map(plain).collect();
    let chars: Vec<char> = sentence.chars().collect();
    for link in LINKS {
        let link: Vec<char> = link.chars().collect();
        for at in 0..plain.len().saturating_sub(link.len()) {
            if plain[at..at + link.len()] != link[..] {
                continue;
            }
            let text = |chars: &[char]| chars.iter().collect::<String>().trim().to_owned();
            let (left, right) = (text(&chars[..at]), text(&chars[at + link.len()..]));
            if begins_like_a_question(&left) && begins_like_a_question(&right) {
                return std::iter::once(left).chain(by_links(&right)).collect();
            }
        }
    }
    vec![sentence.to_owned()]
}

fn plain(c: char) -> char {
    let small = c.to_lowercase().next().unwrap_or(c);
    match small {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' | 'ü' => 'u',
        'ç' => 'c',
        '\n' | '\t' => ' ',
        other => other,
    }
}

fn asks(piece: &str) -> bool {
    // "¿En serio?" asks nothing.
    let is_long = folded(piece).split(' ').count() > 2;
    piece.contains('?') && is_long || begins_like_a_question(piece)
}

fn begins_like_a_question(text: &str) -> bool {
    let text = folded(text);
    let mut rest = text.as_str();
    while let Some(after) = COURTESIES.iter().find_map(|word| after(rest, word)) {
        rest = after;
    }
    // A question has at least what it asks and about what.
    BEGINNINGS.iter().any(|word| after(rest, word).is_some_and(|about| !about.is_empty()))
}

/// What follows a word at the beginning.
fn after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start())
}

/// Whether it says too little about what it asks: "¿y cuánto cuesta?".
fn leans(words: &str) -> bool {
    let folded = folded(words);
    let starts = |word: &&str| {
        BEGINNINGS.iter().chain(COURTESIES).any(|known| known.split(' ').any(|one| one == *word))
    };
    let heavy = folded.split(' ').filter(|word| !starts(word));
    heavy.filter(|word| word.chars().count() >= SAYS_SOMETHING).count() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expected: &[&str]) {
        let words: Vec<String> = split(message).into_iter().map(|part| part.words).collect();
        assert_eq!(words, expected, "{message}");
    }

    #[test]
    fn questions_are_told_apart_by_their_marks_lines_and_links() {
        check(
            "¿Abren los domingos? ¿Hacen envíos a Cusco?",
            &["¿Abren los domingos?", "¿Hacen envíos a Cusco?"],
        );
        check(
            "a que hora abren los domingos y hacen envios a cusco?",
            &["a que hora abren los domingos", "hacen envios a cusco?"],
        );
        check(
            "hola, cuánto cuesta el envío y también aceptan tarjeta visa",
            &["hola, cuánto cuesta el envío", "aceptan tarjeta visa"],
        );
        check(
            "donde queda la tienda principal\ntienen estacionamiento propio",
            &["donde queda la tienda principal", "tienen estacionamiento propio"],
        );
        check(
            "Do you ship abroad and how much does shipping cost?",
            &["Do you ship abroad", "how much does shipping cost?"],
        );
        check(
            "vocês entregam no domingo e quanto custa a entrega?",
            &["vocês entregam no domingo", "quanto custa a entrega?"],
        );
    }

    #[test]
    fn what_is_one_question_stays_one() {
        for message in [
            "¿Cuánto cuesta el envío a Lima y Callao?",
            "¿Venden clavos y tornillos?",
            "¿Cuál es el horario de lunes y martes y de los feriados?",
            "hola",
            "hola\nbuenas tardes\ncuánto cuesta el envío?",
            "¿en serio?? ¿cuánto cuesta el envío??",
            "quiero un taladro y un martillo",
            "",
        ] {
            assert_eq!(split(message).len(), 1, "{message}: {:?}", split(message));
        }
    }

    #[test]
    fn what_asks_nothing_stays_with_the_question_beside_it() {
        check(
            "compré un taladro ayer\n¿tiene garantía el taladro? ¿dónde queda el taller?",
            &["compré un taladro ayer ¿tiene garantía el taladro?", "¿dónde queda el taller?"],
        );
        check(
            "¿tienen garantía los taladros? ¿dónde queda el taller?\ngracias",
            &["¿tienen garantía los taladros?", "¿dónde queda el taller? gracias"],
        );
    }

    #[test]
    fn a_question_that_leans_on_the_one_before_is_asked_with_it() {
        let parts = split("¿Hacen envíos a Cusco? ¿y cuánto cuesta?");
        assert_eq!(parts[1].question, "¿Hacen envíos a Cusco? ¿y cuánto cuesta?");
        assert_eq!(parts[1].words, "¿y cuánto cuesta?");
        let parts = split("¿Hacen envíos a Cusco? ¿Aceptan tarjeta de crédito?");
        assert_eq!(parts[1].question, "¿Aceptan tarjeta de crédito?");
    }

    #[test]
    fn a_story_is_not_taken_apart() {
        let story = "¿Abren los lunes? ".repeat(6);
        assert_eq!(split(&story).len(), 1);
    }
}
