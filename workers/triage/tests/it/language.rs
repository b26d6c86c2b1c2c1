use domain::Language::{self, En, Es, Pt};
use triage::language::guess;

const PHRASES: &[(Language, &str)] = &[
    (Es, "hola"),
    (Es, "holaaa"),
    (Es, "buenas"),
    (Es, "ola q tal"),
    (Es, "gracias"),
    (Es, "precio"),
    (Es, "tienen stock?"),
    (Es, "a que hora abren"),
    (Es, "¿hacen delivery?"),
    (Es, "cuanto cuesta el envio"),
    (Es, "quiero hablar con una persona"),
    (Es, "aceptan visa"),
    (Es, "donde estan ubicados"),
    (Es, "no me llego el pedido"),
    (Es, "kiero el plan de 400"),
    (Es, "mi internet no funciona"),
    (Es, "si porfa"),
    (Es, "dame el link de pago"),
    (Es, "hay talla m?"),
    (Es, "necesito factura"),
    (Es, "mañana"),
    (Es, "que requisitos piden para contratar"),
    (Es, "cual es la garantia"),
    (Es, "nos vemos"),
    (Es, "trabajan con seguros"),
    (Es, "me interesa el departamento"),
    (En, "hi"),
    (En, "hellooo"),
    (En, "thanks"),
    (En, "price"),
    (En, "do you have stock?"),
    (En, "what time do you open"),
    (En, "how much is the delivery"),
    (En, "i want to talk to a person"),
    (En, "do you take visa"),
    (En, "where are you located"),
    (En, "my order has not arrived"),
    (En, "no, the red one"),
    (En, "can i pay in installments"),
    (En, "it doesn't work"),
    (En, "good morning"),
    (En, "no thanks"),
    (En, "is there a warranty"),
    (En, "yes please"),
    (En, "order 4411 is late"),
    (En, "call me"),
    (En, "bye"),
    (Pt, "oi"),
    (Pt, "oiii, tudo bem?"),
    (Pt, "olá, bom dia"),
    (Pt, "obrigada"),
    (Pt, "preço"),
    (Pt, "vocês têm estoque?"),
    (Pt, "que horas voces abrem"),
    (Pt, "quanto custa a entrega"),
    (Pt, "quero falar com uma pessoa"),
    (Pt, "aceitam pix"),
    (Pt, "onde ficam"),
    (Pt, "meu pedido nao chegou"),
    (Pt, "não, o vermelho"),
    (Pt, "posso parcelar no cartão"),
    (Pt, "qual é a garantia"),
    (Pt, "boa noite"),
    (Pt, "sim por favor"),
    (Pt, "até logo"),
    (Pt, "vlw"),
    (Pt, "tem tamanho m?"),
    (Pt, "cade meu pedido"),
    (Pt, "a internet está lenta"),
];

#[test]
fn short_messages_tell_their_language() {
    let mut right = 0;
    for (language, phrase) in PHRASES {
        match guess(phrase) {
            Some(guessed) if guessed == *language => right += 1,
            Some(guessed) => panic!("{phrase:?} taken for {guessed:?}"),
            None => println!("unsure: {phrase:?}"),
        }
    }
    println!("{right} of {}", PHRASES.len());
    assert!(right * 100 >= PHRASES.len() * 95);
}

#[test]
fn what_tells_nothing_has_no_language() {
    for phrase in [
        "",
        "ok",
        "visa",
        "no",
        "👍",
        "12345",
        "whatsapp",
        "S/ 99",
        "iphone 15 pro",
        "juan perez",
        "lima",
    ] {
        assert_eq!(guess(phrase), None, "{phrase:?}");
    }
}

#[test]
fn loanwords_do_not_change_the_language() {
    assert_eq!(guess("tienen delivery online en el mall?"), Some(Es));
    assert_eq!(guess("me mandas el link del streaming"), Some(Es));
    assert_eq!(guess("vocês fazem delivery no shopping?"), Some(Pt));
}
