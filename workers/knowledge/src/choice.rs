//! Entries as something to tap, and a tap as a question.

use domain::message::Choice;
use store::records::KnowledgeEntry;
use uuid::Uuid;

/// Before an entry's id in a choice. Triage passes such an id on, with the choice's title on the
/// next line.
const ENTRY: &str = "entry:";
/// In UTF-16 units: what fits on a button of WhatsApp's.
const TITLE: usize = 20;
/// What fits beneath a title in a list of WhatsApp's.
const DESCRIPTION: usize = 72;

/// Words that a short title does without at its beginning and must not end in.
const LIGHT: &[&str] = &[
    // Spanish
    "a", "al", "como", "con", "cual", "cuales", "cuando", "cuanto", "cuanta", "cuantos", "cuantas",
    "de", "del", "donde", "el", "en", "es", "esta", "estan", "hay", "la", "las", "los", "me", "mi",
    "para", "por", "puedo", "que", "quien", "se", "si", "son", "su", "sus", "tienen", "un", "una",
    "y", // English
    "an", "and", "are", "can", "could", "do", "does", "for", "have", "how", "i", "in", "is", "it",
    "much", "many", "my", "of", "on", "or", "the", "there", "to", "what", "when", "where", "which",
    "who", "you", "your", // Portuguese
    "ao", "as", "com", "da", "das", "do", "dos", "e", "em", "meu", "minha", "na", "no", "o",
    "onde", "os", "ou", "posso", "quais", "qual", "quando", "quanto", "quanta", "sao", "tem", "um",
    "uma", "voces",
];

/// The entry as something to tap, described where the title can't hold all of its question.
pub(crate) fn of(entry: &KnowledgeEntry) -> Choice {
    let name = entry.question.as_deref().or(entry.title.as_deref()).unwrap_or(&entry.text);
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = name.trim_matches(|c: char| "¿?¡!".contains(c)).to_owned();
    let (title, description) = if units(&plain) <= TITLE {
        (plain, None)
    } else {
        (short(&plain), Some(cut(&name, DESCRIPTION)))
    };
    Choice { id: format!("{ENTRY}{}", entry.id), title: capital(&title), description }
}

/// The entry that was tapped, and the words of the question.
pub(crate) fn read(question: &str) -> (Option<Uuid>, &str) {
    let Some(tapped) = question.strip_prefix(ENTRY) else { return (None, question) };
    let (id, words) = tapped.split_once('\n').unwrap_or((tapped, ""));
    (Uuid::parse_str(id).ok(), words)
}

/// What tells it from other questions, in few letters.
fn short(question: &str) -> String {
    let words: Vec<&str> = question.split(' ').collect();
    let heavy = words.iter().position(|word| !is_light(word)).unwrap_or_default();
    cut(&words[heavy..].join(" "), TITLE)
}

/// As many whole words as fit, and a sign that there were more.
fn cut(text: &str, at_most: usize) -> String {
    if units(text) <= at_most {
        return text.to_owned();
    }
    let (mut kept, mut length): (Vec<&str>, usize) = (Vec::new(), 0);
    for word in text.split(' ') {
        length += units(word) + 1;
        if length > at_most {
            break;
        }
        kept.push(word);
    }
    while kept.len() > 1 && kept.last().is_some_and(|word| is_light(word)) {
        kept.pop();
    }
    if kept.is_empty() {
        let mut room = at_most - 1;
        let fits = |c: &char| {
            let taken = c.len_utf16();
            let does = taken <= room;
            room = room.saturating_sub(taken);
            does
        };
        return text.chars().take_while(fits).collect::<String>() + "…";
    }
    kept.join(" ").trim_end_matches([',', ';', ':']).to_owned() + "…"
}

fn is_light(word: &str) -> bool {
    LIGHT.contains(&crate::check::folded(word).trim())
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str) -> KnowledgeEntry {
        KnowledgeEntry {
            id: Uuid::nil(),
            business: String::new(),
            source: String::new(),
            position: 0,
            title: None,
            question: Some(question.to_owned()),
            text: String::new(),
            hash: String::new(),
        }
    }

    #[test]
    fn a_title_says_what_a_question_is_about_in_twenty_letters() {
        for (question, title) in [
            ("¿Abren hoy?", "Abren hoy"),
            ("¿Cuál es el horario de atención de las tiendas?", "Horario de atención…"),
            ("¿Cuánto cuesta el envío a domicilio?", "Cuesta el envío…"),
            ("¿Dónde queda la tienda principal?", "Queda la tienda…"),
            ("How much does delivery to the provinces cost?", "Delivery…"),
            ("Electroencefalografistas?", "Electroencefalograf…"),
            ("🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂", "🙂🙂🙂🙂🙂🙂🙂🙂🙂…"),
        ] {
            let choice = of(&asked(question));
            assert_eq!(choice.title, title);
            assert!(units(&choice.title) <= TITLE, "{title}");
            assert_eq!(choice.description.is_some(), title.ends_with('…'), "{title}");
        }
    }

    #[test]
    fn a_description_holds_the_question_or_its_beginning() {
        let describe = |question: &str| of(&asked(question)).description.unwrap();
        assert_eq!(describe("¿Cuánto cuesta el  envío?"), "¿Cuánto cuesta el envío?");
        let long = describe(&"muchas palabras en una fila ".repeat(9));
        assert!(long.ends_with('…') && units(&long) <= DESCRIPTION, "{long}");
    }

    #[test]
    fn a_tap_is_read_back() {
        let tapped = format!("{}\nHorario", of(&asked("¿Abren hoy?")).id);
        assert_eq!(read(&tapped), (Some(Uuid::nil()), "Horario"));
        assert_eq!(read("entry:nonsense\nHorario"), (None, "Horario"));
        assert_eq!(read("¿Abren hoy?"), (None, "¿Abren hoy?"));
    }
}
