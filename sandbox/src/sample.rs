//! Files as customers send them: real ones, small, and no two with the same bytes.

use bytes::Bytes;

use crate::ids;

/// A photo of a shoe, 480 × 360.
#[must_use]
pub fn photo() -> Bytes {
    const JPEG: &[u8] = include_bytes!("sample/photo.jpg");
    // A comment after the start of the image.
    let comment = ids::token();
    let length = u16::try_from(comment.len() + 2).unwrap_or_default().to_be_bytes();
    [&JPEG[..2], &[0xFF, 0xFE], &length, comment.as_bytes(), &JPEG[2..]].concat().into()
}

/// A sticker, 512 × 512.
#[must_use]
pub fn sticker() -> Bytes {
    const WEBP: &[u8] = include_bytes!("sample/sticker.webp");
    // A chunk of our own at the end, and the size of all in the head.
    let chunk = [b"RLVO", 32_u32.to_le_bytes().as_slice(), ids::token().as_bytes()].concat();
    let mut file = [WEBP, &chunk].concat();
    let size = u32::try_from(file.len() - 8).unwrap_or_default().to_le_bytes();
    file[4..8].copy_from_slice(&size);
    file.into()
}

/// The frame of an MP4 without a picture: enough to be recognised, nothing to be seen.
#[must_use]
pub fn video() -> Bytes {
    let mut file = atom(b"ftyp", b"isom\0\0\x02\0isomiso2mp41");
    file.extend(atom(b"free", ids::token().as_bytes()));
    file.extend(atom(b"mdat", b""));
    file.into()
}

fn atom(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 8).unwrap_or_default().to_be_bytes();
    [size.as_slice(), kind, content].concat()
}

/// A document of one page with these lines, from which the text can be read. Characters beyond Latin-1 are
/// left out.
#[must_use]
pub fn pdf(lines: &[&str]) -> Bytes {
    let mut text = b"BT /F1 12 Tf 14 TL 50 780 Td\n".to_vec();
    for line in lines {
        text.push(b'(');
        for byte in line.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()) {
            if matches!(byte, b'(' | b')' | b'\\') {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.extend(b") Tj T*\n");
    }
    text.extend(b"ET");
    let stream = [
        format!("<< /Length {} >>\nstream\n", text.len()).as_bytes(),
        &text,
        b"\nendstream".as_slice(),
    ]
    .concat();
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_vec(),
        stream,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    let mut file = format!("%PDF-1.4\n%{}\n", ids::token()).into_bytes();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", at + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let table_at = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    file.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table_at}\n%%EOF\n").bytes(),
    );
    file.into()
}
