//! JSON as Meta writes it: every character outside ASCII as `\uXXXX`, every slash as `\/`.
//!
//! The signature covers these very bytes, so a receiver that parses and writes again before it checks fails.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// Writes a value as Meta does. Held by `writing_as_meta_does_changes_nothing_but_the_writing` and
/// `a_webhook_is_signed_over_its_exact_bytes_and_escaped_as_meta_does`.
#[must_use]
pub fn meta_json(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut bytes, MetaFormatter);
    value.serialize(&mut serializer).expect("a JSON value is written to memory without errors");
    bytes
}

struct MetaFormatter;

impl Formatter for MetaFormatter {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        let mut plain_from = 0;
        for (at, character) in fragment.char_indices() {
            if character.is_ascii() && character != '/' {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain_from..at])?;
            plain_from = at + character.len_utf8();
            if character == '/' {
                writer.write_all(b"\\/")?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        writer.write_all(&fragment.as_bytes()[plain_from..])
    }
}
