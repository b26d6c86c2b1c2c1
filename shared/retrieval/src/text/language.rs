//! Which language a text is in, and which of its words say little.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Es,
    En,
    Pt,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::Es, Self::En, Self::Pt];
}

/// Words that carry grammar, by language. Question words and prepositions of time are here too:
/// what they ask for is told by the thesaurus.
const FUNCTION: [&str; 3] = [
    "a al algo algun alguna alguno algunas algunos alli ante antes aqui asi aun aunque bajo bien cada casi como con \
     cual cuales cualquier cualquiera cuan cuando cuanta cuantas cuanto cuantos de del desde donde dos \
     durante e el ella ellas ello ellos en entonces entre era eran eres es esa esas ese eso esos \
     esta estaba estaban estamos estan estar estara estaran estas este esto estos estoy fue fueron \
     fui ha habia habian hace haces hacen hacer hago haran hara han has hasta hay haya he hemos hoy ir iba la las le \
     les lo los luego mas me mi mia mias mio mios mis misma mismas mismo mismos mucha muchas mucho \
     muchos muy nada ni no nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro \
     otros para pero poco por porque pues que quien quienes se sea sean ser sera seran si sido \
     siempre sin sino sobre sois solo somos son soy su sus suya suyo tal tambien tampoco tan tanto \
     te tiene tienen tienes toda todas todavia todo todos tras tu tus u un una unas uno unos usted \
     ustedes va vamos van ver voy vos y ya yo alguien nadie ahi aca alla sido serian seria estuve \
     estuvo unicamente tengo tenemos tener tenga tendra tendran tuve tuvo tenia",
    "a about above after again all also am an and any are as at be because been before being below \
     between both but by can cant could did didnt do does doesnt doing dont down during each few \
     for from further get gets got had has have having he her here hers him his how i id if ill im in into is isnt \
     it its itself ive just let lets me more most my no nor not now of off on once only or other our out \
     over own same she should so some such than that thats the their them then there these they this \
     those through to too under until up us very was wasnt we were what whats when where which while who whom \
     why will with without would you your yours youre am isnt arent there anyone anything \
     something someone shall may might must",
    "a agora ai ainda algum alguma alguns algumas ante antes ao aos aquela aquele aqueles aquilo as \
     assim ate cada com como da das de dela dele deles depois desde do dos e ela elas ele eles em \
     entao entre era essa essas esse esses esta estamos estao estar estas estava este estes estou \
     eu fazem fazer faz faco foi foram ha isso isto ja la lhe lhes mais mas me mesma mesmo meu meus minha \
     minhas muita muito muitos na nao nas nem no nos nossa nosso num numa o onde os ou para pela \
     pelas pelo pelos per perante pois por porque pra pro qual quais quando quanta quantas quanto \
     quantos que quem sao se sem sempre ser sera seu seus so sob sobre sou sua suas tal tambem tao \
     te tem temos tenho ter teu teus tinha todo todos tu tua tuas tudo um uma umas uns vai vamos \
     vao voce voces vos vou",
];

/// Words that stand in many messages of a chat and name no subject.
const CHAT: &str = "\
    hola buenas buenos buen dias tardes noches gracias porfavor favor disculpe disculpa disculpen \
    quiero quisiera quieren queria querer quieres necesito necesitamos necesita necesitaria puedo puede pueden \
    puedes podria podrian podemos poder podre saber sabe saben sabes se quisieramos gustaria \
    deseo deseamos ayuda ayudar ayudame ayudenme ayudan consulta consultar pregunta preguntar duda informacion informar \
    decir dime digame diganme dice dicen dar dan dame denme doy demos ofrecen ofrece manejan maneja \
    tiene tienen cuentan existe existen posible seria acaso oye oiga amigo amiga senor senora \
    senorita estimados ahora ahorita mismo pasa paso pasar hacerlo cosa cosas forma manera caso creo \
    igual mejor ayer manana estoy ando vivo dejan deja dejar hi hello hey please thanks thank \
    want need like know help question wondering possible sure ok okay good morning tell give able \
    ola oi bom boa tarde noite dia obrigado obrigada quero queria preciso posso pode podem poderia \
    gostaria saber ajuda ajudar duvida pergunta voces tchau debo debe deben hay tocar toca mandan \
    sirve sirven funciona problema q ahi tambien numero cuales oiga ustedes usted";

static WORDS: LazyLock<HashMap<&str, Vec<Language>>> = LazyLock::new(|| {
    let mut words: HashMap<&str, Vec<Language>> = HashMap::new();
    for (language, list) in Language::ALL.into_iter().zip(FUNCTION) {
        for word in list.split_whitespace() {
            words.entry(word).or_default().push(language);
        }
    }
    words
});

static CHAT_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| CHAT.split_whitespace().collect());

/// The language that most of a text's grammar belongs to; `None` when its words don't tell.
pub(crate) fn guess<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Language> {
    let mut votes = [0_u32; 3];
    for word in words {
        for language in WORDS.get(word).map_or(&[][..], Vec::as_slice) {
            votes[*language as usize] += 1;
        }
    }
    let best = Language::ALL.into_iter().max_by_key(|language| votes[*language as usize])?;
    let vote = votes[best as usize];
    (vote > 0 && votes.iter().filter(|other| **other == vote).count() == 1).then_some(best)
}

/// Whether a word carries grammar in this language.
pub(crate) fn is_function_word(word: &str, language: Language) -> bool {
    WORDS.get(word).is_some_and(|languages| languages.contains(&language))
}

/// Whether it does in any of the languages.
pub(crate) fn is_function_word_anywhere(word: &str) -> bool {
    WORDS.contains_key(word)
}

pub(crate) fn is_chat(word: &str) -> bool {
    CHAT_WORDS.contains(word)
}
