//! Questions that lean on the one before, made to stand on their own: "¿y los domingos?". With a
//! model it does so; this is for when there is none. Only what plainly is such a question is
//! touched: a wrong guess answers what nobody asked.

/// Longer a follow-up is a question of its own.
const WORDS: usize = 6;

/// What joins a follow-up to the question before, without accents.
const JOINTS: &[&str] = &[
    "y que tal",
    "y que hay de",
    "y para",
    "y",
    "que tal",
    "pero y",
    "and what about",
    "and how about",
    "what about",
    "how about",
    "and",
    "e quanto a",
    "e",
    "mas e",
];

/// What asks without saying about what.
const LEANING: &[&str] = &[
    // Spanish
    "a", "como", "cual", "cuales", "cuando", "cuanta", "cuanto", "cuantos", "cuesta", "cuestan",
    "de", "demora", "demoran", "desde", "donde", "dura", "el", "en", "es", "esta", "estan", "eso",
    "hasta", "la", "le", "lo", "los", "me", "por", "precio", "precios", "que", "sale", "salen",
    "seria", "tarda", "tardan", "tiempo", "vale", "valen", "y", // English
    "and", "are", "cost", "costs", "do", "does", "far", "how", "is", "it", "long", "many", "much",
    "price", "take", "that", "the", "they", "this", "what", "when", "where", "which", "would",
    // Portuguese
    "custa", "custam", "demora", "e", "fica", "isso", "o", "onde", "os", "qual", "quais", "quando",
    "quanto", "quanta", "preco", "sai", "tempo",
];

/// What a question begins with; it tells questions from the rest, and is not what they are about.
const BEGINNINGS: &[&str] = &[
    "aceptan", "alquilan", "atienden", "como", "cual", "cuales", "cuando", "cuanta", "cuanto",
    "cuantos", "donde", "entregan", "envian", "hacen", "hay", "puedo", "pueden", "que", "quien",
    "tienen", "venden", "abren", "cierran", "are", "can", "could", "do", "does", "how", "is",
    "what", "when", "where", "which", "who", "will", "aceitam", "entregam", "fazem", "onde",
    "posso", "podem", "qual", "quais", "quando", "quanta", "quanto", "quem", "tem", "vendem",
    "voces",
];

/// What has nothing to ask.
const COURTESIES: &[&str] = &[
    "hola", "buenas", "buenos", "dias", "tardes", "noches", "gracias", "ok", "vale", "listo", "ya",
    "bueno", "nada", "tu", "usted", "si", "no", "hello", "hi", "thanks", "thank", "you", "bye",
    "ola", "oi", "obrigado", "obrigada", "tchau", "bom", "boa", "dia", "tarde", "noite",
];

/// Before what a question is about: the phrase that a follow-up puts in another's place.
const PREPOSITIONS: &[&str] = &[
    "a", "al", "con", "de", "desde", "en", "hasta", "para", "por", "sin", "los", "las", "el", "la",
    "at", "for", "from", "in", "on", "to", "with", "aos", "ao", "com", "da", "do", "em", "na",
    "no", "nos", "nas", "os", "as", "o",
];

/// The last of these lines on its own, if it is a follow-up; the lines are a customer's, the
/// oldest first.
pub(crate) fn stand_alone<'a>(
    before: impl IntoIterator<Item = &'a str>,
    words: &str,
) -> Option<String> {
    let mut topic: Option<String> = None;
    for line in before {
        let whole = topic.as_deref().and_then(|topic| joined(topic, line));
        topic = whole.or_else(|| asks(line).then(|| bare(line))).or(topic);
    }
    joined(&topic?, words)
}

/// The follow-up with what the question before adds to it; `None` if it is none.
fn joined(before: &str, words: &str) -> Option<String> {
    let words = bare(words);
    let plain = plain_words(&words);
    if plain.is_empty() || plain.len() > WORDS || !says_something(before) {
        return None;
    }
    let own: Vec<&str> = words.split(' ').collect();
    let rest = &own[joint(&plain).unwrap_or(0)..];
    let rest_plain = &plain[plain.len() - rest.len()..];
    let courteous = |word: &String| COURTESIES.contains(&word.as_str());
    if rest.is_empty() || rest_plain.iter().all(courteous) {
        return None;
    }
    if rest_plain.iter().all(|word| LEANING.contains(&word.as_str())) && asks(&rest.join(" ")) {
        return Some(format!("{} {}", rest.join(" "), about(before)));
    }
    // A question of its own needs no other, whatever it begins with.
    if joint(&plain).is_none() || asks(&rest.join(" ")) {
        return None;
    }
    Some(instead(before, rest, rest_plain))
}

/// The question before, with this in the place of the last phrase of its kind, or behind it.
fn instead(before: &str, rest: &[&str], rest_plain: &[String]) -> String {
    let own: Vec<&str> = before.split(' ').collect();
    let place = rest_plain.first().filter(|word| PREPOSITIONS.contains(&word.as_str()));
    let place = place.and_then(|first| plain_words(before).iter().rposition(|word| word == first));
    let kept = place.filter(|place| *place > 0).unwrap_or(own.len());
    own[..kept].iter().chain(rest).copied().collect::<Vec<_>>().join(" ")
}

/// What a question is about: without its beginning.
fn about(before: &str) -> String {
    let plain = plain_words(before);
    let is_light = |word: &String| {
        let word = word.as_str();
        BEGINNINGS.contains(&word) || COURTESIES.contains(&word) || word == "have" || word == "sell"
    };
    let start = plain.iter().take_while(|word| is_light(word)).count();
    before.split(' ').skip(start).collect::<Vec<_>>().join(" ")
}

/// How many words join it to the question before.
fn joint(plain: &[String]) -> Option<usize> {
    let lengths = JOINTS.iter().filter_map(|joint| {
        let joint: Vec<&str> = joint.split(' ').collect();
        let is_there =
            plain.len() > joint.len() && joint.iter().zip(plain).all(|(one, other)| one == other);
        is_there.then_some(joint.len())
    });
    lengths.max()
}

fn says_something(before: &str) -> bool {
    plain_words(before).iter().any(|word| {
        let word = word.as_str();
        !LEANING.contains(&word) && !BEGINNINGS.contains(&word) && !COURTESIES.contains(&word)
    }) || plain_words(before).len() > 3
}

fn asks(line: &str) -> bool {
    let plain = plain_words(&bare(line));
    let heavy = plain.iter().find(|word| !COURTESIES.contains(&word.as_str()));
    // "A qué hora", "at what time".
    let begins = |word: &String| BEGINNINGS.contains(&word.as_str());
    line.contains('?') && plain.len() > 1 && joint(&plain).is_none()
        || heavy.is_some_and(begins)
        || plain.get(1).is_some_and(|word| begins(word) && plain[0].len() <= 2)
}

/// One space between words, without signs around them.
fn bare(line: &str) -> String {
    let is_sign = |c: char| "¿?¡!.,;:…".contains(c);
    let words = line.split_whitespace().map(|word| word.trim_matches(is_sign));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// In small letters without accents.
fn plain_words(line: &str) -> Vec<String> {
    line.split(' ').filter(|word| !word.is_empty()).map(fold).collect()
}

fn fold(word: &str) -> String {
    crate::language::fold(&word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follow_up_stands_on_its_own_in_three_languages() {
        let table: &[(&[&str], &str, &str)] = &[
            (
                &["¿A qué hora abren los sábados?"],
                "¿y los domingos?",
                "A qué hora abren los domingos",
            ),
            (&["hola", "a que hora abren"], "y los domingos?", "a que hora abren los domingos"),
            (&["¿Cuánto cuesta el envío a Lima?"], "y a Cusco?", "Cuánto cuesta el envío a Cusco"),
            (
                &["¿Tienen taladros Bosch?", "gracias"],
                "cuánto cuesta?",
                "cuánto cuesta taladros Bosch",
            ),
            (&["¿Tienen tienda en Tacna?"], "¿Y en Cusco?", "Tienen tienda en Cusco"),
            (
                &["a que hora abren los sabados?", "y los domingos?"],
                "y los feriados?",
                "a que hora abren los feriados",
            ),
            (&["Do you have drills?"], "how much is it?", "how much is it drills"),
            (&["Are you open on Saturday?"], "and on Sunday?", "Are you open on Sunday"),
            (&["Do you deliver to Leeds?"], "What about York?", "Do you deliver to Leeds York"),
            (&["Vocês entregam em Santos?"], "e em Campinas?", "Vocês entregam em Campinas"),
            (&["Tem furadeira Bosch?"], "quanto custa?", "quanto custa furadeira Bosch"),
        ];
        for (before, words, expected) in table {
            let found = stand_alone(before.iter().copied(), words);
            assert_eq!(found.as_deref(), Some(*expected), "{words}");
        }
    }

    #[test]
    fn what_is_no_follow_up_is_left_alone() {
        let before = ["¿A qué hora abren los sábados?"];
        for words in [
            "¿Cuánto cuesta el envío a Cusco?",
            "¿y hacen envíos a provincia?",
            "y gracias",
            "gracias",
            "hola",
            "y quiero hablar con una persona de verdad por favor",
            "quiero un taladro",
            "los domingos descanso",
            "",
        ] {
            assert_eq!(stand_alone(before, words), None, "{words}");
        }
    }

    #[test]
    fn without_a_question_before_there_is_nothing_to_follow() {
        for before in [&[][..], &["hola"], &["gracias", "ok"]] {
            assert_eq!(stand_alone(before.iter().copied(), "¿y los domingos?"), None, "{before:?}");
        }
        assert_eq!(stand_alone([], "cuánto cuesta?"), None);
    }
}
