use Refusal::{
    AsksBack, Courtesy, Health, Link, NotAlone, OneCustomer, Owed, Personal, Reference,
    RelativeDate, TooShort,
};

use super::*;

/// What the business says of itself already.
const KNOWN: &str = "llámanos al 01 234 5678 o escribe a ventas@andina.pe, av. larco 123";

fn judged(question: &str, answer: &str) -> Option<Refusal> {
    let names = ["ana", "torres"].map(str::to_owned);
    let is_known = |what: &str| {
        KNOWN.contains(&what.to_lowercase())
            || (what.bytes().all(|byte| byte.is_ascii_digit()) && has_number(KNOWN, what))
    };
    guard(question, answer, &Around { names: &names, is_known: &is_known }).1
}

fn check(cases: &[(&str, &str, Option<Refusal>)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(question, answer, expected)| judged(question, answer) != *expected)
        .map(|(q, a, expected)| format!("{q} | {a}: {:?}, not {expected:?}", judged(q, a)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_holds_for_every_customer_may_be_kept() {
    check(
        &[
            ("¿Aceptan Yape?", "Sí, aceptamos Yape y Plin."),
            ("¿Cuánto cuesta el envío a Cusco?", "El envío a Cusco cuesta 18 soles."),
            ("¿Cuánto cuesta la terma?", "La terma cuesta S/ 1,299.00 con instalación."),
            ("¿Cuál es el horario?", "Atendemos de 9 de la mañana a 8 de la noche."),
            ("¿Atienden por la mañana?", "Sí, por la mañana atendemos desde las 9:00."),
            ("¿Abren los domingos?", "Los domingos abrimos de 10 a 15 h."),
            ("¿Qué necesito para un cambio?", "Trae tu boleta y tu DNI dentro de 15 días."),
            ("¿Dónde queda la tienda?", "Estamos en Av. Los Pinos 456, Miraflores."),
            ("¿Dónde están?", "Te esperamos en Jr. Cusco 120, segundo piso."),
            ("¿A qué número llamo?", "Llámanos al (01) 234-5678."),
            ("¿Tienen correo?", "Escríbenos a ventas@andina.pe."),
            ("¿Cortan melamina?", "Cortamos melamina a medida; el corte cuesta 2 soles."),
            ("¿Tienen garantía?", "La garantía de 12 meses cubre fallas de fábrica."),
            ("¿Dan factura?", "Hoy en día toda compra lleva factura electrónica."),
            ("¿Tienen catálogo?", "El catálogo está en https://andina.pe/catalogo."),
            ("¿Venden el taladro GSB 550?", "Sí, el GSB 550 viene con maletín."),
            ("¿Hacen envíos a Ecuador?", "No hacemos envíos fuera del Perú."),
            ("¿Hasta cuándo es la campaña?", "La campaña termina el 31/12/2026."),
            ("¿Cuánto cuesta la casa modelo?", "La casa modelo cuesta 125.500,50 dólares."),
            ("¿Cuánto cuesta la casa?", "La casa modelo cuesta $ 1.250.000 al contado."),
            ("¿Cuánto cuesta la casa?", "La casa modelo cuesta 1.250.000 de pesos."),
            ("¿Atienden por la mañana?", "Atendemos de 9.00-13.00 en la tienda."),
            ("¿Hacen envíos a San Isidro?", "Hacemos envíos a San Isidro en un día."),
            ("¿Tienen pintura rosa?", "Sí, pintura rosa en galón y en balde."),
            ("Do you ship to Chile?", "We ship to Chile in 10 working days."),
            ("What is the return policy?", "You can return any product within 30 days."),
            ("Are you open on Sundays?", "We open on Sundays from 10 to 3."),
            ("Vocês aceitam Pix?", "Aceitamos Pix, cartão e boleto."),
            ("Qual é o prazo de entrega?", "Entregamos em 5 dias úteis pela manhã."),
            ("Vocês têm estacionamento?", "Temos estacionamento gratuito para clientes."),
        ]
        .map(|(question, answer)| (question, answer, None)),
    );
}

#[test]
fn what_is_one_customers_is_refused() {
    check(&[
        ("¿Dónde está mi pedido?", "Llega entre 3 y 5 días hábiles.", Some(OneCustomer)),
        ("¿Cuándo llega?", "Su pedido llega entre 3 y 5 días.", Some(OneCustomer)),
        ("¿Cambian la clave?", "La clave de tu cuenta ha cambiado.", Some(OneCustomer)),
        ("¿Hacen descuento?", "Te hago un 10% por la compra grande.", Some(OneCustomer)),
        ("¿Tienen cemento?", "Sí, te separo diez bolsas de cemento.", Some(OneCustomer)),
        ("¿Ya lo enviaron?", "El paquete fue despachado con Olva.", Some(OneCustomer)),
        ("¿Me devuelven el dinero?", "Veo que pagaste con tarjeta Visa.", Some(OneCustomer)),
        ("Where is my order?", "Orders take five days.", Some(OneCustomer)),
        ("When does it ship?", "Your package is being prepared.", Some(OneCustomer)),
        ("Is there a refund?", "I checked and the money was returned.", Some(OneCustomer)),
        ("Cadê meu pedido?", "Os pedidos levam cinco dias.", Some(OneCustomer)),
        ("Já enviaram?", "O pacote já foi entregue aos Correios.", Some(OneCustomer)),
        ("¿Estado del pedido?", "El pedido 48213 está en almacén.", Some(Reference)),
        ("¿Estado de la orden?", "La orden N° 7781 sale del almacén.", Some(Reference)),
        ("¿Cómo hago seguimiento?", "Con el código PE-2024-00123 en la web.", Some(Reference)),
        ("¿Tengo factura?", "La factura #1204 está emitida.", Some(Reference)),
        ("What is the status?", "Invoice number 5512 is paid.", Some(Reference)),
        ("Qual o protocolo?", "O protocolo 99812 foi aberto.", Some(Reference)),
        ("¿Cuánto debo?", "Debes S/ 120 de la cuota de marzo.", Some(Owed)),
        ("¿Cuánto es lo pendiente?", "Tiene un saldo pendiente de 80 soles.", Some(Owed)),
        ("How much is left?", "The outstanding balance is 40 dollars.", Some(Owed)),
        ("Quanto falta?", "Você deve 50 reais.", Some(Owed)),
    ]);
}

#[test]
fn what_holds_for_a_day_is_refused() {
    check(
        &[
            ("¿Abren hoy?", "Sí, hasta las 20:00 horas."),
            ("¿Atienden mañana?", "Atendemos de 9 a 18 horas."),
            ("¿Cuándo llega el cemento?", "El cemento llega mañana al almacén."),
            ("¿Tienen stock?", "Se agotó ayer, no queda cemento."),
            ("¿Hasta qué hora atienden?", "Esta tarde cerramos a las 17:00."),
            ("¿Cuándo hay oferta?", "La oferta empieza el próximo lunes."),
            ("¿Cuándo llegan las termas?", "Llegan la semana que viene."),
            ("¿Cuándo entregan?", "Entregamos pasado mañana en Lima."),
            ("¿Atienden los feriados?", "Este viernes no atendemos."),
            ("Are you open?", "We close early today, at 5."),
            ("When does it arrive?", "The cement arrives next week."),
            ("Is the store open?", "The store opens this afternoon at 3."),
            ("Vocês abrem?", "Hoje fechamos às 17h."),
            ("Quando chega?", "O cimento chega amanhã cedo."),
            ("Tem estoque?", "Chega nesta semana na loja."),
        ]
        .map(|(question, answer)| (question, answer, Some(RelativeDate))),
    );
}

#[test]
fn what_is_personal_is_refused() {
    check(&[
        ("¿Con quién hablo?", "Llama a Juan al 987 654 321.", Some(Personal)),
        ("¿Con quién hablo?", "Llama al +51 (1) 444-1234.", Some(Personal)),
        ("¿A qué correo escribo?", "Escríbele a jperez@gmail.com.", Some(Personal)),
        ("¿Está registrado?", "Registrado con el 45871236.", Some(Personal)),
        ("¿Está registrado?", "El titular tiene DNI 45.678.912 vigente.", Some(Personal)),
        ("¿Está registrado?", "Registrado con la 1.023.456.789.", Some(Personal)),
        ("¿Con quién hablo?", "Llámame al 98 76 54 32 10.", Some(Personal)),
        ("¿Mi hijo Juan Pérez puede recoger el taladro?", "Sí, con su DNI.", Some(Personal)),
        ("¿Quién recoge?", "Puede recogerlo también Juan Pérez.", Some(Personal)),
        ("¿Qué tarjeta usaron?", "La tarjeta 4557 8801 2345 6789.", Some(Personal)),
        ("¿Llegan a Av. Los Pinos 234, Surco?", "Sí llegamos a Surco.", Some(Personal)),
        ("¿Hacen entregas?", "Entregamos en Calle Las Flores 450.", Some(Personal)),
        ("¿Está registrado?", "El registro dice Ana Torres.", Some(Personal)),
        ("soy ana torres, aceptan Yape?", "Sí, aceptamos Yape.", Some(Personal)),
        ("Is it registered?", "It is under the SSN 123-45-6789.", Some(Personal)),
        ("Tem cadastro?", "O CPF 123.456.789-09 está ativo.", Some(Reference)),
        ("¿Puedo usarlo?", "Con diabetes no es recomendable.", Some(Health)),
        ("¿Sirve en el embarazo?", "Sirve para todas las personas.", Some(Health)),
        ("Can I take it?", "The dose is two a day.", Some(Health)),
        ("Posso usar?", "Não use se estiver grávida.", Some(Health)),
        ("¿Dónde pago?", "Paga en https://andina.pe/pago/abc.", Some(Link)),
        ("¿Dónde lo veo?", "Míralo en https://andina.pe/ver?id=8812.", Some(Link)),
        ("¿Tienen planos?", "Están en https://drive.google.com/x/plano.", Some(Link)),
        ("Where is it?", "See https://shop.example/track/AB12.", Some(Link)),
    ]);
}

#[test]
fn what_answers_nobody_else_is_refused() {
    check(&[
        ("¿Aceptan Yape?", "Sí", Some(TooShort)),
        ("¿Aceptan Yape?", "ya ok", Some(TooShort)),
        ("¿Aceptan Yape?", "Claro que sí", Some(TooShort)),
        ("Do you ship?", "Yes of course", Some(TooShort)),
        ("Aceitam Pix?", "Sim, com certeza", Some(TooShort)),
        ("¿Aceptan Yape?", "Hola Ana, buenas tardes", Some(Courtesy)),
        ("¿Aceptan Yape?", "Disculpa la demora. Saludos", Some(Courtesy)),
        ("Do you ship?", "Thank you for contacting us. Best regards", Some(Courtesy)),
        ("Aceitam Pix?", "Bom dia! Obrigado pelo contato", Some(Courtesy)),
        ("¿Cuánto cuesta la terma?", "¿De cuántos litros la busca?", Some(AsksBack)),
        ("¿Hacen envíos?", "Indíqueme el distrito por favor.", Some(AsksBack)),
        ("How much is it?", "Could you send the model name.", Some(AsksBack)),
        ("Quanto custa?", "Pode me enviar o modelo.", Some(AsksBack)),
        ("¿y los domingos?", "Los domingos abrimos de 10 a 15 h.", Some(NotAlone)),
        ("¿cuánto cuesta?", "La terma cuesta 1,299 soles.", Some(NotAlone)),
        ("¿Tienen más de ese?", "Hay taladros de tres marcas.", Some(NotAlone)),
        ("what about Chile?", "We ship to Chile in ten days.", Some(NotAlone)),
        ("e no domingo?", "No domingo abrimos das 10 às 15.", Some(NotAlone)),
    ]);
}

#[test]
fn what_will_not_hold_for_long_is_told_apart() {
    let changes = |question: &str, answer: &str| {
        guard(question, answer, &Around { names: &[], is_known: &|_| false }).0.changes
    };
    assert!(changes("¿Cuánto cuesta la terma?", "La terma cuesta 1,299 soles."));
    assert!(changes("¿Abren los domingos?", "Sí, de 10 a 15."));
    assert!(changes("¿Tienen cemento?", "Quedan veinte bolsas."));
    assert!(changes("Do you have discounts?", "Students get 10%."));
    assert!(!changes("¿Cortan melamina?", "Cortamos melamina a medida en taller."));
    assert!(!changes("Vocês aceitam Pix?", "Aceitamos Pix e cartão."));
}

#[test]
fn any_text_is_guarded_without_a_panic() {
    let parts = [
        "¿",
        "?",
        "hola ",
        "Ana",
        ", ",
        "#",
        "12345",
        "@",
        ".pe",
        "ñ́",
        "🙂",
        "\n",
        " - ",
        "www.",
        "/",
        "av ",
        "saludos",
        "gracias",
        "á",
        "debes ",
        "S/",
        "como te comente",
        "mañana",
        "1.",
        ")",
        "’",
    ];
    let mut random = 7_u32;
    for _ in 0..3_000 {
        let mut pick = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as usize
        };
        let mut text = || {
            let count = pick() % 12;
            (0..count).map(|_| parts[pick() % parts.len()]).collect::<String>()
        };
        let (question, answer) = (text(), text());
        judged(&question, &answer);
    }
}
