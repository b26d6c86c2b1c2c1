//! Questions that ship, for measuring what a model is worth that nobody here has seen.

use super::{FaqFile, parse_faq};

const SHOP: &str = include_str!("../../data/faq-es/shop-faq.txt");
const PROVIDER: &str = include_str!("../../data/faq-es/provider-faq.txt");
const ENGLISH: &str = include_str!("../../data/faq-en/store-faq.txt");
const WELL_FORMED: &str = "the shipped questions are well formed, as a test holds";

/// Of a shop and of an internet provider.
pub fn spanish() -> FaqFile {
    parse_faq(&format!("{SHOP}\n{PROVIDER}")).expect(WELL_FORMED)
}

/// Of an online store.
pub fn english() -> FaqFile {
    parse_faq(ENGLISH).expect(WELL_FORMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_questions_are_well_formed() {
        assert!(!spanish().questions.is_empty() && !english().questions.is_empty());
    }
}
