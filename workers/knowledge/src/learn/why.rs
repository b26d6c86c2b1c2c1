//! Why an answer is not told to customers, in words for a specialist.

use domain::Language;
use store::records::KnowledgeEntry;

use super::guard::Refusal;

/// Of what the knowledge says today, so much is quoted.
const QUOTED: usize = 160;

pub(crate) fn refused(refusal: Refusal, language: Language) -> String {
    use Refusal as R;
    let [es, en, pt] = match refusal {
        R::TooShort => [
            "es tan corta que no le sirve a nadie más",
            "it is so short that it helps nobody else",
            "é tão curta que não serve a mais ninguém",
        ],
        R::Courtesy => [
            "es solo un saludo, un agradecimiento o una disculpa",
            "it is a greeting, thanks or an apology alone",
            "é só uma saudação, um agradecimento ou um pedido de desculpas",
        ],
        R::AsksBack => [
            "le pide algo al cliente",
            "it asks the customer for something",
            "pede algo ao cliente",
        ],
        R::OneCustomer => [
            "vale solo para este cliente",
            "it holds for this customer only",
            "vale só para este cliente",
        ],
        R::Reference => [
            "lleva el número de un pedido o de un documento",
            "it has the number of an order or a document",
            "traz o número de um pedido ou de um documento",
        ],
        R::Owed => [
            "habla de lo que debe un cliente",
            "it speaks of what a customer owes",
            "fala do que um cliente deve",
        ],
        R::RelativeDate => [
            "vale solo por unos días: habla de hoy, de mañana o de esta semana",
            "it holds for some days only: it speaks of today, tomorrow or this week",
            "vale só por alguns dias: fala de hoje, de amanhã ou desta semana",
        ],
        R::Personal => [
            "lleva datos personales: un nombre, un teléfono, un correo, una dirección o un documento",
            "it has personal data: a name, a phone number, an e-mail, an address or a document",
            "traz dados pessoais: um nome, um telefone, um e-mail, um endereço ou um documento",
        ],
        R::Health => [
            "habla de la salud de una persona",
            "it speaks of somebody's health",
            "fala da saúde de uma pessoa",
        ],
        R::Link => [
            "lleva un enlace que es de un solo cliente",
            "it has a link that is one customer's",
            "traz um link que é de um só cliente",
        ],
        R::NotAlone => [
            "la pregunta no se entiende por sí sola",
            "the question can't be understood by itself",
            "a pergunta não se entende sozinha",
        ],
    };
    match language {
        Language::Es => format!("No se guarda: {es}."),
        Language::En => format!("Not kept: {en}."),
        Language::Pt => format!("Não se guarda: {pt}."),
    }
}

/// The knowledge says something else, where, and who can decide.
pub(crate) fn contradicts(entry: &KnowledgeEntry, is_learned: bool, language: Language) -> String {
    let said = quoted(&entry.text);
    let source = &entry.source;
    match (language, is_learned) {
        (Language::Es, true) => format!(
            "Antes se aprendió otra respuesta a esta pregunta: «{said}». Un operador decide cuál vale."
        ),
        (Language::Es, false) => format!(
            "El documento {source} dice otra cosa: «{said}». Si ya no vale, hay que corregirlo e importarlo de nuevo."
        ),
        (Language::En, true) => format!(
            "Another answer to this question was learned before: “{said}”. An operator decides which holds."
        ),
        (Language::En, false) => format!(
            "The document {source} says something else: “{said}”. If that no longer holds, correct it and import it again."
        ),
        (Language::Pt, true) => format!(
            "Antes se aprendeu outra resposta a esta pergunta: “{said}”. Um operador decide qual vale."
        ),
        (Language::Pt, false) => format!(
            "O documento {source} diz outra coisa: “{said}”. Se já não vale, é preciso corrigi-lo e importá-lo de novo."
        ),
    }
}

pub(crate) fn known(entry: &KnowledgeEntry, language: Language) -> String {
    let source = &entry.source;
    match language {
        Language::Es => format!("Ya se sabía: así se responde desde {source}."),
        Language::En => format!("It was known already: {source} answers so."),
        Language::Pt => format!("Já se sabia: assim se responde a partir de {source}."),
    }
}

pub(crate) fn expired(language: Language) -> String {
    match language {
        Language::Es => "Pasó su tiempo: confirma que todavía vale.",
        Language::En => "Its time is over: confirm that it still holds.",
        Language::Pt => "Passou o seu prazo: confirme que ainda vale.",
    }
    .to_owned()
}

pub(crate) fn outdated(sources: &[String], language: Language) -> String {
    let sources = sources.join(", ");
    match language {
        Language::Es => format!("Cambió lo que dice {sources}: confirma que todavía vale."),
        Language::En => format!("What {sources} says has changed: confirm that it still holds."),
        Language::Pt => format!("Mudou o que diz {sources}: confirme que ainda vale."),
    }
}

pub(crate) fn failed(bad: i64, all: i64, language: Language) -> String {
    match language {
        Language::Es => format!(
            "No ayudó: {bad} de {all} clientes preguntaron otra vez o pidieron a una persona."
        ),
        Language::En => {
            format!("It did not help: {bad} of {all} customers asked again or wanted a person.")
        }
        Language::Pt => format!(
            "Não ajudou: {bad} de {all} clientes perguntaram de novo ou pediram uma pessoa."
        ),
    }
}

pub(crate) fn replaced(language: Language) -> String {
    match language {
        Language::Es => "Otra respuesta a la misma pregunta tomó su lugar.",
        Language::En => "Another answer to the same question took its place.",
        Language::Pt => "Outra resposta à mesma pergunta tomou o seu lugar.",
    }
    .to_owned()
}

pub(crate) fn undone(language: Language) -> String {
    match language {
        Language::Es => "Se retiró: ya no se les dice a los clientes.",
        Language::En => "It was taken back: customers are not told it any more.",
        Language::Pt => "Foi retirada: já não se diz aos clientes.",
    }
    .to_owned()
}

fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
