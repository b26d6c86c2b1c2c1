//! Whether a text denies something, and what.

use crate::learn::{NEGATIONS, words};

/// Beside what tells questions apart.
const MORE: &[&str] = &[
    "ningun", "ninguna", "ninguno", "nada", "nadie", "jamas", "nenhum", "nenhuma", "ninguem",
    "nunca", "none", "nor", "neither", "nobody", "nothing", "cannot", "excepto", "salvo", "except",
    "exceto",
];
/// With their apostrophe left out.
const SHORTENED: &[&str] = &[
    "dont", "doesnt", "didnt", "cant", "isnt", "arent", "wont", "wasnt", "werent", "havent",
    "hasnt", "couldnt", "shouldnt", "wouldnt",
];
/// What follows them stands against what was before.
const TURNING: &[&str] = &["pero", "but", "mas", "porem", "sino"];
/// "No domingo" is on a Sunday where a text has these and none of the others.
const PORTUGUESE: &[&str] =
    &["voce", "voces", "em", "ao", "aos", "um", "uma", "nossa", "nosso", "nao"];
const OTHERS: &[&str] = &[
    "el", "la", "los", "las", "del", "y", "en", "lo", "una", "con", "the", "we", "is", "are", "of",
    "for", "our", "it",
];
/// Shorter words are denied with what follows them: "no es gratis".
const WEIGHTY: usize = 4;

/// Whether one text says no and the other doesn't, or both do of different things.
pub(super) fn differs(answer: &str, quote: &str) -> bool {
    let (said, quoted) = (Denial::of(answer), Denial::of(quote));
    said.denies != quoted.denies
        || (said.begins == Some(false) && quoted.begins == Some(true))
        || (said.begins == Some(true) && quoted.begins == Some(false))
        || said.goes_against(&quoted)
        || quoted.goes_against(&said)
}

struct Denial {
    denies: bool,
    /// With yes or no.
    begins: Option<bool>,
    /// Each word, and whether it stands after a "no" of its sentence.
    words: Vec<(String, bool)>,
    /// What is denied by itself.
    denied: Vec<String>,
}

impl Denial {
    fn of(text: &str) -> Self {
        let found = words(text);
        let folded: Vec<&str> = found.iter().map(|word| word.folded.as_str()).collect();
        let has = |list: &[&str]| folded.iter().any(|word| list.contains(word));
        let is_portuguese = has(PORTUGUESE) && !has(OTHERS);
        let mut denial =
            Self { denies: false, begins: None, words: Vec::new(), denied: Vec::new() };
        let (mut is_within, mut is_open) = (false, false);
        for (at, word) in found.iter().enumerate() {
            let between = match at.checked_sub(1) {
                Some(before) => &text[found[before].end..word.start],
                None => "",
            };
            let next = found.get(at + 1);
            let is_alone = next
                .is_none_or(|next| text[word.end..next.start].contains(['.', ',', ';', ':', '!']));
            let folded = word.folded.as_str();
            if between.contains(['.', '!', '?', ';', '\n']) || TURNING.contains(&folded) {
                (is_within, is_open) = (false, false);
            }
            let is_place = folded == "no" && is_portuguese && !is_alone;
            let is_no = (NEGATIONS.contains(&folded)
                || MORE.contains(&folded)
                || SHORTENED.contains(&folded))
                && !is_place;
            if at == 0 && is_alone {
                denial.begins = match folded {
                    "si" | "yes" | "sim" => Some(true),
                    "no" | "nao" => Some(false),
                    _ => None,
                };
            }
            if is_no {
                denial.denies = true;
                // It denies what was asked, and says what is instead.
                if !(at == 0 && is_alone) {
                    (is_within, is_open) = (true, true);
                }
                continue;
            }
            if is_open && folded.chars().count() >= WEIGHTY {
                denial.denied.push(folded.to_owned());
                is_open = false;
            }
            denial.words.push((folded.to_owned(), is_within));
        }
        denial
    }

    /// Whether it denies what the other only says.
    fn goes_against(&self, other: &Self) -> bool {
        self.denied.iter().any(|denied| {
            let mut said = other.words.iter().filter(|(word, _)| word == denied).peekable();
            said.peek().is_some() && said.all(|(_, is_denied)| !is_denied)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_denied_is_told_from_what_is_said() {
        for (answer, quote, expected) in [
            ("El envío es gratis.", "El envío no es gratis.", true),
            ("Aceptamos tarjetas.", "No aceptamos tarjetas.", true),
            ("No aceptamos tarjetas.", "Aceptamos tarjetas, pero no efectivo.", true),
            ("We accept cards.", "We don't accept cards.", true),
            ("We don’t accept cards.", "No aceptamos tarjetas.", false),
            ("Sí, aceptamos tarjetas.", "Aceptamos tarjetas.", false),
            ("Sí, abrimos a las 9.", "No, abrimos a las 9.", true),
            ("No, abrimos a las 9.", "No, abrimos a las 9.", false),
            ("No, abrimos a las 9.", "Abrimos a las 9.", true),
            ("Abrimos no domingo em nossa loja.", "Abrimos domingo.", false),
            ("O envio não é grátis.", "O envio é grátis.", true),
        ] {
            assert_eq!(differs(answer, quote), expected, "{answer} | {quote}");
        }
    }
}
