//! Tables with a question and its answer in each row.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::Error;
use super::draft::Drafts;
use crate::check::folded;

const QUESTION: &[&str] = &["question", "questions", "pregunta", "preguntas", "pergunta"];
const ANSWER: &[&str] =
    &["answer", "answers", "respuesta", "respuestas", "resposta", "text", "texto"];
const TITLE: &[&str] = &["title", "titulo", "topic", "tema", "category", "categoria", "section"];

pub(super) fn read(text: &str) -> Result<Drafts, Error> {
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = rows.headers().map_err(|error| broken(&error))?.clone();
    let column =
        |names: &[&str]| header.iter().position(|name| names.contains(&folded(name).as_str()));
    let (Some(question), Some(answer)) = (column(QUESTION), column(ANSWER)) else {
        return Err(Error::NoColumns);
    };
    let title = column(TITLE);
    let mut drafts = Drafts::default();
    for row in rows.records() {
        let row = row.map_err(|error| broken(&error))?;
        let cell = |at: usize| row.get(at).map(bare).filter(|cell| !cell.is_empty());
        let title = title.and_then(cell);
        match (cell(question), cell(answer)) {
            (Some(question), answer) => {
                drafts.answer(title.map(str::to_owned), question, answer.unwrap_or_default());
            }
            (None, Some(answer)) => drafts.part(title, &[answer.to_owned()]),
            (None, None) => {}
        }
    }
    Ok(drafts)
}

/// The cell as it is meant: an apostrophe keeps a spreadsheet from reading it as a formula.
fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest,
        _ => cell,
    }
}

/// What begins a formula in a spreadsheet.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// Where Excel speaks Spanish it writes semicolons.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    [b';', b'\t', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

fn broken(error: &csv::Error) -> Error {
    Error::Row { line: error.position().map_or(1, csv::Position::line) }
}

/// Rows that `read` gives back as they were, and that no spreadsheet takes for formulas.
pub fn write(rows: impl IntoIterator<Item = [String; 4]>) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let header = StringRecord::from(vec!["question", "answer", "title", "source"]);
    let rows = rows.into_iter().map(|row| {
        row.map(|cell| if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell })
    });
    for row in std::iter::once(header).chain(rows.map(|row| StringRecord::from(row.to_vec()))) {
        table.write_record(&row).expect("writing to memory can't fail, and all rows are as long");
    }
    table.into_inner().expect("writing to memory can't fail")
}
