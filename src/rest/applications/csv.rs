//! The export as CSV (RFC 4180), written page by page while it is read.

use std::io;

use axum::body::Body;
use csv::WriterBuilder;
use futures_util::stream;

use super::cells;
use crate::app::Shared;
use crate::core::clients::{Application, Export};

pub const MEDIA_TYPE: &str = "text/csv; charset=utf-8";

/// Where an export stands.
struct Reading {
    app: Shared,
    export: Export,
    /// What is to be written next; none at the end.
    next: Vec<Application>,
    is_begun: bool,
}

/// The whole table: the applications read so far, and those that come after them.
pub fn body(app: Shared, export: Export, first: Vec<Application>) -> Body {
    let reading = Reading { app, export, next: first, is_begun: false };
    Body::from_stream(stream::try_unfold(reading, |mut reading| async move {
        if reading.is_begun && reading.next.is_empty() {
            return Ok(None);
        }
        let text = write(&reading.next, !reading.is_begun)?;
        reading.is_begun = true;
        if !reading.next.is_empty() {
            let more = reading.app.core.export_more(&mut reading.export).await;
            reading.next = more.map_err(cut_short)?;
        }
        Ok::<_, io::Error>(Some((text, reading)))
    }))
}

fn write(applications: &[Application], with_names: bool) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_names {
        writer.write_record(cells::COLUMNS)?;
    }
    for application in applications {
        writer.write_record(cells::row(application).map(cells::defused))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// The answer has begun: all that is left is to break it off, which the other side sees.
pub fn cut_short(failure: crate::core::Failure) -> io::Error {
    match failure {
        crate::core::Failure::Fault(fault) => {
            tracing::error!(%fault, "applications.export: cut short");
            io::Error::other("the database is away")
        }
        crate::core::Failure::Refused(_) => io::Error::other("refused"),
    }
}
