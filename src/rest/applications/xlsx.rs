//! The export as an Office Open XML workbook (ECMA-376). It is written to a file row by row, off the
//! async threads, and sent from there: however many rows there are, few are in memory.

use std::fs::File;
use std::io::{self, Seek as _};

use axum::body::{Body, Bytes};
use futures_util::{TryFutureExt as _, TryStreamExt as _, stream};
use rust_xlsxwriter::{Workbook, XlsxError};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;

use super::cells;
use super::csv::cut_short;
use crate::app::Shared;
use crate::core::clients::{Application, Export};

pub const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// UTF-16 units that a cell can hold.
const LONGEST_CELL: usize = 32_767;
/// Pages that wait to be written.
const WAITING: usize = 2;
/// Bytes that are sent at once.
const CHUNK: usize = 64 * 1024;

type Row = [String; cells::COLUMNS.len()];

/// The whole workbook: the applications read so far, and those that come after them.
pub fn body(app: Shared, export: Export, first: Vec<Application>) -> Body {
    let sent = write(app, export, first).map_ok(|file| {
        let file = tokio::fs::File::from_std(file);
        stream::try_unfold(file, |mut file| async move {
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
            Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(chunk), file)))
        })
    });
    Body::from_stream(sent.try_flatten_stream().into_stream())
}

/// Writes it to a file that has no name and goes when it has been sent.
async fn write(app: Shared, mut export: Export, first: Vec<Application>) -> io::Result<File> {
    let (pages, queue) = mpsc::channel::<Vec<Row>>(WAITING);
    let writing = tokio::task::spawn_blocking(move || workbook(queue));
    let mut next = first;
    while !next.is_empty() {
        let rows = next.iter().map(cells::row).collect();
        // A writer that has given up says why in the end.
        if pages.send(rows).await.is_err() {
            break;
        }
        next = app.core.export_more(&mut export).await.map_err(cut_short)?;
    }
    drop(pages);
    let written = writing.await.map_err(io::Error::other)?;
    written.map_err(|error| {
        tracing::error!(%error, "applications.export: no workbook");
        io::Error::other("the workbook could not be written")
    })
}

fn workbook(mut pages: mpsc::Receiver<Vec<Row>>) -> Result<File, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name("applications")?;
    for (column, name) in (0..).zip(cells::COLUMNS) {
        sheet.write_string(0, column, name)?;
    }
    let mut at = 0;
    while let Some(page) = pages.blocking_recv() {
        for row in page {
            at += 1;
            for (column, cell) in (0..).zip(row) {
                // As a string: neither a formula nor a link, whatever it looks like.
                sheet.write_string(at, column, clean(&cell))?;
            }
        }
    }
    let mut file = tempfile::tempfile()?;
    workbook.save_to_writer(&mut file)?;
    file.rewind()?;
    Ok(file)
}

/// What XML can hold (XML 1.0 §2.2), as much of it as a cell can.
fn clean(cell: &str) -> String {
    let is_legal = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let mut left = LONGEST_CELL;
    let fits = |c: &char| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    };
    cell.chars().filter(is_legal).take_while(fits).collect()
}
