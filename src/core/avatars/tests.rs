//! Pictures as strangers send them: none brings the server down, and nothing but pixels is kept.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::is_picture_url;
use super::prepare::{LARGEST, prepare};
use crate::core::Refusal;

const FORMATS: [ImageFormat; 4] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

/// Left half red, right half blue, and not all of one shade.
fn drawing(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        let shade = 200 + u8::try_from((x * 7 + y * 3) % 50).unwrap();
        if x < width / 2 { Rgb([shade, 0, 0]) } else { Rgb([0, 0, shade]) }
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    // The encoder of GIF wants an alpha channel.
    let picture = match format {
        ImageFormat::Gif => DynamicImage::ImageRgba8(picture.to_rgba8()),
        _ => picture.clone(),
    };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn animation(frames: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for n in 0..frames {
        let pixel = if n == 0 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 255, 255]) };
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(4, 4, pixel))).unwrap();
    }
    drop(encoder);
    bytes
}

fn decoded(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

fn refusal(bytes: &[u8]) -> Refusal {
    prepare(bytes).err().expect("it was taken")
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// PNG §5.5.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    (!crc).to_be_bytes()
}

fn png_chunk(kind: &str, content: &[u8]) -> Vec<u8> {
    let named = [kind.as_bytes(), content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc(&named)].concat()
}

/// A PNG with more chunks after its head, which ends at byte 33.
fn png_with(chunks: &[u8]) -> Vec<u8> {
    let png = encoded(&drawing(8, 8), ImageFormat::Png);
    [&png[..33], chunks, &png[33..]].concat()
}

/// A small PNG whose head says another size.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&drawing(8, 8), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc(&png[12..29]);
    png[29..33].copy_from_slice(&crc);
    png
}

fn webp_chunk(kind: &str, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [kind.as_bytes(), &length, content, padding].concat()
}

fn webp_of(chunks: &[u8]) -> Vec<u8> {
    webp_chunk("RIFF", &[b"WEBP", chunks].concat())
}

fn webp_animation(frames: usize) -> Vec<u8> {
    let still = encoded(&drawing(8, 8), ImageFormat::WebP);
    let head = webp_chunk("VP8X", &[2, 0, 0, 0, 7, 0, 0, 7, 0, 0]);
    let place = [0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 40, 0, 0, 0];
    let frame = webp_chunk("ANMF", &[&place[..], &still[12..]].concat());
    webp_of(&[head, webp_chunk("ANIM", &[0; 6]), frame.repeat(frames)].concat())
}

#[test]
fn r69_a_picture_is_what_its_bytes_are_and_is_drawn_anew() {
    for (format, media_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let kept = prepare(&encoded(&drawing(40, 20), format)).unwrap();
        assert_eq!(kept.media_type, media_type);
        let picture = decoded(&kept.bytes);
        assert_eq!((picture.width(), picture.height()), (40, 20), "{format:?}");
        let (left, right) = (picture.to_rgb8()[(5, 10)].0, picture.to_rgb8()[(35, 10)].0);
        assert!(left[0] > 150 && left[2] < 90 && right[2] > 150 && right[0] < 90, "{format:?}");
    }
}

#[test]
fn r69_what_is_no_picture_or_lies_about_its_type_is_refused() {
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for text in [
        "",
        "hello",
        svg,
        "<!DOCTYPE html><script>alert(1)</script>",
        "%PDF-1.7",
        "BM\0\0\0\0",
        "GIF89a=1;alert(1)//",
        "RIFF\u{10}\0\0\0WEBPVP8 ",
        "RIFF\u{4}\0\0\0WEBP",
    ] {
        assert_eq!(refusal(text.as_bytes()), Refusal::ImageUnreadable, "{text}");
    }
    // The head of one kind, the body of another.
    let heads: [&[u8]; 4] =
        [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x10\x00\x00\x00WEBP"];
    for head in heads {
        for body in [svg.as_bytes(), &encoded(&drawing(8, 8), ImageFormat::Jpeg)] {
            let refusal = prepare(&[head, body].concat()).err();
            let may_be_one = head.starts_with(b"\xff") && body.starts_with(b"\xff");
            assert!(may_be_one || refusal == Some(Refusal::ImageUnreadable), "{head:?}");
        }
    }
    for format in [ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let mut body = encoded(&drawing(8, 8), format);
        body[..8].copy_from_slice(heads[0]);
        assert_eq!(refusal(&body), Refusal::ImageUnreadable, "{format:?}");
    }
}

#[test]
fn r69_5_mb_are_taken_and_a_byte_more_is_not() {
    let mut png = encoded(&drawing(8, 8), ImageFormat::Png);
    png.resize(LARGEST, 0);
    assert!(prepare(&png).is_ok());
    png.push(0);
    assert_eq!(refusal(&png), Refusal::ImageTooLarge);
}

#[test]
fn r69_cve_2024_29891_a_picture_that_is_something_else_too_becomes_a_picture_alone() {
    let script = "<script>alert(document.domain)</script>";
    let mut commented = encoded(&drawing(8, 8), ImageFormat::Jpeg);
    let length = u16::try_from(script.len() + 2).unwrap().to_be_bytes();
    commented.splice(2..2, [&[0xff, 0xfe], &length[..], script.as_bytes()].concat());
    let still = encoded(&drawing(8, 8), ImageFormat::WebP);
    let mut polyglots = vec![
        png_with(&png_chunk("tEXt", format!("Comment\0{script}").as_bytes())),
        commented,
        webp_of(&[&still[12..], &webp_chunk("EXIF", script.as_bytes())].concat()),
    ];
    for format in FORMATS {
        let picture = encoded(&drawing(8, 8), format);
        polyglots.push([&picture[..], script.as_bytes()].concat());
    }
    for polyglot in polyglots {
        assert!(holds(&polyglot, script));
        let kept = prepare(&polyglot).unwrap();
        assert!(!holds(&kept.bytes, script) && !holds(&kept.bytes, "alert"));
    }
}

#[test]
fn r69_a_bomb_is_refused_by_what_its_head_says() {
    for (width, height) in [(50_000, 50_000), (16_000_001, 1), (4001, 4000), (u32::MAX >> 1, 1)] {
        let refused = refusal(&png_claiming(width, height));
        assert_eq!(refused, Refusal::ImageTooManyPixels, "{width}x{height}");
    }
    assert_eq!(refusal(&png_claiming(0, 8)), Refusal::ImageUnreadable);
    let mut jpeg = encoded(&drawing(8, 8), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(refusal(&jpeg), Refusal::ImageTooManyPixels);
    let mut gif = encoded(&drawing(8, 8), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert_eq!(refusal(&gif), Refusal::ImageTooManyPixels);
    // A frame that is larger than the whole.
    let mut gif = encoded(&drawing(8, 8), ImageFormat::Gif);
    let image = gif.windows(5).position(|window| window == [0x2c, 0, 0, 0, 0]).unwrap();
    gif[image + 5..image + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(refusal(&gif), Refusal::ImageUnreadable);
    let huge = [&[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f][..], &[0; 64]].concat();
    let head = webp_chunk("VP8X", &[0, 0, 0, 0, 7, 0, 0, 7, 0, 0]);
    let webp = webp_of(&[head, webp_chunk("VP8 ", &huge)].concat());
    assert_eq!(refusal(&webp), Refusal::ImageUnreadable);
    // 16 million pixels are not too many.
    let white = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(4000, 4000, [255].into()));
    let kept = decoded(&prepare(&encoded(&white, ImageFormat::Png)).unwrap().bytes);
    assert_eq!((kept.width(), kept.height()), (1024, 1024));
}

#[test]
fn r69_of_an_animation_the_first_frame_is_kept_and_more_than_100_are_refused() {
    let kept = prepare(&animation(100)).unwrap();
    assert_eq!(kept.media_type, "image/png");
    assert_eq!(decoded(&kept.bytes).to_rgba8()[(1, 1)], Rgba([255, 0, 0, 255]));
    assert_eq!(refusal(&animation(101)), Refusal::ImageTooManyPixels);
    let kept = prepare(&webp_animation(100)).unwrap();
    assert_eq!(decoded(&kept.bytes).width(), 8);
    assert_eq!(refusal(&webp_animation(101)), Refusal::ImageTooManyPixels);
    let control = png_chunk("fcTL", &[0; 26]);
    assert_eq!(refusal(&png_with(&control.repeat(101))), Refusal::ImageTooManyPixels);
}

#[test]
fn r69_a_picture_that_breaks_off_is_refused_wherever_it_does() {
    for format in FORMATS {
        let whole = encoded(&drawing(40, 20), format);
        assert!(prepare(&whole).is_ok());
        for length in 0..whole.len() {
            let refused = refusal(&whole[..length]);
            assert_eq!(refused, Refusal::ImageUnreadable, "{format:?} of {length} bytes");
        }
    }
    for whole in [animation(3), webp_animation(3)] {
        for length in 0..whole.len() {
            assert_eq!(refusal(&whole[..length]), Refusal::ImageUnreadable, "{length} bytes");
        }
    }
}

#[test]
fn peer_kanidm_1_10_a_short_png_does_not_panic() {
    let png = encoded(&drawing(8, 8), ImageFormat::Png);
    for length in 0..64 {
        assert_eq!(refusal(&png[..length]), Refusal::ImageUnreadable);
    }
    // Nor does any other picture with a byte of it wrong.
    for format in FORMATS {
        let whole = encoded(&drawing(12, 12), format);
        for at in 0..whole.len() {
            for wrong in [0, 0xff, whole[at] ^ 0x55] {
                let mut picture = whole.clone();
                picture[at] = wrong;
                prepare(&picture).ok();
            }
        }
    }
}

#[test]
fn r69_where_a_picture_was_taken_is_not_kept_and_it_stands_upright() {
    // TIFF 6.0 §2: one entry, Orientation (274) as SHORT: 6, the top of the picture is at its right.
    let tiff = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0GPS 48.8584 N";
    let mut jpeg = encoded(&drawing(40, 20), ImageFormat::Jpeg);
    let exif = [&b"Exif\0\0"[..], tiff].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    jpeg.splice(2..2, [&[0xff, 0xe1], &length[..], &exif].concat());
    for picture in [jpeg, png_with(&png_chunk("eXIf", tiff))] {
        assert!(holds(&picture, "GPS"));
        let kept = prepare(&picture).unwrap();
        assert!(!holds(&kept.bytes, "GPS") && !holds(&kept.bytes, "Exif"));
        let upright = decoded(&kept.bytes).to_rgb8();
        let (width, height) = upright.dimensions();
        assert!(width == 20 && height == 40 || width == 8 && height == 8);
        // What was left is above.
        let (top, bottom) = (upright[(width / 2, 1)].0, upright[(width / 2, height - 2)].0);
        assert!(top[0] > 120 && bottom[2] > 120, "{top:?} {bottom:?}");
    }
}

#[test]
fn a_large_picture_is_made_smaller_and_keeps_its_shape_and_its_holes() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let kept = decoded(&prepare(&encoded(&drawing(1500, 600), format)).unwrap().bytes);
        assert_eq!((kept.width(), kept.height()), (1024, 410), "{format:?}");
    }
    let tall = decoded(&prepare(&encoded(&drawing(3, 3000), ImageFormat::Png)).unwrap().bytes);
    assert_eq!((tall.width(), tall.height()), (1, 1024));
    let glass =
        RgbaImage::from_fn(1500, 600, |x, _| Rgba([9, 200, 9, if x < 750 { 0 } else { 255 }]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let glass = encoded(&DynamicImage::ImageRgba8(glass.clone()), format);
        let kept = decoded(&prepare(&glass).unwrap().bytes).to_rgba8();
        assert_eq!((kept[(3, 3)].0[3], kept[(1000, 3)].0[3]), (0, 255), "{format:?}");
    }
    // Of 16 bits a channel, and of one.
    let deep = DynamicImage::ImageRgba16(drawing(20, 20).to_rgba16());
    assert_eq!(decoded(&prepare(&encoded(&deep, ImageFormat::Png)).unwrap().bytes).width(), 20);
    let grey = DynamicImage::ImageLuma8(drawing(20, 20).to_luma8());
    assert_eq!(decoded(&prepare(&encoded(&grey, ImageFormat::Jpeg)).unwrap().bytes).width(), 20);
}

#[test]
fn an_address_elsewhere_is_http_and_carries_nothing_else() {
    let long = |length: usize| format!("https://a.example/{}", "a".repeat(length - 18));
    for good in ["https://a.example/p.png", "http://a.example:8080/?x=%20#y", &long(2048)] {
        assert!(is_picture_url(good), "{good}");
    }
    for bad in [
        "",
        "a.example/p.png",
        "/p.png",
        "//a.example/p.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "https://ada:secret@a.example/p.png",
        "https://ada@a.example/p.png",
        "https://a.example/\np.png",
        "https://a.example/\u{7f}",
        " https://a.example/p.png",
        "https://a.example/p .png",
        "https://",
        &long(2049),
    ] {
        assert!(!is_picture_url(bad), "{bad}");
    }
}
