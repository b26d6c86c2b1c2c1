//! Tables with a question and its answer in each row.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::Error;
use super::draft::Drafts;
use crate::check::folded;

const QUESTION: &[&str] = &[
    "question",
    "questions",
    "pregunta",
    "preguntas",
    "pergunta",
    "perguntas",
    "duda",
    "dudas",
    "consulta",
    "consultas",
    "duvida",
    "duvidas",
];
const ANSWER: &[&str] =
    &["answer", "answers", "respuesta", "respuestas", "resposta", "respostas", "text", "texto"];
const TITLE: &[&str] = &["title", "titulo", "topic", "tema", "category", "categoria", "section"];

/// Which column holds what.
pub(super) struct Columns {
    question: usize,
    answer: usize,
    title: Option<usize>,
}

impl Columns {
    /// If a header names both questions and answers. A name may go on: "Pregunta frecuente".
    pub(super) fn of<'a>(header: impl Iterator<Item = &'a str>) -> Option<Self> {
        let names: Vec<String> = header.map(folded).collect();
        let column = |known: &[&str]| {
            let is_whole = |name: &String| known.contains(&name.as_str());
            let begins =
                |name: &String| name.split(' ').next().is_some_and(|word| known.contains(&word));
            names.iter().position(is_whole).or_else(|| names.iter().position(begins))
        };
        let (question, answer) = (column(QUESTION)?, column(ANSWER)?);
        (question != answer).then(|| Self { question, answer, title: column(TITLE) })
    }

    /// A row becomes an entry; where it has no title, it has the one of its table.
    pub(super) fn row<'a>(
        &self,
        drafts: &mut Drafts,
        title: Option<&str>,
        cell: impl Fn(usize) -> Option<&'a str>,
    ) {
        let cell = |at: usize| cell(at).map(bare).filter(|cell| !cell.is_empty());
        let title = self.title.and_then(cell).or(title);
        match (cell(self.question), cell(self.answer)) {
            (Some(question), answer) => {
                // A question may be set bold.
                let question = question.trim_matches('*');
                drafts.answer(title.map(str::to_owned), question, answer.unwrap_or_default());
            }
            (None, Some(answer)) => drafts.part(title, &[answer.to_owned()]),
            (None, None) => {}
        }
    }
}

pub(super) fn read(text: &str) -> Result<Drafts, Error> {
    let mut rows = ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = rows.headers().map_err(|error| broken(&error))?.clone();
    let columns = Columns::of(header.iter()).ok_or(Error::NoColumns)?;
    let mut drafts = Drafts::default();
    for row in rows.records() {
        let row = row.map_err(|error| broken(&error))?;
        columns.row(&mut drafts, None, |at| row.get(at));
    }
    Ok(drafts)
}

/// What the rows of a table say that holds no questions: each cell after the name of its column.
/// What stands above the header stays as it is.
pub(super) fn rows_told(rows: &[Vec<String>]) -> Vec<String> {
    let filled = |row: &[String]| row.iter().filter(|cell| !cell.is_empty()).count();
    let is_header = |row: &Vec<String>| {
        filled(row) > 1 && !row.iter().any(|cell| cell.starts_with(|c: char| c.is_ascii_digit()))
    };
    let first = rows.iter().position(|row| filled(row) > 1).unwrap_or(rows.len());
    let header = rows.get(first).filter(|row| is_header(row) && rows.len() > first + 1);
    let mut told = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let name = |column: usize| {
            let name = header.filter(|_| at > first).and_then(|header| header.get(column));
            name.filter(|name| !name.is_empty())
        };
        if header.is_some() && at == first {
            continue;
        }
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(column, cell)| match name(column) {
                Some(name) => format!("{name}: {cell}"),
                None => cell.clone(),
            })
            .collect();
        if !cells.is_empty() {
            told.push(cells.join("\n"));
        }
    }
    told
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
