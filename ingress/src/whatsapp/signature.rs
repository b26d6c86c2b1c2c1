//! Who may call: Meta signs the raw bytes with the app's secret.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use runtime::{Business, Businesses};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The secrets of every business. A Meta app has one, whatever the number of its phones, and
/// businesses may share an app.
pub(super) struct Secrets {
    signers: Vec<(Hmac<Sha256>, Businesses)>,
    verify_tokens: Vec<SecretString>,
}

impl Secrets {
    pub(super) fn of(businesses: &Businesses) -> Self {
        let mut by_secret: BTreeMap<&str, Vec<Business>> = BTreeMap::new();
        for business in businesses.iter() {
            let secret = business.whatsapp.app_secret.expose_secret();
            by_secret.entry(secret).or_default().push(Business::clone(business));
        }
        let signers =
            by_secret.into_iter().map(|(secret, own)| (hmac(secret), own.into_iter().collect()));
        let verify_tokens = businesses.iter().map(|one| one.whatsapp.verify_token.clone());
        Self { signers: signers.collect(), verify_tokens: verify_tokens.collect() }
    }

    /// The businesses for which whoever signed exactly these bytes may speak; none when `header`
    /// is not `sha256=<hex>` of one of our secrets. The comparison takes the same time wherever
    /// they differ.
    pub(super) fn signers(&self, header: Option<&[u8]>, body: &[u8]) -> Option<&Businesses> {
        let mut claimed = [0; 32];
        hex::decode_to_slice(header?.strip_prefix(b"sha256=")?, &mut claimed).ok()?;
        let signed = |key: &Hmac<Sha256>| {
            let mut mac = key.clone();
            mac.update(body);
            mac.verify_slice(&claimed).is_ok()
        };
        self.signers.iter().find(|(key, _)| signed(key)).map(|(_, businesses)| businesses)
    }

    pub(super) fn is_verify_token(&self, token: &str) -> bool {
        self.verify_tokens
            .iter()
            .any(|own| own.expose_secret().as_bytes().ct_eq(token.as_bytes()).into())
    }
}

fn hmac(secret: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector is RFC 4231's second test case.
    #[test]
    fn only_the_signature_of_exactly_these_bytes_is_right() {
        let secrets = Secrets {
            signers: vec![(hmac("Jefe"), Businesses::default())],
            verify_tokens: Vec::new(),
        };
        let is_right = |header: Option<&str>, body: &[u8]| {
            secrets.signers(header.map(str::as_bytes), body).is_some()
        };
        let body = b"what do ya want for nothing?";
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let right = format!("sha256={hex}");
        assert!(is_right(Some(&right), body));
        assert!(is_right(Some(&format!("sha256={}", hex.to_uppercase())), body));
        assert!(!is_right(Some(&right), b"what do ya want for nothing!"));
        for wrong in [hex, &right[..right.len() - 2], "sha256=", "sha256=zz", "sha1=00", ""] {
            assert!(!is_right(Some(wrong), body), "{wrong}");
        }
        assert!(!is_right(None, body));
    }
}
