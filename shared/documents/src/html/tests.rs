use std::time::Duration;

use super::*;
use crate::Error;
use crate::apart;

fn told(page: &str) -> Vec<String> {
    let until = Deadline::after(Duration::from_secs(20));
    let say = |block| match block {
        Block::Heading { level, text } => format!("{level} {text}"),
        Block::Text(text) => text,
        Block::Answer { question, text } => format!("{question} => {text}"),
        other => format!("{other:?}"),
    };
    blocks(page, until).unwrap().into_iter().map(say).collect()
}

#[test]
fn the_content_of_a_page_is_read_and_what_stands_around_it_is_not() {
    let page = "<html><head><title>Tienda</title><style>p{}</style></head><body>\
        <header><a href='/'>Inicio</a></header><nav><ul><li>Productos</li></ul></nav>\
        <div class='cookie banner'>Usamos cookies</div>\
        <main><header><h1>Envíos</h1></header>\
        <p>Enviamos a <b>todo</b>  el\npaís con <a href='https://olva.example/'>Olva</a> \
        y <a href='/x'>otros</a>.<br>Siempre.</p>\
        <aside>Lo más vendido</aside><p hidden>oculto</p>\
        <ul><li>Lima: <i>un</i> día<ul><li>Callao</li></ul></li><li>Cusco</li></ul>\
        <ol><li>Elige</li><li>Paga</li></ol>\
        <script>alert(1)</script><noscript>activa</noscript>\
        <h2>¿Cuánto <em>cuesta</em>?</h2><p>10 soles.</p>\
        <p><strong>¿Y a provincia?</strong></p><p>18 soles.</p></main>\
        <footer>© 2026</footer></body></html>";
    assert_eq!(
        told(page),
        [
            "1 Envíos",
            "Enviamos a **todo** el país con [Olva](https://olva.example/) y otros.\nSiempre.",
            "- Lima: *un* día\n  - Callao\n- Cusco",
            "1. Elige\n2. Paga",
            "2 ¿Cuánto cuesta?",
            "10 soles.",
            "7 ¿Y a provincia?",
            "18 soles.",
        ]
    );
}

#[test]
fn a_page_that_has_nothing_but_what_stands_around_is_read_all_the_same() {
    assert_eq!(told("<header><p>Abrimos a las 9.</p></header>"), ["Abrimos a las 9."]);
    assert_eq!(told("Solo texto"), ["Solo texto"]);
    assert!(told("").is_empty());
}

#[test]
fn questions_are_known_by_what_marks_them() {
    let page = r#"<main><details><summary>Devoluciones</summary><p>30 días.</p><p>Con boleta.</p>
        </details><dl><div><dt>¿Aceptan Yape?</dt><dd>Sí.</dd></div><dt>Plin</dt><dd>También</dd></dl>
        <h2>¿Abren hoy?</h2><p>Sí, hasta las 8.</p></main>
        <script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{
          "@type": "FAQPage", "mainEntity": [
            {"@type": "Question", "name": "¿Abren  hoy?", "acceptedAnswer": {"text": "No"}},
            {"@type": ["Question"], "name": "¿Dan factura?",
             "acceptedAnswer": [{"@type": "Answer", "text": "<p>Sí, <b>siempre</b>.</p>"}]},
            {"@type": "Question", "name": "¿Sin respuesta?"}]}]}</script>
        <script type="application/ld+json">{broken</script>"#;
    assert_eq!(
        told(page),
        [
            "Devoluciones => 30 días.\n\nCon boleta.",
            "¿Aceptan Yape? => Sí.",
            "**Plin**: También",
            "2 ¿Abren hoy?",
            "Sí, hasta las 8.",
            "¿Dan factura? => Sí, **siempre**.",
        ]
    );
}

#[test]
fn tables_are_rows_of_cells_and_frames_are_not_tables() {
    let page = "<table><tr><td><h1>Tarifas</h1><table><thead><tr><th>Zona<th>Precio</tr></thead>\
        <tr><td>Lima<td>10<table><tr><td>con<td>IGV</table></tr></table></td></tr></table>";
    let table = [vec!["Zona", "Precio"], vec!["Lima", "10\ncon · IGV"]];
    assert_eq!(
        told(page),
        [
            "1 Tarifas".to_owned(),
            format!("{:?}", {
                let rows =
                    table.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect());
                Block::Table(rows.collect())
            })
        ]
    );
}

#[test]
fn a_page_that_is_made_to_do_harm_ends() {
    let time = Duration::from_secs(1);
    let read = |page: String| apart::run(time, move |until| blocks(&page, until));
    for tag in ["div", "b", "table", "ul", "details", "a", "dl"] {
        let deep = format!("<{tag}>").repeat(5_000) + "hondo";
        let read = read(deep);
        assert!(matches!(read, Ok(_) | Err(Error::TooLong { .. })), "{tag}: {read:?}");
    }
    // Each paragraph opens all of them again.
    let formats: String = (0..3_000).map(|n| format!("<b id={n}><p>")).collect();
    assert!(matches!(read(formats), Err(Error::TooMuch | Error::TooLong { .. })));
}
