//! Questions that ship, for measuring what a model is worth that nobody here has seen.

use super::{FaqFile, parse_faq};

const SHOP: &str = include_str!("../../data/faq-es/shop-faq.txt");
const PROVIDER: &str = include_str!("../../data/faq-es/provider-faq.txt");
const ENGLISH: &str = include_str!("../../data/faq-en/store-faq.txt");

/// Of a shop and of an internet provider.
pub fn spanish() -> FaqFile {
    parse_faq(&format!("{SHOP}\n{PROVIDER}"))
}

/// Of an online store.
pub fn english() -> FaqFile {
    parse_faq(ENGLISH)
}
