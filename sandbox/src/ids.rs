//! Ids as the platforms give them: nobody can tell them in advance.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the platform's side: its ids follow from nothing that a client knows"
)]
fn random() -> Uuid {
    Uuid::new_v4()
}

/// A message id with everything that a real one may hold: `+`, `/`, `=`.
pub(crate) fn wamid() -> String {
    format!("wamid.HBgL{}", STANDARD.encode(random().as_bytes()))
}

/// 32 hexadecimal digits.
pub(crate) fn token() -> String {
    random().simple().to_string()
}

/// A decimal number of so many digits.
pub(crate) fn number(digits: u32) -> String {
    let least = 10_u128.pow(digits - 1);
    (least + random().as_u128() % (9 * least)).to_string()
}

/// What Notion calls its objects by.
pub(crate) fn uuid() -> Uuid {
    random()
}
