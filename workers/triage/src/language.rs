//! The language of a chat message, from its most frequent words and its letters.

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::Language;

use crate::intent::spelling::{self, is_within_word};

/// What one word says. Two signs of a word's form weigh as much as one known word.
const WORD: u32 = 2;
const FORM: u32 = 1;

/// Frequent words, without accents. What stands in two lists speaks against the third language
/// alone; "no" is in none. Brands and the loanwords of chats ("delivery", "stock") are left out.
const SPANISH: &str = "\
    a abierto abren aceptan adios ahi ahora al algo alguien algun alguna alla alli amarillo \
    ambos antes aqui asesor atienden aun ayer ayuda ayudame ayudar bacan bien blanco boleta buen \
    buenas bueno buenos busca busco cada cambiar cambio casa chau che chevere cierra cierran \
    cita claro como comprar compre con correo cual cuales cuando cuanta cuantas cuanto cuantos \
    cuesta cuestan cuotas dame dan de decir del deme descuento desde deseo despues devolucion \
    dia dias digame direccion disculpa disculpe dl dnd domingo domingos donde dos e efectivo eh \
    el ella ellos en entendido entiendo entonces enviame enviar envio envios era eres es ese eso \
    esos esta estan estas esto estos estoy factura falta favor feliz fue fueron funciona \
    garantia genial gracias grande gusta gustaria ha habitacion habla hablar hace hacen hacer \
    haces hago han hasta hay he hola horario hoy instalacion interesa jueves kiero la las le les \
    listo llama llamame llave llega llegado llego lo los luego lunes mal manana manda mandame \
    martes mas me mejor mesa mi miercoles mio mis mucha mucho muy nada necesito negro ninguno \
    noches nos nosotros nueva nuevo nunca o ola orale otra otro pa pagar pago pague para pasame \
    pasar pedido pedidos pequeno perdon perfecto pero persona pide piden planes plata poco \
    podria por porfa porfavor porque precio precios puede pueden puedes puedo pues q que queda \
    quedan queres quien quieren quiero quisiera quisieramos reclamo recoger recojo reserva \
    reservar rojo rota roto sabado saber sale salen salio saludos se segun senor senora senorita \
    ser si siempre sin sirve somos son sos soy su sus tal tambien tardes tarjeta te telefono \
    tenes tengo tienda tiene tienen tienes todavia toy trabajan tu turno ubicacion ubicados uds \
    un una unas unos usted ustedes va vale van vemos vende venden venir venta ventas verde viene \
    viernes vos voy vuelta wey xfa xq y ya yo";
const ENGLISH: &str = "\
    about address after afternoon agent alright also am an and another any anyone anything \
    appointment are arrived at available awesome be been before bigger black blue book booking \
    broken but buy by bye call can cant card cash charged cheaper close closed cost could day \
    did didnt do does doesnt dont evening fine for from get give good goodbye got great green \
    had has have hear hello help her here hey hi his hours how human i if im in into is isnt it \
    its ive just know late later left let lets like long look make many may me might morning \
    much my name need new night nobody not number of off okay old on one open opening or order \
    orders other our out over pay payment people person phone please price prices really \
    received red refund return right room see send she ship shipping shop should size smaller so \
    some somebody someone something speak still store table talk tell than thank thanks that \
    thats the their them then there these they this those time to today tomorrow too two under \
    up us very wait want warranty was we were what when where which white who why will with \
    without work working works would wrong yes yesterday you your youre yours";
const PORTUGUESE: &str = "\
    a aberto abre abrem aceitam agora ai ainda ajuda ajudar algo alguem algum alguma amanha \
    antes ao aos aqui assim ate atendem atendente azul beleza bem blz boa boleto bom branco cade \
    cartao casa certo chega chegou com comigo como comprar comprei conosco consulta conta custa \
    custam da das de depois desconto desculpa desculpe desde devolucao devolver dia dinheiro \
    dizer do domingo dos e ela ele eles em endereco entao entendi entrega entregam envia enviar \
    era essa essas esse esses esta estao estoque estou eu faco fala falar favor faz fazem fazer \
    fecha fecham feira feliz fica ficam fico fiscal foi foram frete funciona garantia geladeira \
    gosta gostaria grande ha hoje instalacao interessa isso isto ja kkk kkkk legal lhe liga \
    ligacao ligar ligue logo loja mais manda maquina mas me melhor mensagem mesa meu meus minha \
    minhas muita muito na nada nao nas ne nem nenhum noite nos nota nova novo nunca o obg \
    obrigada obrigado oi oie ola onde ontem opa os outra outro pagamento pagar paguei para \
    parcelar parcelas passar pedem pedido pela pelo perfeito pessoa pode podem poderia por posso \
    pouco pra preciso preco precos preto pros quais qual quando quanta quantas quanto quantos \
    quarta quarto que quebrado quem queria quero quinta reclamacao reserva reservar retirar \
    sabado saber sao se segunda sem sempre senha ser seu sexta sim somos sou sua ta tamanho \
    tambem tarde tchau tchauzinho telefone tem temos tenho terca tive troca trocar tudo um uma \
    umas uns vai valeu vao vc vcs vem venda vendas vendem vermelho vlw voce voces voltar vou";

/// The language that a message is written in; `None` when its words do not tell ("ok", "visa").
/// Made for the short messages of a chat, with or without accents.
pub fn guess(words: &str) -> Option<Language> {
    let mut scores = [0; Language::ALL.len()];
    let mut add = |language: Language, weight| scores[language as usize] += weight;
    for word in words.to_lowercase().split(|c: char| !c.is_alphabetic() && !is_within_word(c)) {
        for language in languages_of_form(word) {
            add(*language, FORM);
        }
        let folded = fold(word);
        let known = [usize::MAX, 2, 1]
            .into_iter()
            .find_map(|longest| WORDS.get(&*without_runs(&folded, longest)))
            .map_or(&[][..], Vec::as_slice);
        for language in known {
            add(*language, WORD);
        }
    }
    if words.contains(['¿', '¡']) {
        add(Language::Es, WORD);
    }
    let mut ranked = Language::ALL.map(|language| (scores[language as usize], language));
    ranked.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let [(best, language), (second, _), _] = ranked;
    (best >= WORD && best > second).then_some(language)
}

static WORDS: LazyLock<HashMap<&str, Vec<Language>>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Vec<Language>> = HashMap::new();
    let lists = [(Language::Es, SPANISH), (Language::En, ENGLISH), (Language::Pt, PORTUGUESE)];
    for (language, list) in lists {
        for word in list.split(' ') {
            words.entry(word).or_default().push(language);
        }
    }
    words
});

/// The languages in whose spelling a word is.
fn languages_of_form(word: &str) -> &'static [Language] {
    if word.contains(['ã', 'õ', 'ç', 'â', 'ê', 'ô']) {
        &[Language::Pt, Language::Pt]
    } else if word.contains('ñ') {
        &[Language::Es, Language::Es]
    } else if word.contains("lh") || word.contains("nh") || word.ends_with("dade") {
        &[Language::Pt]
    } else if word.ends_with("cion") || word.ends_with("ción") || word.ends_with("ciones") {
        &[Language::Es]
    } else if word.len() > 4 && word.ends_with("ing") || word.contains("th") {
        &[Language::En]
    } else if word.contains(['á', 'é', 'í', 'ó', 'ú']) {
        &[Language::Es, Language::Pt]
    } else {
        &[]
    }
}

pub(crate) fn fold(word: &str) -> String {
    word.chars().filter(|c| !is_within_word(*c)).map(spelling::fold).collect()
}

/// The word with one letter for each run of more than `longest`: "hola" for "holaaa".
fn without_runs(word: &str, longest: usize) -> String {
    let letters: Vec<char> = word.chars().collect();
    letters
        .chunk_by(|one, other| one == other)
        .flat_map(|run| if run.len() > longest { &run[..1] } else { run })
        .collect()
}
