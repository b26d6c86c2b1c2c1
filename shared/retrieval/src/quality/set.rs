//! Everything that is measured together.

use super::{FaqFile, Question, parse_faq, parse_labelled, parse_pairs, parse_unanswerable};

/// A business with questions that its entries answer, and others.
#[derive(Clone, Debug)]
pub struct Business {
    pub name: String,
    pub faq: FaqFile,
    pub unanswerable: Vec<Question>,
}

impl Business {
    /// The questions of both kinds.
    pub fn questions(&self) -> Vec<Question> {
        self.faq.questions.iter().chain(&self.unanswerable).cloned().collect()
    }
}

#[derive(Clone, Default)]
pub struct Set {
    pub businesses: Vec<Business>,
    pub pairs: Vec<(String, String)>,
    /// Labelled messages, to learn from and to sort.
    pub intents_known: Vec<(String, String)>,
    pub intents_asked: Vec<(String, String)>,
    pub passages: Option<FaqFile>,
}

/// Masked: it is made of what customers wrote.
impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Set").field("businesses", &self.businesses.len()).finish_non_exhaustive()
    }
}

macro_rules! data {
    ($name:literal) => {
        include_str!(concat!("../../data/", $name))
    };
}

/// A business's name with its two lists.
type Lists = (&'static str, &'static str, &'static str);

/// The thesaurus and the weights were made with these known.
const SEEN: &[Lists] = &[
    ("shop", data!("faq-es/shop-faq.txt"), data!("faq-es/shop-unanswerable.txt")),
    ("provider", data!("faq-es/provider-faq.txt"), data!("faq-es/provider-unanswerable.txt")),
    ("gym", data!("unseen/gym-faq.txt"), data!("unseen/gym-unanswerable.txt")),
    ("dentist", data!("unseen/dentist-faq.txt"), data!("unseen/dentist-unanswerable.txt")),
    ("hotel", data!("unseen/hotel-faq.txt"), data!("unseen/hotel-unanswerable.txt")),
    ("courier", data!("unseen/courier-faq.txt"), data!("unseen/courier-unanswerable.txt")),
    ("workshop", data!("unseen/workshop-faq.txt"), data!("unseen/workshop-unanswerable.txt")),
    (
        "municipality",
        data!("unseen/municipality-faq.txt"),
        data!("unseen/municipality-unanswerable.txt"),
    ),
];
/// Nothing was changed because of these. `docs/quality.md` says when they were written.
const UNSEEN: &[Lists] = &[
    ("bank", data!("unseen/bank-faq.txt"), data!("unseen/bank-unanswerable.txt")),
    (
        "language-academy",
        data!("unseen/language-academy-faq.txt"),
        data!("unseen/language-academy-unanswerable.txt"),
    ),
    ("vet", data!("unseen/vet-faq.txt"), data!("unseen/vet-unanswerable.txt")),
    ("insurance", data!("unseen/insurance-faq.txt"), data!("unseen/insurance-unanswerable.txt")),
    ("salon", data!("unseen/salon-faq.txt"), data!("unseen/salon-unanswerable.txt")),
];

impl Set {
    /// The project's own.
    pub fn own() -> Self {
        let mut set = Self::unseen();
        set.businesses.splice(0..0, SEEN.iter().map(business));
        set
    }

    /// What of the project's own set nothing was tuned on.
    pub fn unseen() -> Self {
        let own = "the project's own list is well formed, as a test holds";
        let labelled = |text: &str| {
            let lines = parse_labelled(text, "").expect(own).into_iter();
            lines.map(|(label, text)| (label.to_owned(), text.to_owned())).collect()
        };
        let mut pairs = parse_pairs(data!("faq-es/dangerous-pairs.txt")).expect(own);
        pairs.extend(parse_pairs(data!("unseen/dangerous-pairs.txt")).expect(own));
        Self {
            businesses: UNSEEN.iter().map(business).collect(),
            pairs,
            intents_known: labelled(data!("faq-es/intents-train.txt")),
            intents_asked: labelled(data!("unseen/intents.txt")),
            passages: None,
        }
    }
}

fn business((name, faq, unanswerable): &Lists) -> Business {
    let own = "the project's own list is well formed, as a test holds";
    Business {
        name: (*name).to_owned(),
        faq: parse_faq(faq).expect(own),
        unanswerable: parse_unanswerable(unanswerable).expect(own),
    }
}
