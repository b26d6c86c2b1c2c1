//! What documents say.

use std::time::Duration;

use documents::{Error, Format, pdf};

use crate::{file, read, told};

#[test]
fn a_pdf_with_subset_fonts_is_read_by_headings_and_paragraphs() {
    assert_eq!(
        told(Format::Pdf, "manual.pdf"),
        [
            "page 1",
            "1 Manual del taladro",
            "2 Uso seguro",
            "Lea este manual antes de usar el taladro. Guárdelo en un lugar seco y enséñeselo a \
             quien más lo use en su casa.",
            "2 Garantía",
            "La garantía cubre doce meses desde la compra, con la boleta.",
            "page 2",
            "6 ¿Puedo cambiar el taladro si no me gusta?",
            "Sí, hasta quince días después de la compra, sin uso y en su caja.",
            "6 ¿Cuánto cuesta el envío?",
            "Diez soles en Lima y dieciocho a provincias.",
            "page 3",
            "Fabricado en el Perú por una empresa que no existe.",
        ]
    );
    // The same reader, for who wants the words alone.
    let words = pdf::text(&file("manual.pdf"), 1, 10_000, Duration::from_secs(20)).unwrap();
    assert!(words.contains("Guárdelo en un lugar seco y\nenséñeselo"), "{words}");
    assert!(!words.contains("Cuánto cuesta"), "{words}");
}

#[test]
fn a_document_of_word_is_read_as_it_is_seen() {
    assert_eq!(
        told(Format::Docx, "guide.docx"),
        [
            "1 Guía de la tienda",
            "Somos una ferretería de barrio.",
            "1 Devoluciones",
            "Tiene treinta días, con estas condiciones:",
            "- con la boleta\n- sin uso",
            "2 ¿Puedo cambiar la talla?",
            "Sí, en cualquier tienda.",
            "Hasta quince días.",
            "1 Envíos",
            "table: Zona | Precio // Lima | 10 soles · con IGV",
            "9 ¿Envían los domingos?",
            "No, de lunes a sábado.",
            "Se paga al recibir.",
            "table: Pregunta | Respuesta // ¿Aceptan Yape? | Sí, y Plin.",
        ]
    );
}

#[test]
fn a_workbook_is_read_sheet_by_sheet_and_what_is_hidden_is_not() {
    assert_eq!(
        told(Format::Xlsx, "answers.xlsx"),
        [
            "sheet Pagos: Ferretería El Clavo // Tema | Pregunta | Respuesta //  | ¿Aceptan Yape? | \
             Sí, y Plin. // Cuotas | ¿Dan cuotas? | Hasta doce, con tarjeta. //  |  | Los cheques \
             tardan dos días.",
            "sheet Tarifas: Zona | Precio | Descuento | Desde // Lima | 10.50 | 15% | 2026-03-01",
            "sheet Brasil: pergunta | resposta // Vocês entregam em São Paulo? | Não.",
        ]
    );
}

#[test]
fn what_is_locked_or_has_only_pictures_says_so() {
    let error = |name: &str| read(Format::Pdf, &file(name)).unwrap_err();
    assert_eq!(error("locked.pdf"), Error::Locked);
    assert_eq!(error("scanned.pdf"), Error::Pictures);
    assert!(Error::Pictures.to_string().contains("text recognition"));
}

#[test]
fn a_file_under_another_name_says_what_it_is() {
    for (format, bytes, expected) in [
        (Format::Docx, file("manual.pdf"), "it is a PDF, whatever its name says: give it the"),
        (Format::Pdf, file("guide.docx"), "it is a Word document"),
        (Format::Pdf, file("answers.xlsx"), "it is an Excel workbook"),
        (Format::Pdf, b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "it is of the type image/png"),
        (Format::Html, file("manual.pdf"), "it is a PDF"),
        (Format::Docx, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "save it as .docx"),
        (Format::Xlsx, b"hello".to_vec(), "it is no Excel workbook that can be read"),
    ] {
        let error = read(format, &bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
