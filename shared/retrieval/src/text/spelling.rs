//! One spelling for what people type in a chat.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What people write for a word, after folding.
const SHORTHAND: &str = "\
    q que, k que, ke que, qe que, x por, xq porque, pq porque, porq porque, xk porque, \
    xfa porfavor, xfavor porfavor, porfa porfavor, pls please, plz please, dnd donde, dond donde, \
    qn quien, kien quien, tb tambien, tmb tambien, tbn tambien, bn bien, d de, dl del, pa para, \
    pra para, xa para, cm como, komo como, komo como, aki aqui, aka aca, ai hay, ahi hay, \
    cto cuanto, cnto cuanto, kuanto cuanto, kuantos cuantos, kual cual, \
    kuando cuando, cdo cuando, kiero quiero, qiero quiero, kisiera quisiera, keda queda, \
    kedan quedan, ola hola, hla hola, tngo tengo, tng tengo, nesecito necesito, \
    nececito necesito, nesesito necesito, msj mensaje, msjs mensajes, tlf telefono, \
    telf telefono, tel telefono, cel celular, celu celular, fono telefono, nro numero, \
    num numero, dir direccion, ubi ubicacion, info informacion, promo promocion, \
    promos promociones, dcto descuento, dscto descuento, desc descuento, cta cuenta, \
    ctas cuentas, trans transferencia, transf transferencia, fact factura, \
    pass password, pwd password, guaifai wifi, guifi wifi, wiffi wifi, compu computadora, \
    refri refrigeradora, tele television, tv television, deco decodificador, \
    decos decodificadores, depa departamento, dpto departamento, depto departamento, u you, \
    ur your, r are, thx thanks, tks thanks, ty thanks, hrs horas, hs horas, hr hora, min minutos, \
    mins minutos, seg segundos, kg kilo, kgs kilos, ej ejemplo, vc voce, vcs voces, \
    qto quanto, qdo quando, qnd quando, td tudo, hj hoje, sr senor, sra senora, \
    srta senorita, uds ustedes, ud usted, bs bolivianos, fds findesemana, finde findesemana, \
    cv curriculum, doc documento, docs documentos, mb megas, \
    mbps megas, appt appointment, addr address, acct account, pymt payment, dept department, \
    hrly hourly, avail available, w with, wo without, tmrw tomorrow, tmr tomorrow, gr8 great, \
    tenes tienes, teneis tienen, tienes tienen, podes puedes, podeis pueden, queres quieres, \
    quereis quieren, haces hacen, sabes saben, abris abren, vais van, estais estan, dais dan, \
    sois son, venis vienen, decis dicen, servis sirven, salis salen, pedis piden, poneis ponen, \
    pones ponen, vendes venden, vendeis venden, aceptas aceptan, cobras cobran, \
    ofreces ofrecen, atiendes atienden, mandas mandan, envias envian, reparas reparan, \
    bici bicicleta, bicis bicicletas, moto motocicleta, motos motocicletas, foto fotografia, \
    fotos fotografias, peli pelicula, pelis peliculas, profe profesor, profes profesores, \
    uni universidad, cole colegio, gim gimnasio, gimn gimnasio, cumple cumpleanos, \
    peques ninos, hosp hospital, dr doctor, dra doctora, ofi oficina, aprox aproximado, \
    xra para, toy estoy, tamos estamos, ps pues, pe pues, vdd verdad, cdla ciudadela, urb urbanizacion, \
    mje mensaje, pto punto, mz manzana, dto descuento, tarj tarjeta, efec efectivo, transfe transferencia, \
    hab habitacion, habs habitaciones, hablitacion habitacion, compus computadoras, \
    tmbn tambien, tambn tambien, dsd desde, hst hasta, xk porque, kmo como, kosto costo, \
    resibo recibo, tarjet tarjeta, garaje garage, cosina cocina, asen hacen, aser hacer, ase hace, \
    ago hago, ay hay, aiga haya, uviera hubiera, yebar llevar, yevar llevar, yegar llegar, \
    yega llega, yamar llamar, kasa casa, kosas cosas, ke que, kedan quedan, kobran cobran, \
    kuesta cuesta, kuanta cuanta, kuantas cuantas, bale vale, baler valer, boy voy, bamos vamos, \
    bienen vienen, benden venden, aora ahora, asta hasta, ora hora, oras horas, orario horario, \
    orarios horarios, avierto abierto, aviertos abiertos, avren abren, sierran cierran, sita cita, \
    sitas citas, serca cerca, presio precio, presios precios, serrado cerrado, cerrao cerrado, \
    deribar derivar, cancelasion cancelacion, ubicasion ubicacion, direcion direccion, \
    telefno telefono, wasap whatsapp, whatsap whatsapp, wsp whatsapp, \
    wpp whatsapp, guasap whatsapp, yapear yape, plinear plin";

static SPELT_OUT: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| SHORTHAND.split(',').filter_map(|pair| pair.trim().split_once(' ')).collect());

/// The words of each sentence: in lower case, without accents, spelt out. What is not a letter or
/// a digit parts words.
pub(crate) fn sentences(text: &str) -> Vec<Vec<String>> {
    let mut sentences = Vec::new();
    let mut sentence = Vec::new();
    let mut word = String::new();
    let mut after_stop = false;
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            word.push(c);
            after_stop = false;
            continue;
        }
        if is_within_word(c) {
            continue;
        }
        sentence.extend(spelt_out(std::mem::take(&mut word)));
        // A full stop ends a sentence when a space follows; within "andina.pe" or "8.30" it doesn't.
        if matches!(c, '\n' | '!' | '?') || (after_stop && c.is_whitespace()) {
            sentences.push(std::mem::take(&mut sentence));
        }
        after_stop = matches!(c, '.' | ';');
    }
    sentence.extend(spelt_out(word));
    sentences.push(sentence);
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

pub(crate) fn words(text: &str) -> Vec<String> {
    sentences(text).into_iter().flatten().collect()
}

/// How a word sounds in Spanish, roughly: "kanbiar" and "cambiar", "baucher" and "vaucher".
pub(crate) fn sound(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut sound = String::with_capacity(word.len());
    for (at, letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1).copied();
        let heard = match (letter, next) {
            ('h', _) if at == 0 || letters[at - 1] != 'c' => continue,
            ('u', Some('e' | 'i')) if at > 0 && matches!(letters[at - 1], 'q' | 'g') => continue,
            ('c', Some('e' | 'i')) | ('z', _) => 's',
            ('c', Some('h')) => 'x',
            ('c' | 'q', _) => 'k',
            ('g', Some('e' | 'i')) => 'j',
            ('v', _) => 'b',
            ('w', _) => 'u',
            ('y', _) => 'i',
            ('n', Some('b' | 'v' | 'p')) => 'm',
            (other, _) => *other,
        };
        if !sound.ends_with(heard) {
            sound.push(heard);
        }
    }
    sound
}

/// "gato" for "gatito". Only for a word that nobody knows: "crédito" and "visita" look the same.
pub(crate) fn undiminished(word: &str) -> Option<String> {
    const ENDINGS: [(&str, &str); 4] = [("ito", "o"), ("ita", "a"), ("itos", "os"), ("itas", "as")];
    ENDINGS.into_iter().find_map(|(small, plain)| {
        let root = word.strip_suffix(small).filter(|root| root.len() >= 3)?;
        // "cafecito", "lucecita": the c belongs to the ending after an e.
        Some(match root.strip_suffix("ec") {
            Some(short) if short.len() >= 3 => format!("{short}e"),
            _ => format!("{root}{plain}"),
        })
    })
}

/// An apostrophe, or a mark that is not seen.
fn is_within_word(c: char) -> bool {
    matches!(c, '\'' | '’' | '\u{200b}'..='\u{200d}' | '\u{feff}')
}

fn spelt_out(word: String) -> Option<String> {
    if word.is_empty() {
        return None;
    }
    let word = without_runs(word);
    Some(SPELT_OUT.get(word.as_str()).map_or(word, |long| (*long).to_owned()))
}

/// "hola" for "holaaaa". Two letters stay ("lleno", "street"), and so do digits.
fn without_runs(word: String) -> String {
    let letters: Vec<char> = word.chars().collect();
    let is_run = |w: &[char]| w[0] == w[1] && w[1] == w[2] && !w[0].is_ascii_digit();
    if !letters.windows(3).any(is_run) {
        return word;
    }
    let runs = letters.chunk_by(|one, other| one == other);
    runs.flat_map(|run| if run.len() > 2 && !run[0].is_ascii_digit() { &run[..1] } else { run })
        .collect()
}
