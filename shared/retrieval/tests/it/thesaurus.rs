use retrieval::Index;
use retrieval::thesaurus::{Error, Thesaurus};

use crate::{entry, first};

#[test]
fn the_shipped_thesaurus_is_well_formed() {
    drop(Thesaurus::shipped());
}

#[test]
fn a_line_that_says_nothing_is_named() {
    assert_eq!(Thesaurus::parse("a, b\n\n# c\nalone").unwrap_err(), Error::Alone(4));
    let long = "corto, una expresión de más de cinco palabras";
    assert_eq!(Thesaurus::parse(long).unwrap_err(), Error::TooLong(1));
}

#[test]
fn a_business_adds_its_own_words() {
    let mut thesaurus = Thesaurus::shipped();
    let own = Thesaurus::parse("combo familiar, pack del hogar\nchifa, comida china").unwrap();
    thesaurus.extend(&own);
    let mut index = Index::new(thesaurus);
    index.insert(entry("combo", "¿Qué trae el combo familiar?", "Cuatro platos."));
    index.insert(entry("hours", "¿Cuál es el horario?", "De 9 a 20."));
    assert_eq!(first(&index, "me interesa el pack del hogar"), "combo");
}

#[test]
fn an_expression_hides_the_meanings_of_its_words() {
    let thesaurus = Thesaurus::parse("tarjeta de regalo, gift card\ntarjeta, visa").unwrap();
    let mut index = Index::new(thesaurus);
    index.insert(entry("gift", "¿Venden gift card?", "Sí."));
    index.insert(entry("visa", "¿Aceptan visa?", "Sí."));
    assert_eq!(first(&index, "tarjeta de regalo"), "gift");
    assert_eq!(first(&index, "tarjeta"), "visa");
}
