//! What a specialist and a customer say to each other, without what belongs to the chat alone:
//! greetings, names, closings, signatures.

#[rustfmt::skip] // Phrases are read side by side.
mod phrases;

use phrases::{
    AFTER_ASKING, APOLOGIES, ASIDES, ASKING, CLOSINGS, LEADS, SALUTATIONS, SIGNATURES, THANKS,
    TITLES, TURNS,
};

use super::word::{Word, begins, find, has, longest, words};

/// A signature is not longer than this.
const SIGNATURE_WORDS: usize = 12;

/// The answer without greetings, names, apologies, closings and signatures; empty if it was
/// nothing else. `names` are the customer's own, folded.
pub(crate) fn answer(text: &str, names: &[String]) -> String {
    let text = without_signature(text.trim());
    let pieces = pieces(text);
    let mut kept = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        let rest = stripped(piece, names, LEADS);
        let found = words(rest);
        if longest(&found, SIGNATURES).is_some() {
            let after: usize = pieces[at..].iter().map(|piece| words(piece).len()).sum();
            if after <= SIGNATURE_WORDS {
                break;
            }
        }
        let courteous = [THANKS, APOLOGIES].into_iter().any(|list| longest(&found, list).is_some());
        if courteous {
            push(&mut kept, after_courtesy(rest, &found));
        } else if longest(&found, CLOSINGS).is_none() {
            push(&mut kept, rest);
        }
    }
    capitalised(&without_asides(kept.trim()))
}

/// The question without greetings, names and thanks.
pub(crate) fn question(text: &str, names: &[String]) -> String {
    let mut kept = String::new();
    for piece in pieces(text.trim()) {
        let rest = without_end(stripped(piece, names, ASKING), names);
        let found = words(&rest);
        let nothing = [THANKS, CLOSINGS, APOLOGIES]
            .into_iter()
            .any(|list| longest(&found, list).is_some() && !rest.contains('?'));
        if !found.is_empty() && !nothing {
            push(&mut kept, &rest);
        }
    }
    let kept = kept.trim();
    // A question mark that was opened and whose beginning has gone.
    let kept = match (kept.contains('¿'), kept.ends_with('?')) {
        (false, true) if !is_foreign(kept) => format!("¿{}", capitalised(kept)),
        _ => capitalised(kept),
    };
    kept.trim().to_owned()
}

/// Whether it is written in a language that opens no question with a mark.
fn is_foreign(text: &str) -> bool {
    has(&words(text), &["the", "do", "does", "is", "can", "you", "voces", "voce", "tem", "qual"])
}

/// Sentences and lines, each with what ends it.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = c == '\n'
            || (matches!(c, '.' | '!' | '?' | '…') && next.is_none_or(char::is_whitespace))
                && !is_abbreviated(&text[start..at]);
        if ends {
            let end = at + c.len_utf8();
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    pieces.push(&text[start..]);
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Whether a full stop after this shortens a word.
fn is_abbreviated(text: &str) -> bool {
    const SHORT: [&str; 16] = [
        "sr", "sra", "srta", "dr", "dra", "av", "jr", "ud", "uds", "mr", "mrs", "ms", "st",
        "aprox", "tel", "nro",
    ];
    words(text)
        .last()
        .is_some_and(|word| word.end == text.len() && SHORT.contains(&word.folded.as_str()))
}

fn push(kept: &mut String, piece: &str) {
    let piece = piece.trim_start_matches([' ', '\t']);
    if piece.trim().is_empty() {
        return;
    }
    if !kept.is_empty() && !kept.ends_with(char::is_whitespace) {
        kept.push(' ');
    }
    kept.push_str(piece);
}

/// Without the greetings, the names and the leads at its beginning, however many.
fn stripped<'a>(piece: &'a str, names: &[String], leads: &[&str]) -> &'a str {
    let mut rest = piece;
    loop {
        let found = words(rest);
        let eaten = salutation(rest, &found, names)
            .or_else(|| vocative(rest, &found, names))
            .or_else(|| longest(&found, leads))
            .or_else(|| longest(&found, ASIDES));
        let Some(eaten) = eaten else { return rest };
        let end = found[eaten - 1].end;
        let is_separator = |c: char| c.is_whitespace() || ",;:!.¡-–—…".contains(c);
        rest = rest[end..].trim_start_matches(is_separator);
        // "¿Qué tal?" is a greeting, with its mark.
        rest = rest.strip_prefix('?').map_or(rest, |rest| rest.trim_start_matches(is_separator));
    }
}

/// How many words are a greeting and whom it greets.
fn salutation(text: &str, found: &[Word], names: &[String]) -> Option<usize> {
    let greeting = longest(found, SALUTATIONS)?;
    // "¿Cómo está el clima?" greets nobody.
    let is_about = |word: &Word| text[found[greeting - 1].end..word.start].trim().is_empty();
    let mut whom = greeting;
    while found.get(whom).is_some_and(|word| names.contains(&word.folded) || is_title(word)) {
        whom += 1;
    }
    // A name that nobody told us: capital letters right after the greeting, up to a comma.
    let mut unknown = whom;
    let follows = found.get(whom).is_some_and(|word| {
        text[found[whom - 1].end..word.start].trim().is_empty() && !is_yes_or_no(word)
    });
    while follows && unknown < whom + 3 && found.get(unknown).is_some_and(|word| word.is_capital) {
        unknown += 1;
        let after = text[found[unknown - 1].end..].trim_start();
        if after.is_empty() || after.starts_with([',', ':', '!', '.']) {
            whom = unknown;
            break;
        }
    }
    let is_question = |phrase: &str| begins(found, phrase).is_some();
    let ambiguous = ["como esta", "como va", "que tal"].into_iter().any(is_question);
    if ambiguous && found.get(greeting).is_some_and(is_about) && whom == greeting {
        return None;
    }
    Some(whom)
}

fn is_yes_or_no(word: &Word) -> bool {
    ["si", "no", "claro", "yes", "sim", "nao"].contains(&word.folded.as_str())
}

fn is_title(word: &Word) -> bool {
    TITLES.contains(&word.folded.as_str())
}

/// "Ana, sí tenemos": how many words are the customer's name.
fn vocative(text: &str, found: &[Word], names: &[String]) -> Option<usize> {
    let is_whom = |word: &&Word| names.contains(&word.folded) || is_title(word);
    let whom = found.iter().take_while(is_whom).count();
    let names_one = found[..whom].iter().any(|word| names.contains(&word.folded));
    let after = text.get(found.get(whom.checked_sub(1)?)?.end..)?;
    (names_one && after.starts_with([',', ':', '!'])).then_some(whom)
}

/// "Disculpa la demora, sí tenemos": what comes after the comma. Without one all of it, unless it
/// goes on to say something.
fn after_courtesy<'a>(piece: &'a str, found: &[Word]) -> &'a str {
    if let Some((_, rest)) = piece.split_once(',')
        && words(rest).len() > 1
    {
        return rest;
    }
    let goes_on = found.iter().any(|word| TURNS.contains(&word.folded.as_str()));
    if goes_on || found.len() > 10 { piece } else { "" }
}

/// Without courtesies and names at the end of a question, which keeps its mark.
fn without_end(piece: &str, names: &[String]) -> String {
    let mut rest = piece;
    while let Some(at) = courtesy_at_end(rest, names) {
        let is_between = |c: char| c.is_whitespace() || ",.;-¿".contains(c);
        rest = rest[..at].trim_end_matches(is_between);
    }
    let lost_its_mark = piece.trim_end().ends_with('?') && !rest.trim_end().ends_with('?');
    if lost_its_mark && !words(rest).is_empty() { format!("{rest}?") } else { rest.to_owned() }
}

/// Where the last courtesy or name begins, if the text ends in one.
fn courtesy_at_end(text: &str, names: &[String]) -> Option<usize> {
    let found = words(text);
    let courtesy = AFTER_ASKING.iter().filter_map(|phrase| {
        let at = found.len().checked_sub(phrase.split(' ').count())?;
        begins(&found[at..], phrase).map(|_| at)
    });
    let name = found.len().checked_sub(1).filter(|at| names.contains(&found[*at].folded));
    let at = courtesy.chain(name).min()?;
    Some(found.get(at)?.start)
}

fn without_asides(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let found = words(&text);
        let Some((at, count)) = find(&found, ASIDES) else { return text };
        let (start, end) = (found[at].start, found[at + count - 1].end);
        let before = text[..start].trim_end_matches([' ', ',']);
        let after = text[end..].trim_start_matches([' ', ',']);
        let gap = if before.is_empty() || after.starts_with(['.', '!']) { "" } else { " " };
        text = format!("{before}{gap}{after}");
    }
}

/// Without a last line that is a name.
fn without_signature(text: &str) -> &str {
    let Some((before, last)) = text.rsplit_once('\n') else { return text };
    let previous = before.lines().last().unwrap_or_default().trim();
    let found = words(last);
    let is_dash = |line: &str| line.trim_start().starts_with(['-', '–', '—', '~', '*']);
    let is_name = !found.is_empty()
        && found.iter().all(|word| word.is_capital || word.folded.len() < 4)
        && !found.iter().any(Word::has_digit)
        && found[0].is_capital;
    let stands_apart = match is_dash(last) {
        true => !is_dash(previous) && found.len() <= 5,
        false => {
            found.len() <= 3
                && (previous.is_empty() || previous.ends_with(['.', '!', ',']))
                && !last.trim_end().ends_with(['.', '?', '!', ':'])
        }
    };
    if is_name && stands_apart { before.trim_end() } else { text }
}

fn capitalised(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().find(|(_, c)| c.is_alphanumeric()) {
        Some((at, first)) if first.is_lowercase() && !text[..at].contains('/') => {
            let end = at + first.len_utf8();
            format!("{}{}{}", &text[..at], first.to_uppercase(), &text[end..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["ana".to_owned(), "torres".to_owned()]
    }

    #[test]
    fn an_answer_is_cleaned_of_what_belongs_to_the_chat() {
        for (said, kept) in [
            ("Hola Ana, sí aceptamos Yape.", "Sí aceptamos Yape."),
            ("Buenas tardes Sra. Torres: aceptamos Yape y Plin.", "Aceptamos Yape y Plin."),
            ("¡Hola! ¿Qué tal? Aceptamos Yape y Plin.", "Aceptamos Yape y Plin."),
            ("Hola Carlos, abrimos de 9 a 18 h.", "Abrimos de 9 a 18 h."),
            ("Hola, Yape, Plin y efectivo.", "Yape, Plin y efectivo."),
            ("Hola Sí, aceptamos Yape.", "Sí, aceptamos Yape."),
            ("Ana, el envío a Cusco cuesta 18 soles", "El envío a Cusco cuesta 18 soles"),
            ("Como te comenté, el envío cuesta 18 soles.", "El envío cuesta 18 soles."),
            ("El envío, como te comenté, cuesta 18 soles.", "El envío cuesta 18 soles."),
            ("Disculpa la demora, sí hacemos envíos a Cusco.", "Sí hacemos envíos a Cusco."),
            ("Disculpe la demora. Sí hacemos envíos.", "Sí hacemos envíos."),
            ("Lo siento, no hacemos envíos a Ecuador.", "No hacemos envíos a Ecuador."),
            ("Sí hacemos envíos. Cualquier duda me avisas.", "Sí hacemos envíos."),
            (
                "Sí hacemos envíos a Cusco.\nSaludos cordiales,\nMaría Pérez\nVentas",
                "Sí hacemos envíos a Cusco.",
            ),
            ("Sí hacemos envíos a Cusco.\n— María", "Sí hacemos envíos a Cusco."),
            ("Sí hacemos envíos a Cusco.\nMaría Pérez", "Sí hacemos envíos a Cusco."),
            ("Necesitas:\n- DNI\n- boleta", "Necesitas:\n- DNI\n- boleta"),
            ("Gracias por escribirnos, sí tenemos delivery gratis.", "Sí tenemos delivery gratis."),
            (
                "Te comento que cortamos melamina a medida. ¿Algo más?",
                "Cortamos melamina a medida.",
            ),
            ("Hi Ana, we open at 9 am. Let me know if you need more.", "We open at 9 am."),
            ("Dear Mr. Torres, returns take 10 days. Best regards, Joe", "Returns take 10 days."),
            (
                "Olá Ana, aceitamos Pix e cartão. Qualquer dúvida, estou à disposição.",
                "Aceitamos Pix e cartão.",
            ),
            (
                "Bom dia! Entregamos em 5 dias úteis. Atenciosamente, João",
                "Entregamos em 5 dias úteis.",
            ),
            ("Hola, buenas tardes, gracias por comunicarte. Saludos", ""),
            ("Estamos en Av. Larco 123, Miraflores.", "Estamos en Av. Larco 123, Miraflores."),
        ] {
            assert_eq!(answer(said, &names()), kept, "{said}");
        }
    }

    #[test]
    fn a_question_is_cleaned_too() {
        for (said, kept) in [
            ("hola buenas, una consulta, hacen envíos a Cusco?", "¿Hacen envíos a Cusco?"),
            ("Buenos días quería saber si aceptan Yape por favor", "Aceptan Yape"),
            ("¿Aceptan Yape por favor?", "¿Aceptan Yape?"),
            ("Aceptan Yape? Gracias", "¿Aceptan Yape?"),
            ("Hi, could you tell me if you ship to Chile?", "You ship to Chile?"),
            ("Oi, vocês aceitam Pix? obrigada", "Vocês aceitam Pix?"),
            ("¿Cómo está el stock de cemento?", "¿Cómo está el stock de cemento?"),
        ] {
            assert_eq!(question(said, &names()), kept, "{said}");
        }
    }
}
