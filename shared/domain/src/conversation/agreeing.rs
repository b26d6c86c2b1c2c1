//! Words that say yes and nothing else, in the languages that Relevo speaks.

const WORDS_AT_MOST: usize = 3;
/// Without accents. A greeting or thanks, after an invitation, means as much.
const SPANISH: &str = "\
    si sip ok okay okey oki dale claro que bueno bien listo vale por favor porfa porfavor gracias \
    hola buenas buenos dias tardes noches quiero adelante cuentame perfecto";
const ENGLISH: &str = "yes yeah yep sure please hi hello thanks thank you";
const PORTUGUESE: &str = "\
    sim pode quero certo beleza bom boa dia tarde noite oi ola obrigado obrigada";
const SIGNS: &str = "👍👌🙏✅😊🙂";

/// Whether a text says nothing but yes. When in doubt it does not.
pub(super) fn agrees(text: &str) -> bool {
    let mut spaced = String::new();
    for c in text.to_lowercase().chars().map(without_accent) {
        match c {
            '?' | '¿' => return false,
            // An accent on its own, and how a sign is to look.
            '\u{300}'..='\u{36f}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => {}
            c if SIGNS.contains(c) => spaced.extend([' ', c, ' ']),
            c if c.is_ascii_punctuation() || "¡…".contains(c) => spaced.push(' '),
            c => spaced.push(c),
        }
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    (1..=WORDS_AT_MOST).contains(&words.len()) && words.into_iter().all(says_yes)
}

fn says_yes(word: &str) -> bool {
    let lists = [SPANISH, ENGLISH, PORTUGUESE];
    SIGNS.contains(word) || lists.iter().any(|list| list.split(' ').any(|known| known == word))
}

fn without_accent(c: char) -> char {
    match c {
        'á' | 'à' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' => 'u',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_agreement_agree() {
        for yes in [
            "sí",
            "SI",
            "si\u{301}",
            "Sí, por favor",
            "¡Claro!",
            "ok 👍🏽",
            "Sí😊",
            "okay...",
            "hola, buenas tardes",
            "yes, please",
            "Thank you!",
            "Olá, bom dia",
            "quero sim",
        ] {
            assert!(agrees(yes), "{yes}");
        }
        for other in [
            "",
            "...",
            "?",
            "ok?",
            "quiero una persona",
            "no gracias",
            "sí, el rojo",
            "cancelar",
            "ok ok ok ok",
            "👎",
            "sí 😡",
        ] {
            assert!(!agrees(other), "{other}");
        }
    }
}
