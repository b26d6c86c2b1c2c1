//! What the classifier looks at: words, pairs of words, pieces of words, and a few concepts that
//! have many names.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// The words that greetings, thanks and goodbyes are made of.
pub(super) type SmallTalk = HashSet<String>;

/// How many weights there are for each intent; features share them by their hash.
pub(super) const BUCKETS: usize = 1 << 14;
/// The lengths of the pieces of words.
const PIECES: [usize; 2] = [3, 4];

/// Names of concepts in three languages, in the spelling of [`super::spelling`] (no accents, no
/// doubled letters). With a star they are beginnings of words. They let an example with "asesor"
/// speak for "consultora" too.
const CONCEPTS: [(&str, &str); 6] = [
    (
        "person",
        "abogad* administrador* advisor* agent* alguem alguien anyone anybody asesor* asociad* \
         atendente* boss chef* consultor* cordinador* doctor* dono duen* ejecutiv* encargad* \
         especialist* executive* funcionari* gerent* human* ingenier* jef* lider* manager* \
         medica medico operador* operator* owner people person persona personas pesoa* recepcionist* rep \
         representa* responsa* senorit* somebody someone specialist* staff superior* supervisor* \
         tecnic* technician trabajador* vendedor*",
    ),
    (
        "desk",
        "area billing center cobranza* departament* department facturacion gerencia recepcion \
         reclam* sales setor soport* suport* ventas",
    ),
    (
        "contact",
        "ablando atend atenda atendam atenderme atendido atendida atienda* atienden atiende* cal \
         calback caled caling cals chame chamem charl* chamar chat* comuni* conect* contact* \
         contat* convers* deriv* devuelv* fala falar falando fale falo habl* lamame lamarme lame \
         lamen* lameme lamada* lamar lamo liga ligar ligue liguem ligam ligacao pasame pasarme \
         pasas pase paseme pasen* ponga* ponme reach speak* talk* telefona* telefonei* transfer transfere transferir \
         transferirme transfier* transfira* touch",
    ),
    (
        "robot",
        "automat* bot bots chatbot* contestador* grabacion* grabadora ia machin* maquin* robo robot* robos virtual",
    ),
    (
        "wish",
        "can could dese* exijo gostaria gustaria let may ned necesit* poso pode podria* podem \
         precis* prefer* prefier* pued* quer* quier* quisier* solicit* urge want* would",
    ),
    (
        "ask",
        "cade como cuand* cuant* cual* do does donde hacen hay how is qual quais quand* quant* que \
         quem quien* onde tem tienen what when where which who why venden aceptan",
    ),
];

struct Name {
    concept: &'static str,
    is_beginning: bool,
}

static NAMES: LazyLock<HashMap<&str, Name>> = LazyLock::new(|| {
    let names = CONCEPTS
        .iter()
        .flat_map(|(concept, names)| names.split_whitespace().map(move |name| (name, *concept)));
    names
        .map(|(name, concept)| {
            let word = name.trim_end_matches('*');
            (word, Name { concept, is_beginning: word != name })
        })
        .collect()
});

/// The features of a message, as places in the table of weights.
pub(super) fn of(words: &[String], small_talk: &SmallTalk) -> Vec<usize> {
    let mut features = Vec::with_capacity(16 * words.len());
    let mut last_word = "^";
    let mut last_concept = "^";
    let mut foreign = 0;
    for word in words {
        features.push(place("word", word, ""));
        features.push(place("pair", last_word, word));
        last_word = word;
        pieces(word, &mut features);
        if let Some(concept) = concept(word) {
            features.push(place("concept", concept, ""));
            features.push(place("concepts", last_concept, concept));
            last_concept = concept;
        }
        foreign += usize::from(!small_talk.contains(word));
    }
    features.push(place("pair", last_word, "$"));
    features.push(place("foreign", COUNTS[foreign.min(COUNTS.len() - 1)], ""));
    features.push(place("length", COUNTS[words.len().min(COUNTS.len() - 1)], ""));
    features
}

const COUNTS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "many"];

fn pieces(word: &str, features: &mut Vec<usize>) {
    let letters: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
    for length in PIECES {
        for window in letters.windows(length + 1) {
            let (start, end) = (window[0], window[length]);
            let kind = match (start == 0, end == word.len()) {
                (true, _) => "beginning",
                (_, true) => "ending",
                _ => "piece",
            };
            features.push(place(kind, &word[start..end], ""));
        }
    }
}

fn concept(word: &str) -> Option<&'static str> {
    let beginnings = (2..=word.len()).rev().filter_map(|end| word.get(..end));
    beginnings
        .filter_map(|beginning| Some((beginning, NAMES.get(beginning)?)))
        .find(|(beginning, name)| name.is_beginning || *beginning == word)
        .map(|(_, name)| name.concept)
}

/// FNV-1a over a feature's kind and its one or two words.
fn place(kind: &str, one: &str, two: &str) -> usize {
    let mut hash: u32 = 0x811c_9dc5;
    for part in [kind, one, two] {
        for byte in part.bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        hash = (hash ^ 0xff).wrapping_mul(0x0100_0193);
    }
    (hash ^ (hash >> 15)) as usize % BUCKETS
}
