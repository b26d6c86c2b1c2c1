//! Documents made by hand.

/// A PDF with a page for each of these texts.
pub(crate) fn with_pages(texts: &[&str]) -> Vec<u8> {
    file(&objects(texts), "")
}

fn objects(texts: &[&str]) -> Vec<String> {
    let kids: String = (0..texts.len()).map(|page| format!("{} 0 R ", 4 + 2 * page)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [{kids}] /Count {} /MediaBox [0 0 595 842] \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            texts.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    for (page, text) in texts.iter().enumerate() {
        let content = format!("BT /F1 12 Tf 72 720 Td ({text}) Tj ET");
        let number = 5 + 2 * page;
        objects.push(format!("<< /Type /Page /Parent 2 0 R /Contents {number} 0 R >>"));
        let length = content.len();
        objects.push(format!("<< /Length {length} >>\nstream\n{content}\nendstream"));
    }
    objects
}

/// Two that only open with a password; one says so in its trailer, one in an object.
pub(crate) fn locked() -> [Vec<u8>; 2] {
    let secret = "0".repeat(64);
    let lock = format!("<< /Filter /Standard /V 1 /R 2 /P -4 /O <{secret}> /U <{secret}> >>");
    let mut objects = objects(&["secreto"]);
    let id = format!("/ID [<{secret}> <{secret}>]");
    let in_trailer = file(&objects, &format!("/Encrypt {lock} {id}"));
    objects.push(lock);
    [in_trailer, file(&objects, &format!("/Encrypt {} 0 R {id}", objects.len()))]
}

fn file(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let (table, size) = (file.len(), objects.len() + 1);
    file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let end =
        format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n");
    file.extend(end.bytes());
    file
}
