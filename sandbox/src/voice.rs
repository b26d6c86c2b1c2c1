//! Voice notes as phones record them: Opus in Ogg, well formed, and silent.

use bytes::Bytes;

use crate::ids;

/// Opus counts in 48 kHz whatever was recorded.
const SAMPLES_PER_PACKET: u64 = 960;
const PACKETS_PER_SECOND: usize = 50;
const LETTERS_PER_SECOND: usize = 15;
/// A frame of 20 ms of silence.
const SILENCE: &[u8] = &[0xF8, 0xFF, 0xFE];

const FIRST: u8 = 2;
const MIDDLE: u8 = 0;
const LAST: u8 = 4;

/// A note as long as it takes to say the text; no two are the same.
pub(crate) fn note(text: &str) -> Bytes {
    let head = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0".to_vec();
    let comment = format!("NOTE={}", ids::token());
    let mut tags = b"OpusTags\x07\0\0\0sandbox\x01\0\0\0".to_vec();
    tags.extend(u32::try_from(comment.len()).unwrap_or_default().to_le_bytes());
    tags.extend(comment.bytes());

    let mut file = page(0, FIRST, 0, &[&head]);
    file.extend(page(1, MIDDLE, 0, &[&tags]));
    let seconds = text.chars().count().div_ceil(LETTERS_PER_SECOND).max(1);
    let mut samples = 0;
    for second in 1..=seconds {
        samples += SAMPLES_PER_PACKET * PACKETS_PER_SECOND as u64;
        let kind = if second == seconds { LAST } else { MIDDLE };
        let number = u32::try_from(second + 1).unwrap_or(u32::MAX);
        file.extend(page(number, kind, samples, &[SILENCE; PACKETS_PER_SECOND]));
    }
    file.into()
}

/// One page of packets shorter than 255 bytes each.
fn page(number: u32, kind: u8, samples: u64, packets: &[&[u8]]) -> Vec<u8> {
    const CHECKSUM_AT: usize = 22;
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend(samples.to_le_bytes());
    page.extend(1_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    page.extend([0; 4]);
    let sizes = packets.iter().map(|packet| u8::try_from(packet.len()).unwrap_or(u8::MAX));
    page.push(u8::try_from(packets.len()).unwrap_or(u8::MAX));
    page.extend(sizes);
    page.extend(packets.concat());
    let checksum = checksum(&page).to_le_bytes();
    page[CHECKSUM_AT..CHECKSUM_AT + 4].copy_from_slice(&checksum);
    page
}

/// CRC-32 with Ogg's polynomial, from zero, not reflected, not inverted.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum, _| {
            (sum << 1) ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_oggs() {
        // The published check value of CRC-32/CKSUM, which is this one inverted at the end.
        assert_eq!(!checksum(b"123456789"), 0x765E_7680);
    }

    #[test]
    fn a_note_is_as_long_as_its_text_and_like_no_other() {
        let text = "x".repeat(31);
        let file = note(&text);
        assert_ne!(file, note(&text));
        let pages: Vec<usize> =
            (0..file.len() - 4).filter(|at| file[*at..].starts_with(b"OggS")).collect();
        assert_eq!(pages.len(), 2 + 3);
        let last = &file[*pages.last().unwrap()..];
        assert_eq!(last[5], LAST);
        assert_eq!(last[6..14], (3_u64 * 48_000).to_le_bytes());
    }
}
