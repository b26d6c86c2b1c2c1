//! What a message tells of the answer before it.

use domain::message::{
    HandoffReason, HandoffRequested, MessageReceived, QuestionAsked, TurnClosed,
};
use domain::{Body, Content, Envelope, Outcome, TurnId};
use store::records::{Sign, SignKind};
use uuid::Uuid;

use super::word::{Word, has, words};
use crate::choice;

/// Longer messages say more than that.
const THANKS_AT_MOST: usize = 8;
const CORRECTION_AT_MOST: usize = 16;

/// Words that thank.
const THANKS: &[&str] = &[
    "gracias",
    "muchisimas",
    "graciass",
    "grax",
    "thanks",
    "thank",
    "thx",
    "obrigado",
    "obrigada",
    "valeu",
    "perfecto",
    "genial",
    "excelente",
    "buenisimo",
    "perfeito",
    "otimo",
    "perfect",
    "great",
    "awesome",
];
/// Words that may stand beside them.
const BESIDE: &[&str] = &[
    "muchas",
    "mil",
    "muy",
    "amable",
    "ok",
    "okay",
    "okey",
    "vale",
    "listo",
    "super",
    "entendido",
    "de",
    "acuerdo",
    "ya",
    "si",
    "por",
    "la",
    "el",
    "tu",
    "su",
    "info",
    "informacion",
    "ayuda",
    "respuesta",
    "dato",
    "bueno",
    "bien",
    "claro",
    "hasta",
    "luego",
    "chau",
    "adios",
    "bye",
    "tchau",
    "buen",
    "buena",
    "dia",
    "tarde",
    "noche",
    "you",
    "so",
    "much",
    "very",
    "for",
    "the",
    "help",
    "got",
    "it",
    "cool",
    "nice",
    "have",
    "a",
    "good",
    "day",
    "muito",
    "pela",
    "pelo",
    "ajuda",
    "beleza",
    "entendi",
    "certo",
    "ta",
    "bom",
    "boa",
    "senorita",
    "amigo",
    "amiga",
];
/// What says that an answer was none.
const CORRECTIONS: &[&str] = &[
    "no es eso",
    "no era eso",
    "eso no es",
    "eso no era",
    "eso no fue lo que pregunte",
    "no fue lo que pregunte",
    "no es lo que pregunte",
    "no es lo que pregunto",
    "no pregunte eso",
    "no pregunte por eso",
    "eso no pregunte",
    "no me sirve",
    "no me sirvio",
    "eso no me ayuda",
    "no me ayuda",
    "no me ayudo",
    "no me respondes",
    "no me responde",
    "no me respondiste",
    "no respondiste",
    "no respondio",
    "no responde mi pregunta",
    "no entendiste",
    "no me entendiste",
    "no me entiendes",
    "no me entiende",
    "no entendio",
    "respuesta equivocada",
    "eso esta mal",
    "te equivocas",
    "se equivoca",
    "te equivocaste",
    "no es correcto",
    "me refiero a",
    "me referia a",
    "ninguna de esas",
    "ninguna de las anteriores",
    "ninguna de esas preguntas",
    "not what i asked",
    "thats not it",
    "thats not what",
    "that is not what",
    "didnt ask that",
    "didnt ask for that",
    "doesnt help",
    "does not help",
    "not helpful",
    "wrong answer",
    "youre wrong",
    "that is wrong",
    "thats wrong",
    "you didnt answer",
    "not my question",
    "none of these",
    "none of those",
    "i meant",
    "nao e isso",
    "nao era isso",
    "isso nao e",
    "nao foi isso",
    "nao foi o que perguntei",
    "nao e o que perguntei",
    "nao perguntei isso",
    "nao me serve",
    "nao ajudou",
    "nao ajuda",
    "nao entendeu",
    "voce nao entendeu",
    "resposta errada",
    "isso esta errado",
    "nenhuma dessas",
    "quis dizer",
];

/// The sign that a message is, in its conversation; most are none.
pub(crate) fn read(envelope: &Envelope, conversation: Uuid) -> Option<Sign> {
    let (kind, turn, question) = match &envelope.body {
        Body::QuestionAsked(asked) => of_question(asked),
        Body::HandoffRequested(HandoffRequested { turn, reason, .. }) => {
            let wished = *reason == HandoffReason::Wished;
            let kind = if wished { SignKind::WishedPerson } else { SignKind::HandedOff };
            (kind, Some(*turn), None)
        }
        Body::TurnClosed(TurnClosed { turn: Some(turn), outcome: Outcome::Answered, .. }) => {
            (SignKind::Said, Some(*turn), None)
        }
        Body::MessageReceived(MessageReceived(inbound)) => (
            of_words(inbound.content.words().filter(|_| is_written(&inbound.content))?)?,
            None,
            None,
        ),
        _ => return None,
    };
    let at = match &envelope.body {
        // Its clock is the customer's: what was sent before an answer is no word about it.
        Body::MessageReceived(MessageReceived(inbound)) => inbound.sent_at,
        _ => envelope.time,
    };
    Some(Sign {
        // What the sweep sends again is the same message under another id.
        id: sign_id(envelope, kind),
        business: envelope.business.to_string(),
        conversation,
        turn: turn.map(number),
        kind,
        question,
        answer: None,
        at_ms: at.as_millis(),
    })
}

/// The specialist's own answer is a sign too.
pub(crate) fn of_person(envelope: &Envelope, question: &str, answer: &str) -> Sign {
    Sign {
        id: sign_id(envelope, SignKind::PersonAnswered),
        business: envelope.business.to_string(),
        conversation: envelope.conversation.as_uuid(),
        turn: None,
        kind: SignKind::PersonAnswered,
        question: Some(question.to_owned()),
        answer: Some(answer.to_owned()),
        at_ms: envelope.time.as_millis(),
    }
}

fn sign_id(envelope: &Envelope, kind: SignKind) -> Uuid {
    let of = match &envelope.body {
        Body::MessageReceived(_) => envelope.correlation,
        _ => envelope.id,
    };
    of.derive(kind.name(), 0).as_uuid()
}

/// A turn's number, as the records keep it.
pub(crate) fn number(turn: TurnId) -> i64 {
    i64::try_from(turn.0).unwrap_or(i64::MAX)
}

fn of_question(asked: &QuestionAsked) -> (SignKind, Option<TurnId>, Option<String>) {
    match choice::read(&asked.question) {
        (Some(entry), _) => (SignKind::Tapped, Some(asked.turn), Some(entry.to_string())),
        (None, words) => (SignKind::Asked, Some(asked.turn), Some(words.to_owned())),
    }
}

fn is_written(content: &Content) -> bool {
    matches!(content, Content::Text { .. } | Content::Media(_))
}

fn of_words(text: &str) -> Option<SignKind> {
    let found = words(text);
    if found.len() <= CORRECTION_AT_MOST && has(&found, CORRECTIONS) {
        return Some(SignKind::Corrected);
    }
    let is = |word: &Word, list: &[&str]| list.contains(&word.folded.as_str());
    let thanks = found.iter().any(|word| is(word, THANKS))
        && found.len() <= THANKS_AT_MOST
        && !text.contains('?')
        && found.iter().all(|word| is(word, THANKS) || is(word, BESIDE));
    thanks.then_some(SignKind::Thanked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_and_corrections_are_told_from_the_rest() {
        for (text, expected) in [
            ("gracias!", Some(SignKind::Thanked)),
            ("Ok perfecto, muchas gracias 🙏", Some(SignKind::Thanked)),
            ("genial", Some(SignKind::Thanked)),
            ("Great, thank you!", Some(SignKind::Thanked)),
            ("muito obrigada", Some(SignKind::Thanked)),
            ("gracias, y a qué hora abren?", None),
            ("gracias pero no", None),
            ("ok", None),
            ("No es eso lo que quiero", Some(SignKind::Corrected)),
            ("eso no fue lo que pregunté", Some(SignKind::Corrected)),
            ("no me sirve", Some(SignKind::Corrected)),
            ("no, me refiero a la tienda de Tacna", Some(SignKind::Corrected)),
            ("That's not what I asked", Some(SignKind::Corrected)),
            ("não foi isso que perguntei", Some(SignKind::Corrected)),
            ("mi pedido no llegó", None),
            ("no", None),
        ] {
            assert_eq!(of_words(text), expected, "{text}");
        }
    }
}
