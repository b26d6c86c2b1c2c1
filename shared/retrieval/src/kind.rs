//! What kind of thing a question wants to know, and what kinds an answer tells: "a q hora abren"
//! and "de 9:00 a 20:00" have no word in common.

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u16);

impl Kinds {
    const PRICE: Self = Self(1);
    const CLOCK: Self = Self(1 << 1);
    const SPAN: Self = Self(1 << 2);
    const DATE: Self = Self(1 << 3);
    const PLACE: Self = Self(1 << 4);
    const WAY: Self = Self(1 << 5);
    const NEED: Self = Self(1 << 6);
    const AGE: Self = Self(1 << 7);
    const COUNT: Self = Self(1 << 8);

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn add(&mut self, kind: Self) {
        self.0 |= kind.0;
    }

    /// What a question asks for, by its words as they are folded and spelt out.
    pub(crate) fn asked(words: &[String]) -> Self {
        let mut kinds = Self::default();
        for at in 0..words.len() {
            let word = |ahead: usize| words.get(at + ahead).map_or("", String::as_str);
            for (expression, kind) in ASKING {
                let is_said = expression.iter().enumerate().all(|(i, said)| word(i) == *said);
                if is_said {
                    kinds.add(*kind);
                }
            }
            match word(0) {
                "cuanto" | "quanto" => kinds.add(match word(1) {
                    "tiempo" | "dura" | "demora" | "demoran" | "tarda" | "tardan" | "rato"
                    | "tempo" | "falta" => Self::SPAN,
                    "se" if matches!(word(2), "demora" | "demoran" | "tarda" | "tardan") => {
                        Self::SPAN
                    }
                    _ => Self::PRICE,
                }),
                "cuantos" | "cuantas" | "quantos" | "quantas" => kinds.add(match word(1) {
                    "dias" | "meses" | "horas" | "semanas" | "minutos" => Self::SPAN,
                    "anos" => Self::AGE,
                    _ => Self::COUNT,
                }),
                "que" if matches!(word(1), "precio" | "precios" | "costo" | "valor" | "vale") => {
                    kinds.add(Self::PRICE);
                }
                "anos" if at > 0 && is_number(&words[at - 1]) => kinds.add(Self::AGE),
                _ => {}
            }
        }
        kinds
    }

    /// What an answer tells, by its words and its text.
    pub(crate) fn told(words: &[String], text: &str) -> Self {
        let mut kinds = Self::default();
        for at in 0..words.len() {
            let word = words[at].as_str();
            let follows_number = at > 0 && is_number(&words[at - 1]);
            let is_followed = words.get(at + 1).is_some_and(|next| is_number(next));
            if MONEY.contains(&word) && (follows_number || is_followed) || FREE.contains(&word) {
                kinds.add(Self::PRICE);
            }
            if SPANS.contains(&word) && follows_number {
                kinds.add(Self::SPAN);
            }
            if word == "anos" && follows_number {
                kinds.add(Self::AGE);
            }
            if DAYS.contains(&word) {
                kinds.add(Self::CLOCK);
                kinds.add(Self::DATE);
            }
            if MONTHS.contains(&word) {
                kinds.add(Self::DATE);
            }
            if PLACES.contains(&word) {
                kinds.add(Self::PLACE);
            }
            if WAYS.contains(&word) {
                kinds.add(Self::WAY);
            }
            if NEEDS.contains(&word) {
                kinds.add(Self::NEED);
            }
            if is_number(word) {
                kinds.add(Self::COUNT);
            }
        }
        if has_clock(text) {
            kinds.add(Self::CLOCK);
        }
        if text.contains(['$', '€', '£']) || text.contains("S/") {
            kinds.add(Self::PRICE);
        }
        if text.contains('@') || text.contains(".com") || text.contains("www.") {
            kinds.add(Self::WAY);
        }
        kinds
    }
}

const ASKING: &[(&[&str], Kinds)] = &[
    (&["precio"], Kinds::PRICE),
    (&["precios"], Kinds::PRICE),
    (&["costo"], Kinds::PRICE),
    (&["tarifa"], Kinds::PRICE),
    (&["tarifas"], Kinds::PRICE),
    (&["cuesta"], Kinds::PRICE),
    (&["cuestan"], Kinds::PRICE),
    (&["cobran"], Kinds::PRICE),
    (&["cobrais"], Kinds::PRICE),
    (&["caro"], Kinds::PRICE),
    (&["cara"], Kinds::PRICE),
    (&["barato"], Kinds::PRICE),
    (&["gratis"], Kinds::PRICE),
    (&["a", "como"], Kinds::PRICE),
    (&["a", "cuanto"], Kinds::PRICE),
    (&["how", "much"], Kinds::PRICE),
    (&["price"], Kinds::PRICE),
    (&["preco"], Kinds::PRICE),
    (&["que", "hora"], Kinds::CLOCK),
    (&["que", "horas"], Kinds::CLOCK),
    (&["horario"], Kinds::CLOCK),
    (&["horarios"], Kinds::CLOCK),
    (&["abren"], Kinds::CLOCK),
    (&["abre"], Kinds::CLOCK),
    (&["abris"], Kinds::CLOCK),
    (&["abiertos"], Kinds::CLOCK),
    (&["abierto"], Kinds::CLOCK),
    (&["cierran"], Kinds::CLOCK),
    (&["cerrais"], Kinds::CLOCK),
    (&["atienden"], Kinds::CLOCK),
    (&["hours"], Kinds::CLOCK),
    (&["open"], Kinds::CLOCK),
    (&["what", "time"], Kinds::CLOCK),
    (&["duracion"], Kinds::SPAN),
    (&["demora"], Kinds::SPAN),
    (&["tarda"], Kinds::SPAN),
    (&["dura"], Kinds::SPAN),
    (&["how", "long"], Kinds::SPAN),
    (&["cuando"], Kinds::DATE),
    (&["cuando"], Kinds::SPAN),
    (&["que", "dia"], Kinds::DATE),
    (&["que", "dias"], Kinds::DATE),
    (&["que", "fecha"], Kinds::DATE),
    (&["fecha"], Kinds::DATE),
    (&["fechas"], Kinds::DATE),
    (&["when"], Kinds::DATE),
    (&["quando"], Kinds::DATE),
    (&["donde"], Kinds::PLACE),
    (&["adonde"], Kinds::PLACE),
    (&["direccion"], Kinds::PLACE),
    (&["ubicacion"], Kinds::PLACE),
    (&["ubicados"], Kinds::PLACE),
    (&["en", "que", "parte"], Kinds::PLACE),
    (&["en", "que", "calle"], Kinds::PLACE),
    (&["como", "llego"], Kinds::PLACE),
    (&["como", "se", "llega"], Kinds::PLACE),
    (&["where"], Kinds::PLACE),
    (&["onde"], Kinds::PLACE),
    (&["como"], Kinds::WAY),
    (&["que", "hago"], Kinds::WAY),
    (&["que", "debo", "hacer"], Kinds::WAY),
    (&["que", "tengo", "que", "hacer"], Kinds::WAY),
    (&["pasos"], Kinds::WAY),
    (&["how", "do"], Kinds::WAY),
    (&["how", "can"], Kinds::WAY),
    (&["requisitos"], Kinds::NEED),
    (&["requisito"], Kinds::NEED),
    (&["papeles"], Kinds::NEED),
    (&["documentos"], Kinds::NEED),
    (&["que", "necesito"], Kinds::NEED),
    (&["que", "se", "necesita"], Kinds::NEED),
    (&["que", "piden"], Kinds::NEED),
    (&["que", "me", "piden"], Kinds::NEED),
    (&["que", "llevo"], Kinds::NEED),
    (&["que", "debo"], Kinds::NEED),
    (&["edad"], Kinds::AGE),
    (&["how", "many"], Kinds::COUNT),
];
const MONEY: [&str; 20] = [
    "soles",
    "sol",
    "pesos",
    "peso",
    "dolares",
    "dolar",
    "euros",
    "euro",
    "bolivianos",
    "quetzales",
    "colones",
    "lempiras",
    "guaranies",
    "reales",
    "reais",
    "mxn",
    "usd",
    "clp",
    "cop",
    "eur",
];
const FREE: [&str; 6] = ["gratis", "gratuito", "gratuita", "gratuitos", "free", "costo"];
const SPANS: [&str; 16] = [
    "minuto", "minutos", "hora", "horas", "dia", "dias", "semana", "semanas", "mes", "meses",
    "minutes", "hours", "days", "weeks", "months", "sesiones",
];
const DAYS: [&str; 9] = [
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "sabados",
    "domingo",
    "domingos",
];
const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const PLACES: [&str; 15] = [
    "calle", "avenida", "av", "carrera", "jiron", "jr", "esquina", "cuadra", "cuadras", "frente",
    "junto", "piso", "plaza", "metro", "km",
];
const WAYS: [&str; 21] = [
    "app",
    "web",
    "escribe",
    "escribenos",
    "llama",
    "llamando",
    "descarga",
    "descargala",
    "entra",
    "ingresa",
    "completa",
    "solicita",
    "solicitalo",
    "reserva",
    "acercate",
    "envia",
    "formulario",
    "portal",
    "whatsapp",
    "seccion",
    "presenta",
];
const NEEDS: [&str; 14] = [
    "cedula",
    "dni",
    "pasaporte",
    "identidad",
    "documento",
    "documentos",
    "carta",
    "copia",
    "comprobante",
    "comprobantes",
    "certificado",
    "requisitos",
    "vigente",
    "original",
];

fn is_number(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// "9:00", "18.30 h", "8 am".
fn has_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let has_colon = (1..bytes.len())
        .any(|at| bytes[at] == b':' && is_digit(at - 1) && is_digit(at + 1) && is_digit(at + 2));
    has_colon || [" am", " pm", "a.m.", "p.m."].iter().any(|half| text.contains(half))
}
