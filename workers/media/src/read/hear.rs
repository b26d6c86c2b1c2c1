//! What is said in a recording.

use bytes::Bytes;
use clients::model::Model;

use super::unread;
use crate::Stop;
use crate::format::Format;

/// What transcription models write when nothing is said: the ends of the films that they learned
/// from. In small letters, without accents and punctuation.
const SAID_BY_NOBODY: &[&str] = &[
    "subtitulos realizados por la comunidad de amara org",
    "subtitulos creados por la comunidad de amara org",
    "subtitulos por la comunidad de amara org",
    "subtitulado por la comunidad de amara org",
    "gracias por ver el video",
    "gracias por ver",
    "muchas gracias por ver el video",
    "suscribete al canal",
    "suscribete",
    "no olvides suscribirte al canal",
    "legendas pela comunidade amara org",
    "legendas pela comunidade de amara org",
    "obrigado por assistir",
    "obrigada por assistir",
    "inscreva se no canal",
    "subtitles by the amara org community",
    "thank you for watching",
    "thank you so much for watching",
    "thanks for watching",
    "please subscribe to my channel",
    "please subscribe",
    "you",
];

/// The words that somebody says; none if nobody does.
pub(super) async fn hear(model: &Model, audio: Bytes, format: &Format) -> Result<String, Stop> {
    let filename = format!("audio.{}", format.extension);
    match model.transcribe(audio, &filename, format.mime_type).await {
        Ok(transcript) if is_silence(&transcript.text) => Ok(String::new()),
        Ok(transcript) => Ok(transcript.text),
        Err(error) => Err(unread(&error)),
    }
}

/// Whether a transcript holds nothing that a customer said: only sounds in brackets, and sentences
/// that models make up.
fn is_silence(transcript: &str) -> bool {
    let spoken = without_sounds(transcript);
    let plain = plain(&spoken);
    is_repeated(&plain, SAID_BY_NOBODY)
}

/// Leaves out `[Música]` and `(silencio)`.
fn without_sounds(transcript: &str) -> String {
    let mut depth = 0_u32;
    let spoken = transcript.chars().filter(|c| match c {
        '[' | '(' => {
            depth += 1;
            false
        }
        ']' | ')' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    let spoken: String = spoken.collect();
    // A bracket that nobody closes is no sound.
    if depth == 0 { spoken } else { transcript.to_owned() }
}

/// Small letters without accents, one space between words.
fn plain(text: &str) -> String {
    let letters = text.chars().flat_map(char::to_lowercase).map(|c| match c {
        'á' | 'ã' | 'à' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'õ' => 'o',
        'ú' | 'ü' => 'u',
        'ç' => 'c',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    });
    let letters: String = letters.collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the text is made of these phrases and nothing else.
fn is_repeated(text: &str, phrases: &[&str]) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        // The longest first: one may begin with another.
        let longest = phrases
            .iter()
            .filter_map(|phrase| rest.strip_prefix(phrase))
            .filter(|left| left.is_empty() || left.starts_with(' '))
            .min_by_key(|left| left.len());
        let Some(left) = longest else { return false };
        rest = left.trim_start();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_makes_up_in_silence_was_not_said() {
        for (transcript, silence) in [
            ("", true),
            (" ... ", true),
            ("♪♪", true),
            ("[Música]", true),
            ("(silencio)", true),
            ("Subtítulos realizados por la comunidad de Amara.org", true),
            ("¡Gracias por ver el vídeo!", true),
            ("¡Suscríbete! ¡Suscríbete al canal!", true),
            ("Thank you for watching.", true),
            ("Thanks for watching! Please subscribe to my channel.", true),
            ("[Music] Thank you for watching.", true),
            ("Legendas pela comunidade Amara.org", true),
            ("you", true),
            ("Gracias.", false),
            ("Thank you.", false),
            ("Sí", false),
            ("(hola", false),
            ("Hola [ruido] ¿tenéis la 42?", false),
            ("Gracias por ver el vídeo, ¿me lo mandáis?", false),
            ("Quiero saber de los subtítulos de Amara.org", false),
            ("Your shop is open?", false),
        ] {
            assert_eq!(is_silence(transcript), silence, "{transcript}");
        }
    }
}
