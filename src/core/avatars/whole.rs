//! Whether the file of a picture is whole, and how many frames it has: told by the lengths that its
//! blocks have, before anything is decoded. Decoders are lenient with a picture that breaks off.

use image::ImageFormat;

use super::prepare::PIXELS;

/// How many frames the picture has; none if its end is missing or one of its blocks does not fit.
pub fn frames(bytes: &[u8], format: ImageFormat) -> Option<usize> {
    match format {
        ImageFormat::Png => png(bytes),
        ImageFormat::Jpeg => jpeg(bytes),
        ImageFormat::Gif => gif(bytes),
        ImageFormat::WebP => webp(bytes),
        _ => None,
    }
}

/// Chunks until `IEND` (PNG §5.3); each frame of an animation has an `fcTL`.
fn png(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut frames) = (8, 0);
    loop {
        let length = number(bytes.get(at..at + 4)?.iter());
        let kind = bytes.get(at + 4..at + 8)?;
        // The CRC comes after it.
        at = at.checked_add(length)?.checked_add(12)?;
        if at > bytes.len() {
            return None;
        }
        match kind {
            b"IEND" => return Some(frames.max(1)),
            b"fcTL" => frames += 1,
            _ => {}
        }
    }
}

/// Segments, and what is coded between them, until EOI (ITU-T T.81 §B.1).
fn jpeg(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        // Stuffed bytes and restarts belong to what is coded.
        at += bytes.get(at..)?.windows(2).position(
            |pair| matches!(pair, [0xff, marker] if !matches!(marker, 0 | 0x01 | 0xd0..=0xd7 | 0xff)),
        )?;
        if bytes[at + 1] == 0xd9 {
            return Some(1);
        }
        at += 2 + number(bytes.get(at + 2..at + 4)?.iter()).max(2);
    }
}

/// Blocks until the trailer (GIF89a §27). An image fits within its screen (§20).
fn gif(bytes: &[u8]) -> Option<usize> {
    let screen = bytes.get(6..13)?;
    let (width, height) = (little(&screen[..2]), little(&screen[2..4]));
    let (mut at, mut frames) = (13 + colours(screen[4]), 0);
    loop {
        match bytes.get(at)? {
            0x3b => return Some(frames),
            0x21 => at += 2,
            0x2c => {
                let image = bytes.get(at + 1..at + 10)?;
                let edge = |offset: usize, length: usize| {
                    little(&image[offset..offset + 2]) + little(&image[length..length + 2])
                };
                if edge(0, 4) > width || edge(2, 6) > height {
                    return None;
                }
                frames += 1;
                at += 10 + colours(image[8]) + 1;
            }
            _ => return None,
        }
        // Sub-blocks, each with its length before it; an empty one ends them.
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

/// Bytes of a colour table.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Chunks of the length that the head gives (RFC 9649 §2.3); each frame of an animation has an `ANMF`.
fn webp(bytes: &[u8]) -> Option<usize> {
    let (mut frames, mut stills) = (0, 0);
    let end = little(bytes.get(4..8)?).checked_add(8)?;
    for (kind, content) in chunks(bytes.get(12..end)?)? {
        match kind {
            b"ANMF" => {
                // Where it stands, how large it is and how long it is shown come first.
                let inner = chunks(content.get(16..)?)?;
                if !inner.into_iter().all(is_frame_of_bounded_size) {
                    return None;
                }
                frames += 1;
            }
            b"VP8 " | b"VP8L" if is_frame_of_bounded_size((kind, content)) => stills += 1,
            b"VP8 " | b"VP8L" => return None,
            _ => {}
        }
    }
    Some(frames.max(stills)).filter(|&frames| frames > 0)
}

/// A kind of four letters, and the content.
type Chunk<'a> = (&'a [u8], &'a [u8]);

fn chunks(mut bytes: &[u8]) -> Option<Vec<Chunk<'_>>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let length = little(bytes.get(4..8)?);
        all.push((&bytes[..4], bytes.get(8..length.checked_add(8)?)?));
        // Padded to an even length.
        bytes = bytes.get(length.checked_next_multiple_of(2)?.checked_add(8)?..)?;
    }
    Some(all)
}

/// A frame has a size of its own beside the one of the whole picture, and the decoder of `VP8` makes
/// room for it before it compares the two (RFC 6386 §9.1).
fn is_frame_of_bounded_size((kind, content): Chunk<'_>) -> bool {
    match (kind, content) {
        (b"VP8 ", [_, _, _, 0x9d, 0x01, 0x2a, size @ ..]) if size.len() >= 4 => {
            let (width, height) = (little(&size[..2]) & 0x3fff, little(&size[2..4]) & 0x3fff);
            (width * height) as u64 <= PIXELS
        }
        (b"VP8 ", _) => false,
        _ => true,
    }
}

fn number<'a>(bytes: impl Iterator<Item = &'a u8>) -> usize {
    bytes.fold(0, |number, &byte| number << 8 | usize::from(byte))
}

fn little(bytes: &[u8]) -> usize {
    number(bytes.iter().rev())
}
