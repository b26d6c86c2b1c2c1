use retrieval::Entry;

use crate::{entry, first, index, learned, shop};

#[test]
fn what_people_type_finds_the_entry() {
    let shop = shop();
    let asked = [
        ("ENVIO A DOMICILIO CUANTO", "delivery"),
        ("cuanto cuesta el enbio", "delivery"),
        ("garntia de productos", "warranty"),
        ("q medios de pago tienen", "payment"),
        ("kiero devolver un producto q compre", "returns"),
        ("horarioooo", "hours"),
    ];
    for (question, right) in asked {
        assert_eq!(first(&shop, question), right, "{question}");
    }
}

#[test]
fn a_question_in_another_language_finds_the_entry() {
    let shop = shop();
    assert_eq!(first(&shop, "how much is shipping?"), "delivery");
    assert_eq!(first(&shop, "qual é a garantia?"), "warranty");
    assert_eq!(first(&shop, "what are your opening hours"), "hours");
}

#[test]
fn english_and_portuguese_entries_are_found_by_inflected_words() {
    let english = index(&[
        entry("returns", "Can I return an item?", "Returned items are refunded."),
        entry("parking", "Where can I park?", "Behind the shop."),
    ]);
    assert_eq!(first(&english, "returning the items I ordered"), "returns");
    let portuguese = index(&[
        entry("troca", "Posso trocar um produto?", "Sim, em 30 dias."),
        entry("frete", "Quanto custa a entrega?", "A entrega custa 20 reais."),
    ]);
    assert_eq!(first(&portuguese, "quero trocar os produtos"), "troca");
    assert_eq!(first(&portuguese, "qual o preço das entregas"), "frete");
}

#[test]
fn a_passage_is_found_by_what_stands_together_in_it() {
    let passages = index(&[
        Entry {
            id: "apart".to_owned(),
            text: "La caldera es grande. El gas llega en camiones. Se limpia en enero.".to_owned(),
            ..Entry::default()
        },
        Entry {
            id: "together".to_owned(),
            text: "La caldera de gas se limpia en junio. Es grande. Llega en enero.".to_owned(),
            ..Entry::default()
        },
    ]);
    assert_eq!(first(&passages, "¿cuándo se limpia la caldera de gas?"), "together");
}

#[test]
fn an_entry_is_replaced_by_its_id() {
    let mut shop = shop();
    shop.insert(entry("hours", "¿Tienen estacionamiento?", "Sí, gratuito."));
    assert_eq!(shop.len(), 5);
    assert_eq!(first(&shop, "donde estaciono"), "hours");
    assert_ne!(first(&shop, "a que hora abren"), "hours");
}

#[test]
fn a_removed_entry_is_never_found_again() {
    let mut shop = shop();
    shop.remove("delivery");
    shop.remove("delivery");
    assert_eq!(shop.len(), 4);
    let hits = shop.search("cuanto cuesta el envio a domicilio", 10);
    assert!(hits.iter().all(|hit| hit.id != "delivery"));
}

#[test]
fn what_was_removed_leaves_no_trace_in_the_scores() {
    let mut shop = shop();
    let before = shop.search("cuanto demora el envio", 5);
    shop.insert(entry("more", "¿Cuánto demora el envío?", "El envío demora 2 días."));
    shop.remove("more");
    assert_eq!(shop.search("cuanto demora el envio", 5), before);
}

#[test]
fn an_empty_index_and_an_empty_question_find_nothing() {
    assert!(index(&[]).search("hola", 3).is_empty());
    for nothing in ["", "   ", "¿?", "🙂", "de la"] {
        assert!(shop().search(nothing, 3).is_empty(), "{nothing:?}");
    }
}

#[test]
fn the_classifier_learns_what_no_word_says() {
    let mut index = index(&[
        learned("hours", &["a que hora abren", "hasta cuando estan", "ya cerraron", "siguen ahi"]),
        learned(
            "place",
            &["donde quedan", "como los encuentro", "por que zona paran", "estan lejos"],
        ),
        learned("price", &["cuanto sale", "es caro", "cuanto me cobran", "que precio tiene"]),
    ]);
    index.train();
    assert_eq!(first(&index, "siguen por ahi todavia"), "hours");
    assert_eq!(first(&index, "y eso es muy caro"), "price");
    let again = index.search("estan lejos de aqui", 3);
    index.train();
    assert_eq!(index.search("estan lejos de aqui", 3), again);
}

#[test]
fn text_of_any_kind_is_taken() {
    let mut index = shop();
    let odd =
        ["\u{301}\u{301}", "ﬁn ½ ⅷ", "日本語の質問", "a\u{200b}b", "''''", &"x".repeat(100_000)];
    for (at, text) in odd.into_iter().enumerate() {
        index.insert(entry(&at.to_string(), text, text));
        index.search(text, 3);
    }
    assert_eq!(first(&index, "日本語の質問"), "2");
}
