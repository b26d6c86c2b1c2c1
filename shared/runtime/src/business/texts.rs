//! What customers read that no model wrote.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::Language;

/// A text that every business has, in every language that ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Text {
    Greeting,
    Thanks,
    Goodbye,
    /// A person will answer, as the customer wished.
    PersonComes,
    /// Nothing is known that answers it; a person will.
    NoAnswer,
    /// Above the questions that the customer may have meant.
    Offer,
    /// The customer sent something that can't be read yet.
    Unreadable,
    /// An order or a form has come, and a person will look at it.
    Submitted,
    /// A sticker alone.
    Sticker,
    /// The channel itself could not carry what the customer sent.
    Unsupported,
    FileTooLarge,
    FileOfWrongType,
    /// A file that is not what it says it is, or was damaged.
    FileSuspicious,
    /// The channel no longer has the file.
    FileGone,
    /// Nothing is heard or seen in it.
    FileEmpty,
    /// It takes longer than it should.
    Overdue,
    /// It has nothing to do with the business.
    OffTopic,
    /// After what is known of a question: what of it is not. {missing} are the customer's words.
    Missing,
    /// The same where those are not plain.
    MissingSome,
    /// Beneath an answer: where it comes from.
    Sources,
}

impl Text {
    const ALL: [Self; 20] = [
        Self::Greeting,
        Self::Thanks,
        Self::Goodbye,
        Self::PersonComes,
        Self::NoAnswer,
        Self::Offer,
        Self::Unreadable,
        Self::Submitted,
        Self::Sticker,
        Self::Unsupported,
        Self::FileTooLarge,
        Self::FileOfWrongType,
        Self::FileSuspicious,
        Self::FileGone,
        Self::FileEmpty,
        Self::Overdue,
        Self::OffTopic,
        Self::Missing,
        Self::MissingSome,
        Self::Sources,
    ];

    /// Its key in `business.toml`.
    fn key(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::Goodbye => "goodbye",
            Self::PersonComes => "person_comes",
            Self::NoAnswer => "no_answer",
            Self::Offer => "offer",
            Self::Unreadable => "unreadable",
            Self::Submitted => "submitted",
            Self::Sticker => "sticker",
            Self::Unsupported => "unsupported",
            Self::FileTooLarge => "file_too_large",
            Self::FileOfWrongType => "file_of_wrong_type",
            Self::FileSuspicious => "file_suspicious",
            Self::FileGone => "file_gone",
            Self::FileEmpty => "file_empty",
            Self::Overdue => "overdue",
            Self::OffTopic => "off_topic",
            Self::Missing => "missing",
            Self::MissingSome => "missing_some",
            Self::Sources => "sources",
        }
    }
}

type Table = BTreeMap<Language, BTreeMap<String, String>>;

static SHIPPED: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("texts.toml"))
        .expect("the test `every_text_ships_in_every_language` reads it")
});

/// A business's texts: the shipped ones, with its own in their place.
#[derive(Debug, Clone, Default)]
pub struct Texts(Table);

impl Texts {
    pub(super) fn with(own: Table) -> Result<Self, String> {
        for key in own.values().flat_map(BTreeMap::keys) {
            if !Text::ALL.iter().any(|text| text.key() == key) {
                let known: Vec<&str> = Text::ALL.iter().map(|text| text.key()).collect();
                return Err(format!("texts: {key:?} is not one of {}", known.join(", ")));
            }
        }
        Ok(Self(own))
    }

    pub fn get(&self, text: Text, language: Language) -> &str {
        self.0
            .get(&language)
            .and_then(|texts| texts.get(text.key()))
            .or_else(|| SHIPPED.get(&language)?.get(text.key()))
            .map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_ships_in_every_language() {
        for language in Language::ALL {
            for text in Text::ALL {
                assert!(!Texts::default().get(text, language).is_empty(), "{language:?} {text:?}");
            }
        }
    }

    #[test]
    fn a_business_may_have_its_own_words_and_no_unknown_ones() {
        let own = |key: &str| {
            BTreeMap::from([(
                Language::Es,
                BTreeMap::from([(key.to_owned(), "¡Buenas!".to_owned())]),
            )])
        };
        let texts = Texts::with(own("greeting")).unwrap();
        assert_eq!(texts.get(Text::Greeting, Language::Es), "¡Buenas!");
        assert!(!texts.get(Text::Greeting, Language::En).is_empty());
        assert!(Texts::with(own("gretting")).unwrap_err().contains("greeting"));
    }
}
