//! A picture as somebody sent it, and as it is kept: drawn anew from its pixels, so that nothing else
//! in the file (where it was taken, what hides after its end) is kept with them.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::error::{LimitError, LimitErrorKind};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use super::whole;
use crate::core::{Refusal, picture};

/// 5 MB; no more is looked at.
pub const LARGEST: usize = 5 * 1024 * 1024;
/// Of the picture as it was sent.
pub const PIXELS: u64 = 16_000_000;
const FRAMES: usize = 100;
/// Of the picture as it is kept; nobody shows a face larger.
const SIDE: u32 = 1024;
/// What decoding one picture may take: 16 million pixels of 16 bits each in four channels.
const MEMORY: u64 = 160 * 1024 * 1024;
const JPEG_QUALITY: u8 = 85;

/// A picture as it is kept.
pub struct Avatar {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
}

/// Reads a picture by what its bytes are, and draws it anew: upright, at most 1024 pixels wide and high.
/// Of an animation the first frame stays. JPEG, PNG and WebP stay what they are; GIF becomes PNG.
///
/// # Errors
/// [`Refusal::ImageTooLarge`], [`Refusal::ImageTooManyPixels`], [`Refusal::ImageUnreadable`].
pub fn prepare(bytes: &[u8]) -> Result<Avatar, Refusal> {
    if bytes.len() > LARGEST {
        return Err(Refusal::ImageTooLarge);
    }
    let format = picture::media_type(bytes).and_then(ImageFormat::from_mime_type);
    let format = format.ok_or(Refusal::ImageUnreadable)?;
    let frames = whole::frames(bytes, format).ok_or(Refusal::ImageUnreadable)?;
    if frames > FRAMES {
        return Err(Refusal::ImageTooManyPixels);
    }
    decode(bytes, format).and_then(|picture| encode(&picture, format)).map_err(
        |error| match error {
            ImageError::Limits(_) => Refusal::ImageTooManyPixels,
            _ => Refusal::ImageUnreadable,
        },
    )
}

fn decode(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    // What the head says, before room is made for it.
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if width > SIDE || height > SIDE {
        picture = picture.resize(SIDE, SIDE, FilterType::CatmullRom);
    }
    picture.apply_orientation(orientation);
    // The kinds of pixel that every encoder here knows.
    Ok(if picture.color().has_alpha() {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    })
}

fn encode(picture: &DynamicImage, format: ImageFormat) -> Result<Avatar, ImageError> {
    let mut bytes = Vec::new();
    let media_type = match format {
        ImageFormat::Jpeg => {
            JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(picture)?;
            "image/jpeg"
        }
        ImageFormat::WebP => {
            picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP)?;
            "image/webp"
        }
        _ => {
            picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
            "image/png"
        }
    };
    Ok(Avatar { bytes, media_type })
}
