//! Files become entries.

use knowledge::import::{Error, Kind, read, read_as, to_csv};

/// A document of the crate that takes them apart.
fn document(name: &str) -> Vec<u8> {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/documents/tests/data");
    std::fs::read(format!("{data}/{name}")).unwrap()
}

/// Title, question and text of each entry.
fn entries(name: &str, bytes: impl AsRef<[u8]>) -> Vec<(String, String, String)> {
    let said = |text: Option<String>| text.unwrap_or_default();
    let entries = read(name, bytes.as_ref()).unwrap().entries;
    entries.into_iter().map(|one| (said(one.title), said(one.question), one.text)).collect()
}

fn check(name: &str, bytes: impl AsRef<[u8]>, expected: &[(&str, &str, &str)]) {
    let found = entries(name, bytes);
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn headings_of_markdown_make_passages_and_questions_make_answers() {
    let text = "---\nautor: Ana\n---\nSomos una ferretería.\n\n\
        # Devoluciones\n\nTienes **30 días**.\n\n- con boleta\n- sin uso\n\n\
        ## ¿Puedo cambiar la talla?\nSí, en `cualquier` tienda.\n\nHasta 15 días.\n\n\
        ## Excepciones\nLas ofertas no.\n\n<!-- nota -->\n\n\
        Garantía\n========\nDoce meses.\n";
    check(
        "a.md",
        text,
        &[
            ("", "", "Somos una ferretería."),
            ("Devoluciones", "", "Tienes **30 días**.\n\n- con boleta\n- sin uso"),
            (
                "Devoluciones",
                "¿Puedo cambiar la talla?",
                "Sí, en `cualquier` tienda.\n\nHasta 15 días.",
            ),
            ("Devoluciones › Excepciones", "", "Las ofertas no."),
            ("Garantía", "", "Doce meses."),
        ],
    );
}

#[test]
fn a_page_is_read_like_markdown() {
    let page = "<html><head><title>x</title><style>p { color: red }</style></head><body>\
        <h1>Envíos</h1><p>Enviamos a <b>todo</b> el país con <a href='/x'>Olva</a>.</p>\
        <h2>¿Cuánto cuesta?</h2><p>10 soles.</p><script>alert(1)</script></body></html>";
    check(
        "a.html",
        page,
        &[
            ("Envíos", "", "Enviamos a **todo** el país con Olva."),
            ("Envíos", "¿Cuánto cuesta?", "10 soles."),
        ],
    );
}

#[test]
fn paragraphs_of_a_text_are_joined_to_passages() {
    let (short, long) = ("corto ".repeat(20), "largo ".repeat(70));
    let text = format!("{short}\n\n\n{long}\n{long}\n\n{long}");
    let lengths: Vec<usize> = entries("a.txt", &text)
        .iter()
        .map(|(_, _, text)| text.split_whitespace().count())
        .collect();
    assert_eq!(lengths, [160, 70]);
}

#[test]
fn a_table_has_a_question_and_its_answer_in_each_row() {
    let rows =
        [("tema", "Pregunta", "RESPUESTA"), ("Pago", "¿Yape?", "\"Sí; \"\"también\"\" Plin\"")];
    let text: String = rows.iter().map(|(a, b, c)| format!("{a};{b};{c}\n")).collect();
    let text = format!("\u{feff}{text}Pago;;Con efectivo en tienda\n;¿Bitcoin?;\n;;\n");
    check(
        "a.csv",
        &text,
        &[
            ("Pago", "¿Yape?", "Sí; \"también\" Plin"),
            ("Pago", "", "Con efectivo en tienda"),
            ("", "¿Bitcoin?", ""),
        ],
    );
}

#[test]
fn what_is_exported_is_read_back_as_it_was_and_holds_no_formula() {
    let rows = [
        ["¿Plazo?", "-5 días\n\"hábiles\", o menos", "=Envíos", "a.md"],
        ["'Ñ?", "@aquí", "", "a.md"],
    ];
    let table = to_csv(rows.map(|row| row.map(str::to_owned)));
    let text = String::from_utf8(table).unwrap();
    assert!(text.contains("\"'-5 días") && text.contains("'=Envíos"), "{text}");
    check(
        "a.csv",
        &text,
        &[("=Envíos", "¿Plazo?", "-5 días\n\"hábiles\", o menos"), ("", "'Ñ?", "@aquí")],
    );
}

#[test]
fn a_list_for_measuring_is_read_without_the_questions_that_people_ask() {
    let text = "F|¿Abren hoy?|Sí, hasta las 20:00.\n-abren oy\n\nF|¿Yape?|Sí\n";
    check("a.txt", text, &[("", "¿Abren hoy?", "Sí, hasta las 20:00."), ("", "¿Yape?", "Sí")]);
}

#[test]
fn what_windows_wrote_is_read_too() {
    let (text, _, _) =
        encoding_rs::WINDOWS_1252.encode("pregunta;respuesta\r\n¿Envían?;Sí, mañana");
    let entries = read("a.csv", &text).unwrap().entries;
    assert_eq!(
        (entries[0].question.as_deref(), &*entries[0].text),
        (Some("¿Envían?"), "Sí, mañana")
    );
}

#[test]
fn the_key_of_a_passage_stays_when_its_words_change() {
    let keys = |text: &str| {
        let entries = read("a.md", text.as_bytes()).unwrap().entries;
        entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>()
    };
    let before = keys("# Envíos\nDiez soles.\n# ¿Yape?\nSí.\n# ¿Yape?\nNo.\n");
    assert_eq!(before, keys("# ENVIOS\nDoce soles.\n# ¿Yape?\nTambién.\n# ¿yape?\nNunca.\n"));
    assert_eq!(before.len(), 3);
    assert_ne!(before[1], before[2]);
}

#[test]
fn what_cant_be_read_says_what_to_do() {
    for (name, bytes, advice) in [
        ("a.pdf", &b"%PDF-1.7"[..], "it is no PDF that can be read: open it and save it again"),
        ("a.XLSX", b"PK", "it is no Excel workbook that can be read"),
        ("a.docx", b"PK", "it is no Word document that can be read"),
        ("a.doc", b"..", "doc files are not read: save it as .docx"),
        ("a.xls", b"..", "xls files are not read: save it as .xlsx"),
        ("a.pptx", b"PK", "pptx files are not read: save it as .pdf"),
        ("a.exe", b"MZ", "must be .md, .txt, .html, .csv, .pdf, .docx or .xlsx"),
        ("README", b"hello", "must be .md, .txt, .html, .csv, .pdf, .docx or .xlsx"),
        ("a.txt", &document("manual.pdf"), "it is a PDF, whatever its name says: give it the"),
        ("a.md", &document("guide.docx"), "it is a Word document, whatever its name says"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n\0\0", "it is of the type image/png"),
        ("a.pdf", &document("scanned.pdf"), "it has pictures of text and no text: run it"),
        ("a.pdf", &document("locked.pdf"), "it opens only with a password: save it without one"),
        ("a.txt", b"", "there is nothing to know in it"),
        ("a.pdf", b"", "there is nothing to know in it"),
        ("a.txt", b"\0\x01", "save it as text in UTF-8"),
        ("a.md", b"# Title only\n", "write a question with its answer"),
        ("a.csv", b"a,b\n1,2\n", "call them question and answer"),
        ("a.txt", b"F|what?|so\nF|half\n", "line 2 is no question"),
    ] {
        let error = read(name, bytes).unwrap_err().to_string();
        assert!(error.contains(advice), "{name}: {error}");
    }
    let large = vec![b'a'; knowledge::import::AT_MOST + 1];
    for name in ["a.txt", "a.pdf", "a.docx"] {
        assert!(matches!(read(name, &large), Err(Error::TooLarge)), "{name}");
    }
}

#[test]
fn a_pdf_is_read_by_its_headings_and_else_by_its_pages() {
    check(
        "manual.pdf",
        document("manual.pdf"),
        &[
            (
                "Manual del taladro › Uso seguro",
                "",
                "Lea este manual antes de usar el taladro. Guárdelo en un lugar seco y enséñeselo \
                 a quien más lo use en su casa.",
            ),
            (
                "Manual del taladro › Garantía",
                "",
                "La garantía cubre doce meses desde la compra, con la boleta.",
            ),
            (
                "Manual del taladro › Garantía",
                "¿Puedo cambiar el taladro si no me gusta?",
                "Sí, hasta quince días después de la compra, sin uso y en su caja.",
            ),
            (
                "Manual del taladro › Garantía",
                "¿Cuánto cuesta el envío?",
                "Diez soles en Lima y dieciocho a provincias.\n\nFabricado en el Perú por una \
                 empresa que no existe.",
            ),
        ],
    );
}

#[test]
fn a_document_of_word_is_read_like_markdown() {
    check(
        "guide.docx",
        document("guide.docx"),
        &[
            ("Guía de la tienda", "", "Somos una ferretería de barrio."),
            (
                "Devoluciones",
                "",
                "Tiene treinta días, con estas condiciones:\n\n- con la boleta\n- sin uso",
            ),
            (
                "Devoluciones",
                "¿Puedo cambiar la talla?",
                "Sí, en cualquier tienda.\n\nHasta quince días.",
            ),
            ("Envíos", "", "| Zona | Precio |\n| --- | --- |\n| Lima | 10 soles · con IGV |"),
            ("Envíos", "¿Envían los domingos?", "No, de lunes a sábado.\n\nSe paga al recibir."),
            ("Envíos › ¿Envían los domingos?", "¿Aceptan Yape?", "Sí, y Plin."),
        ],
    );
}

#[test]
fn a_workbook_has_answers_in_every_sheet_and_passages_where_it_asks_nothing() {
    check(
        "answers.xlsx",
        document("answers.xlsx"),
        &[
            ("Pagos", "¿Aceptan Yape?", "Sí, y Plin."),
            ("Cuotas", "¿Dan cuotas?", "Hasta doce, con tarjeta."),
            ("Pagos", "", "Los cheques tardan dos días."),
            ("Tarifas", "", "Zona: Lima\nPrecio: 10.50\nDescuento: 15%\nDesde: 2026-03-01"),
            ("Brasil", "Vocês entregam em São Paulo?", "Não."),
        ],
    );
}

#[test]
fn a_page_is_read_without_what_stands_around_it_and_with_its_questions() {
    let page = "<nav>Inicio</nav><main><h1>Ayuda</h1><details><summary>Devoluciones</summary>\
        <p>30 días.</p></details><p>Estamos para ayudarle.</p></main><footer>© 2026</footer>";
    check(
        "ayuda.html",
        page,
        &[("Ayuda", "Devoluciones", "30 días."), ("Ayuda", "", "Estamos para ayudarle.")],
    );
}

#[test]
fn what_a_server_gives_is_known_by_its_type_its_path_or_its_bytes() {
    let pdf = document("manual.pdf");
    for (mime_type, path, bytes, expected) in [
        (Some("text/html"), "/guia.pdf", &b"<p>"[..], Kind::Html),
        (Some("application/pdf"), "/", &pdf, Kind::Pdf),
        (Some("text/plain"), "/faq.md", b"# a", Kind::Markdown),
        (Some("text/plain"), "/faq", b"hola", Kind::Text),
        (Some("application/octet-stream"), "/x.csv", b"a;b", Kind::Csv),
        (Some("binary/octet-stream"), "/descarga", &pdf, Kind::Pdf),
        (None, "/", b"<!DOCTYPE html><p>", Kind::Html),
        (None, "/", &document("guide.docx"), Kind::Docx),
    ] {
        let found = Kind::of_page(mime_type, path, bytes).unwrap();
        assert_eq!(found, expected, "{mime_type:?} {path}");
    }
    let error = Kind::of_page(Some("image/png"), "/a.html", b"").unwrap_err().to_string();
    assert!(error.contains("it is of the type \"image/png\", which is not read"), "{error}");
}

#[test]
fn a_page_is_read_in_the_letters_that_its_server_names() {
    let page = b"<meta charset=\"utf-8\"><h1>Env\xedos</h1><p>Ma\xf1ana.</p>";
    let bytes = Kind::Html.in_utf8(page, Some("iso-8859-1"));
    let entries = read_as(Kind::Html, "https://example.com/", &bytes).unwrap().entries;
    assert_eq!((entries[0].title.as_deref(), &*entries[0].text), (Some("Envíos"), "Mañana."));
    let table = Kind::Csv.in_utf8(b"pregunta;respuesta\n\xbfAbren?;S\xed", Some("latin1"));
    let entries = read_as(Kind::Csv, "https://example.com/a.csv", &table).unwrap().entries;
    assert_eq!((entries[0].question.as_deref(), &*entries[0].text), (Some("¿Abren?"), "Sí"));
}
