//! What the desk reads, in the business's language.

use clients::notion::FileError;
use domain::message::{HandoffReason, LearningState};
use domain::{Language, Outcome};
use jiff::Timestamp;
use store::records::{DeliveryState, DeliveryStatus};

/// One of three languages.
const fn say<'a>(language: Language, es: &'a str, en: &'a str, pt: &'a str) -> &'a str {
    match language {
        Language::Es => es,
        Language::En => en,
        Language::Pt => pt,
    }
}

pub(crate) fn reason(reason: &str, language: Language) -> &'static str {
    let known = |one: HandoffReason| reason == one.as_str();
    if known(HandoffReason::Wished) {
        say(language, "Pide una persona", "Asks for a person", "Pede uma pessoa")
    } else if known(HandoffReason::NoAnswer) {
        say(language, "Sin respuesta conocida", "No known answer", "Sem resposta conhecida")
    } else if known(HandoffReason::Sensitive) {
        say(language, "Tema delicado", "Sensitive", "Assunto delicado")
    } else if known(HandoffReason::Unreadable) {
        say(language, "Envió algo ilegible", "Sent something unreadable", "Enviou algo ilegível")
    } else if known(HandoffReason::Submitted) {
        say(language, "Pedido o formulario", "Order or form", "Pedido ou formulário")
    } else if known(HandoffReason::Overdue) {
        say(
            language,
            "El bot no llegó a tiempo",
            "The bot was too late",
            "O bot não chegou a tempo",
        )
    } else {
        say(language, "Falló algo nuestro", "Something of ours failed", "Algo nosso falhou")
    }
}

pub(crate) fn joined(language: Language, why: HandoffReason) -> String {
    format!("{}: {}", joins(language), reason(why.as_str(), language))
}

/// Whether an event says so, in whatever language.
pub(crate) fn is_joined(event: &str) -> bool {
    Language::ALL.into_iter().any(|language| event.starts_with(joins(language)))
}

const fn joins(language: Language) -> &'static str {
    say(language, "Se suma otra consulta", "One more question joins", "Mais uma pergunta")
}

pub(crate) fn taken(language: Language, by: Option<&str>) -> String {
    match by {
        Some(by) => format!("{} {by}", say(language, "Lo atiende", "Taken by", "Atendido por")),
        None => say(
            language,
            "Lo atiende una persona",
            "A person has taken it",
            "Uma pessoa está atendendo",
        )
        .to_owned(),
    }
}

pub(crate) fn put_back(language: Language) -> &'static str {
    say(
        language,
        "Vuelve a esperar a una persona; el bot responde lo que sabe",
        "It waits for a person again; the bot answers what it knows",
        "Volta a esperar uma pessoa; o bot responde o que sabe",
    )
}

pub(crate) fn closed(language: Language, by_time: bool) -> &'static str {
    if by_time {
        say(
            language,
            "Cerrado: respondido y sin novedades",
            "Closed: answered, and nothing new",
            "Fechado: respondido e sem novidades",
        )
    } else {
        say(language, "Cerrado", "Closed", "Fechado")
    }
}

pub(crate) fn reminded(language: Language) -> &'static str {
    say(
        language,
        "Recordatorio: el cliente sigue esperando una respuesta",
        "Reminder: the customer still waits for an answer",
        "Lembrete: o cliente continua esperando uma resposta",
    )
}

pub(crate) fn escalated(language: Language) -> &'static str {
    say(
        language,
        "Urgente: el cliente espera desde hace mucho y nadie ha respondido",
        "Urgent: the customer has waited for long and nobody has answered",
        "Urgente: o cliente espera há muito tempo e ninguém respondeu",
    )
}

pub(crate) fn unsent(language: Language, file: &str, error: &FileError) -> String {
    let could_not = say(language, "no se pudo enviar", "could not be sent", "não pôde ser enviado");
    let why = match error {
        FileError::TooLarge { at_most } => {
            let most = at_most / (1024 * 1024);
            let word = say(language, "pesa más de", "it has more than", "tem mais de");
            format!("{word} {most} MB")
        }
        _ => {
            say(language, "ya no está ahí", "it is no longer there", "não está mais lá").to_owned()
        }
    };
    format!("«{file}» {could_not}: {why}")
}

pub(crate) fn withdrawn(language: Language) -> &'static str {
    say(
        language,
        "(el cliente borró este mensaje)",
        "(the customer deleted this message)",
        "(o cliente apagou esta mensagem)",
    )
}

pub(crate) fn author(kind: store::records::LineKind, language: Language) -> &'static str {
    use store::records::LineKind;
    match kind {
        LineKind::Customer | LineKind::Withdrawn => say(language, "Cliente", "Customer", "Cliente"),
        LineKind::Bot => "Bot",
        LineKind::Person => say(language, "Equipo", "Team", "Equipe"),
        LineKind::Event => "—",
    }
}

pub(crate) fn media(kind: &str, language: Language) -> &'static str {
    match kind {
        "image" => say(language, "📷 foto", "📷 photo", "📷 foto"),
        "audio" => say(language, "🎤 audio", "🎤 audio", "🎤 áudio"),
        "video" => say(language, "🎬 video", "🎬 video", "🎬 vídeo"),
        "sticker" => say(language, "sticker", "sticker", "figurinha"),
        _ => say(language, "📄 documento", "📄 document", "📄 documento"),
    }
}

pub(crate) fn content(kind: &str, language: Language) -> &'static str {
    match kind {
        "order" => say(language, "(pedido)", "(order)", "(pedido)"),
        "location" => say(language, "(ubicación)", "(location)", "(localização)"),
        "contacts" => say(language, "(contacto)", "(contact)", "(contato)"),
        _ => say(language, "(mensaje sin texto)", "(no text)", "(mensagem sem texto)"),
    }
}

/// What became of an answer, before the channel told anything.
pub(crate) fn outcome(outcome: Option<&str>, code: Option<i64>, language: Language) -> String {
    let is = |one: Outcome| outcome == Some(one.as_str());
    let word = if outcome.is_none() {
        say(language, "Enviando…", "Sending…", "Enviando…")
    } else if is(Outcome::Postponed) {
        say(
            language,
            "Pendiente: pasaron 24 h sin que escriba; se le invitó y lo recibirá al responder",
            "Waiting: silent for 24 h; invited by template, gets it when they answer",
            "Pendente: 24 h sem escrever; foi convidado e receberá ao responder",
        )
    } else if is(Outcome::Undeliverable) || is(Outcome::Failed) {
        return not_delivered(code, language);
    } else {
        say(language, "Enviado ✓", "Sent ✓", "Enviado ✓")
    };
    word.to_owned()
}

pub(crate) fn delivery(state: &DeliveryState, clock: &str, language: Language) -> String {
    match state.status {
        DeliveryStatus::Failed => not_delivered(state.error_code, language),
        DeliveryStatus::Sent => {
            format!("{} {clock} ✓", say(language, "Enviado", "Sent", "Enviado"))
        }
        DeliveryStatus::Delivered => {
            format!("{} {clock} ✓✓", say(language, "Entregado", "Delivered", "Entregue"))
        }
        DeliveryStatus::Read | DeliveryStatus::Played => {
            format!("{} {clock} ✓✓", say(language, "Leído", "Read", "Lido"))
        }
    }
}

/// Why, as a specialist understands it. The codes are those of WhatsApp.
fn not_delivered(code: Option<i64>, language: Language) -> String {
    let why = match code {
        Some(131_047) => say(
            language,
            "pasaron más de 24 h y no hay plantilla aprobada",
            "more than 24 h have passed and no template is approved",
            "passaram mais de 24 h e não há modelo aprovado",
        ),
        Some(131_026 | 131_030) => say(
            language,
            "el número no puede recibir mensajes de WhatsApp",
            "the number can't receive WhatsApp messages",
            "o número não pode receber mensagens do WhatsApp",
        ),
        Some(131_050) => say(
            language,
            "el cliente no quiere recibir mensajes",
            "the customer wants no messages",
            "o cliente não quer receber mensagens",
        ),
        Some(131_049 | 130_472) => say(
            language,
            "WhatsApp no lo entregó para no molestar al cliente",
            "WhatsApp held it back so as not to bother the customer",
            "o WhatsApp não entregou para não incomodar o cliente",
        ),
        _ => say(
            language,
            "WhatsApp no lo pudo entregar; llámale o inténtalo con otro texto",
            "WhatsApp could not deliver it; call, or try other words",
            "o WhatsApp não conseguiu entregar; ligue ou tente outro texto",
        ),
    };
    let word = say(language, "No entregado", "Not delivered", "Não entregue");
    match code {
        Some(code) => format!("{word}: {why} ({code})"),
        None => format!("{word}: {why}"),
    }
}

pub(crate) fn learning(state: &str, language: Language) -> &'static str {
    let is = |one: LearningState| state == one.as_str();
    if is(LearningState::Proposed) {
        say(language, "Propuesto", "Proposed", "Proposto")
    } else if is(LearningState::Refused) {
        say(language, "No se guarda", "Not kept", "Não guardado")
    } else if is(LearningState::Conflict) {
        say(language, "En conflicto", "In conflict", "Em conflito")
    } else if is(LearningState::Published) {
        say(language, "Publicado", "Published", "Publicado")
    } else if is(LearningState::Discarded) {
        say(language, "Descartado", "Discarded", "Descartado")
    } else {
        say(language, "Apartado", "Put aside", "Posto de lado")
    }
}

/// The states that the desk may be shown, for the choices of a property.
pub(crate) fn learnings(language: Language) -> [&'static str; 6] {
    ["proposed", "refused", "conflict", "published", "discarded", "set_aside"]
        .map(|state| learning(state, language))
}

pub(crate) fn question_in_answer(language: Language) -> (&'static str, &'static str) {
    (
        say(language, "Pregunta", "Question", "Pergunta"),
        say(language, "Respuesta", "Answer", "Resposta"),
    )
}

/// The time of day, as UTC has it.
pub(crate) fn clock(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%H:%M").to_string()
}

/// The day and the time of day, to the second, as UTC has it.
pub(crate) fn moment(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%d/%m %H:%M:%S").to_string()
}
