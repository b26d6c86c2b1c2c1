//! What the index promises to those who use it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calibration;
mod dense;
mod judge;
mod quality;
mod search;
mod thesaurus;

use retrieval::{Entry, Index, Thesaurus};

fn entry(id: &str, question: &str, text: &str) -> Entry {
    Entry {
        id: id.to_owned(),
        question: Some(question.to_owned()),
        text: text.to_owned(),
        ..Entry::default()
    }
}

fn learned(id: &str, phrasings: &[&str]) -> Entry {
    Entry {
        id: id.to_owned(),
        phrasings: phrasings.iter().map(|&phrasing| phrasing.to_owned()).collect(),
        text: "Sí.".to_owned(),
        ..Entry::default()
    }
}

fn index(entries: &[Entry]) -> Index {
    let mut index = Index::new(Thesaurus::shipped());
    for entry in entries {
        index.insert(entry.clone());
    }
    index
}

fn shop() -> Index {
    index(&[
        entry("hours", "¿Cuál es el horario?", "Abrimos de lunes a sábado de 9:00 a 20:00."),
        entry("delivery", "¿Cuánto cuesta el envío a domicilio?", "El envío cuesta 10 soles."),
        entry("warranty", "¿Qué garantía tienen los productos?", "Doce meses de garantía."),
        entry("payment", "¿Qué medios de pago aceptan?", "Tarjeta, transferencia y efectivo."),
        entry("returns", "¿Puedo devolver un producto?", "Sí, dentro de los 30 días."),
    ])
}

fn first(index: &Index, question: &str) -> String {
    index.search(question, 1).first().map(|hit| hit.id.clone()).unwrap_or_default()
}
