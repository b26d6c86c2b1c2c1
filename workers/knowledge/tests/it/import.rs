//! Files become entries.

use knowledge::import::{Error, read, to_csv};

/// Title, question and text of each entry.
fn entries(name: &str, text: &str) -> Vec<(String, String, String)> {
    let said = |text: Option<String>| text.unwrap_or_default();
    let entries = read(name, text.as_bytes()).unwrap().entries;
    entries.into_iter().map(|one| (said(one.title), said(one.question), one.text)).collect()
}

fn check(name: &str, text: &str, expected: &[(&str, &str, &str)]) {
    let found = entries(name, text);
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
            ("Envíos", "", "Enviamos a **todo** el país con [Olva]."),
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
        ("a.pdf", &b"%PDF-1.7"[..], "PDF files are not read yet: save it as text"),
        ("a.XLSX", b"PK", "Excel files are not read yet"),
        ("a.docx", b"PK", "Word files are not read yet"),
        ("a.exe", b"MZ", "must be .md, .txt, .html or .csv"),
        ("README", b"hello", "must be .md, .txt, .html or .csv"),
        ("a.txt", b"\0\x01", "save it as text in UTF-8"),
        ("a.md", b"# Title only\n", "write a question with its answer"),
        ("a.csv", b"a,b\n1,2\n", "call them question and answer"),
        ("a.txt", b"F|what?|so\nF|half\n", "line 2 is no question"),
    ] {
        let error = read(name, bytes).unwrap_err().to_string();
        assert!(error.contains(advice), "{name}: {error}");
    }
    let large = vec![b'a'; knowledge::import::AT_MOST + 1];
    assert!(matches!(read("a.txt", &large), Err(Error::TooLarge)));
}
