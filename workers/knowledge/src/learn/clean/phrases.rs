//! What people say to each other before and after what they have to say, folded, in Spanish,
//! English and Portuguese.

pub(super) const SALUTATIONS: &[&str] = &[
    "hola", "holi", "buenas", "buenas tardes", "buenas noches", "buenos dias", "buen dia",
    "muy buenas", "muy buenos dias", "muy buenas tardes", "estimado", "estimada", "estimados",
    "querido", "querida", "que tal", "como esta", "como estas", "como le va", "como te va", "hi",
    "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "how are you", "ola",
    "oi", "bom dia", "boa tarde", "boa noite", "prezado", "prezada", "tudo bem", "como vai",
];
pub(super) const TITLES: &[&str] = &[
    "sr", "sra", "srta", "senor", "senora", "senorita", "don", "dona", "mr", "mrs", "ms", "dr",
    "dra", "cliente", "amigo", "amiga", "amigos", "senhor", "senhora", "equipo", "team", "there",
];
/// What refers to something that only the two of them know they said.
pub(super) const ASIDES: &[&str] = &[
    "como te comente", "como le comente", "como te dije", "como le dije", "como te indique",
    "como le indique", "como te mencione", "como le mencione", "como ya te comente",
    "como ya le comente", "como ya te dije", "como ya le dije", "tal como te comente",
    "tal como le comente", "como conversamos", "como quedamos", "como hablamos", "as i told you",
    "as i said", "as i mentioned", "as mentioned", "as we discussed", "as discussed",
    "como eu disse", "como te disse", "como lhe disse", "como falei", "como te falei",
    "conforme falei", "conforme conversamos", "como combinamos",
];
/// What begins a sentence and says nothing by itself.
pub(super) const LEADS: &[&str] = &[
    "te comento que", "le comento que", "te comento", "le comento", "te cuento que",
    "le cuento que", "te cuento", "le cuento", "le informo que", "te informo que",
    "le informamos que", "te informamos que", "te confirmo que", "le confirmo que",
    "i can confirm that", "just to let you know", "informo que", "te informo", "le informo",
];
pub(super) const CLOSINGS: &[&str] = &[
    "quedo atento", "quedo atenta", "quedamos atentos", "quedo pendiente", "quedo a la espera",
    "cualquier duda", "cualquier consulta", "cualquier otra consulta", "cualquier cosa",
    "si tienes otra", "si tiene otra", "si tienes alguna", "si tiene alguna", "si tienes mas",
    "si tiene mas", "si necesitas algo", "si necesita algo", "no dude en", "no dudes en",
    "que tengas", "que tenga", "que pases", "que pase", "buen dia", "feliz dia", "feliz tarde",
    "feliz noche", "lindo dia", "bonito dia", "excelente dia", "estamos para", "estoy para",
    "estamos a su disposicion", "estamos a tu disposicion", "estoy a su disposicion", "a la orden",
    "a sus ordenes", "a tus ordenes", "para servirle", "para servirte", "hasta luego", "nos vemos",
    "hasta pronto", "algo mas", "hay algo mas", "te puedo ayudar en algo mas",
    "le puedo ayudar en algo mas", "puedo ayudarte en algo mas", "puedo ayudarle en algo mas",
    "espero haber", "espero haberte", "espero haberle", "espero que te sirva", "con gusto",
    "let me know if", "feel free to", "have a nice", "have a great", "have a good",
    "if you have any", "any questions", "anything else", "is there anything else",
    "hope this helps", "hope that helps", "i hope this", "qualquer duvida", "qualquer coisa",
    "fico a disposicao", "fico no aguardo", "estou a disposicao", "estamos a disposicao",
    "tenha um", "tenha uma", "ate logo", "ate mais", "mais alguma coisa", "posso ajudar em mais",
    "espero ter ajudado", "disponha", "de nada", "youre welcome", "por nada",
];
/// After these comes a name.
pub(super) const SIGNATURES: &[&str] = &[
    "saludos", "saludos cordiales", "un saludo", "un cordial saludo", "atentamente", "atte",
    "cordialmente", "un abrazo", "best regards", "kind regards", "warm regards", "regards",
    "sincerely", "cheers", "best wishes", "atenciosamente", "abracos", "um abraco", "abs",
];
pub(super) const THANKS: &[&str] = &[
    "gracias", "muchas gracias", "mil gracias", "thanks", "thank you", "many thanks", "obrigado",
    "obrigada", "muito obrigado", "muito obrigada", "agradecemos", "te agradezco", "le agradezco",
];
pub(super) const APOLOGIES: &[&str] = &[
    "disculpa", "disculpe", "disculpen", "perdon", "perdona", "lo siento", "lo sentimos",
    "lo lamento", "lo lamentamos", "lamento", "lamentamos", "una disculpa", "mil disculpas",
    "mis disculpas", "sorry", "im sorry", "were sorry", "apologies", "my apologies",
    "we apologize", "i apologize", "desculpe", "desculpa", "desculpas", "sinto muito",
];
pub(super) const TURNS: &[&str] = &["pero", "but", "mas", "no", "not", "nao", "porem"];
/// What a customer says before a question.
pub(super) const ASKING: &[&str] = &[
    "una consulta", "una pregunta", "una consultita", "consulta", "pregunta", "tengo una consulta",
    "tengo una pregunta", "tengo una duda", "queria hacer una consulta", "queria saber si",
    "queria saber", "quisiera saber si", "quisiera saber", "quiero saber si", "quiero saber",
    "me gustaria saber si", "me gustaria saber", "queria consultar si", "queria consultar",
    "queria preguntar si", "queria preguntar", "me puede decir si", "me puede decir",
    "me puedes decir si", "me puedes decir", "me podria decir si", "me podria decir",
    "me podrias decir si", "me podrias decir", "por favor", "porfavor", "porfa", "disculpe",
    "disculpa", "perdon", "oye", "oiga", "a question", "i have a question", "quick question",
    "could you tell me if", "could you tell me", "can you tell me if", "can you tell me",
    "i want to know if", "i want to know", "i wanted to know if", "i wanted to know",
    "i would like to know if", "i would like to know", "id like to know if", "id like to know",
    "please", "excuse me", "uma duvida", "tenho uma duvida", "uma pergunta",
    "gostaria de saber se", "gostaria de saber", "queria saber se", "me pode dizer se",
    "me pode dizer", "pode me dizer se", "pode me dizer", "poderia me dizer se",
    "poderia me dizer", "por gentileza",
];
pub(super) const AFTER_ASKING: &[&str] = &[
    "por favor", "porfavor", "porfa", "porfis", "gracias", "muchas gracias", "gracias de antemano",
    "please", "pls", "thanks", "thank you", "thanks in advance", "obrigado", "obrigada",
    "por gentileza", "espero su respuesta", "espero tu respuesta",
];
