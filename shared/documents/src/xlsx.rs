//! Workbooks of Excel: what is seen of each sheet, row by row.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetVisible, Style, Xlsx, XlsxError};

use crate::apart::Deadline;
use crate::archive::Archive;
use crate::{Block, Error, Limits};

const WHAT: &str = "Excel workbook";
/// Of a sheet. Excel has 16,384 columns; nobody writes answers that far to the right.
const COLUMNS_MAX: u32 = 200;
/// Of all sheets.
const CELLS_MAX: usize = 2_000_000;
/// How many texts a table says that it has; its reader makes room for as many.
const COUNT: &str = "uniqueCount";
/// Of the shortest text in such a table, in bytes: `<si/>`.
const TEXT_MIN: usize = 5;

/// Every sheet that is not hidden and not empty.
pub(crate) fn read(bytes: Vec<u8>, limits: Limits, until: Deadline) -> Result<Vec<Block>, Error> {
    sound(&bytes, limits, until)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let shown: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let (mut blocks, mut left) = (Vec::new(), CELLS_MAX);
    for name in shown {
        let rows = rows(&mut book, &name, &mut left, until)?;
        if !rows.is_empty() {
            blocks.push(Block::Sheet { name, rows });
        }
    }
    Ok(blocks)
}

/// Unpacks every part once and throws it away, so that the library, which unpacks without an end
/// and believes what is said of a number of texts, meets nothing that it can't hold (test
/// `a_workbook_that_says_it_is_endless_is_not_believed`).
fn sound(bytes: &[u8], limits: Limits, until: Deadline) -> Result<(), Error> {
    let mut archive = Archive::open(bytes, WHAT, limits.unpacked, until)?;
    for name in archive.names() {
        let part = archive.part(&name)?.unwrap_or_default();
        if !is_sound(&part) {
            return Err(Error::Broken(WHAT));
        }
    }
    Ok(())
}

fn is_sound(part: &[u8]) -> bool {
    // In letters of two bytes Excel writes nothing that matters here.
    if part.iter().take(4).any(|byte| matches!(byte, 0 | 0xfe)) {
        let wide: Vec<u8> = COUNT.bytes().flat_map(|byte| [byte, 0]).collect();
        return !part.windows(wide.len() - 1).any(|window| wide.starts_with(window));
    }
    let text = String::from_utf8_lossy(part);
    text.match_indices(COUNT).all(|(at, word)| {
        let said = text[at + word.len()..].trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
        let count = said[..end].parse().unwrap_or(if end == 0 { 0 } else { usize::MAX });
        count <= part.len() / TEXT_MIN
    })
}

/// The rows that have something in them. Rows and columns that have nothing before them are kept
/// in their places.
fn rows(
    book: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
    left: &mut usize,
    until: Deadline,
) -> Result<Vec<Vec<String>>, Error> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart has a sheet of its own.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
        Err(error) => return Err(broken(&error)),
    };
    // By its style, what a number is shown like.
    let styles = cells.styles().to_vec();
    let (mut rows, mut last): (Vec<Vec<String>>, Option<u32>) = (Vec::new(), None);
    while let Some((cell, style)) =
        cells.next_cell_with_style_id().map_err(|error| broken(&error))?
    {
        *left = left.checked_sub(1).ok_or(Error::TooMuch)?;
        if left.is_multiple_of(4096) {
            until.check()?;
        }
        let (row, column) = cell.get_position();
        let text = shown(cell.get_value(), styles.get(style));
        if column >= COLUMNS_MAX || text.is_empty() {
            continue;
        }
        if last != Some(row) {
            rows.push(Vec::new());
            last = Some(row);
        }
        if let Some(open) = rows.last_mut() {
            let column = column as usize;
            if open.len() <= column {
                open.resize(column + 1, String::new());
            }
            open[column] = text;
        }
    }
    Ok(rows)
}

/// As a person sees it, as nearly as matters to a customer.
fn shown(value: &DataRef<'_>, style: Option<&Style>) -> String {
    let format = style.and_then(|style| style.number_format.as_ref());
    let format = format.map_or("", |format| format.format_code.as_str());
    match value {
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => decimal(*number, format),
        DataRef::Bool(is_so) => is_so.to_string(),
        DataRef::DateTime(date) => self::date(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        // A formula that went wrong says nothing.
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn decimal(number: f64, format: &str) -> String {
    let format = format.split(';').next().unwrap_or_default();
    let places = format
        .split_once('.')
        .map_or(0, |(_, after)| after.chars().take_while(|c| *c == '0').count());
    if format.contains('%') {
        return format!("{:.places$}%", number * 100.0);
    }
    if places > 0 {
        return format!("{number:.places$}");
    }
    // Without the noise of a sum in binary.
    let rounded = (number * 1e9).round() / 1e9;
    rounded.to_string()
}

/// Days before months before years is what neither Spanish nor Portuguese nor this mistakes.
fn date(date: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, _, _) = date.to_ymd_hms_milli();
    let clock = format!("{hour:02}:{minute:02}");
    if date.as_f64() < 1.0 {
        return clock;
    }
    let day = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute) == (0, 0) { day } else { format!("{day} {clock}") }
}

fn broken(error: &XlsxError) -> Error {
    match error {
        XlsxError::Password => Error::Locked,
        _ => Error::Broken(WHAT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_they_are_seen() {
        for (number, format, expected) in [
            (10.0, "General", "10"),
            (10.5, "0.00", "10.50"),
            (10.5, "\"S/\" #,##0.00;[Red]-0.0", "10.50"),
            (0.18, "0%", "18%"),
            (0.185, "0.0%", "18.5%"),
            (0.1 + 0.2, "", "0.3"),
            (1_234_567.0, "#,##0", "1234567"),
            (-3.25, "General", "-3.25"),
        ] {
            assert_eq!(decimal(number, format), expected, "{number} {format}");
        }
    }
}
