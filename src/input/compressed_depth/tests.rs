use super::*;
use crate::msg::decode;
use posemoe_core::health::Cause;

const SIZE: [u32; 2] = [13, 7];

/// As scripts/make_golden_depth.py writes it; 0 where nothing was measured.
fn millimetres(x: u32, y: u32) -> u32 {
    match (x + y).is_multiple_of(5) || x == SIZE[0] - 1 {
        true => 0,
        false => 1 + (x * 4801 + y * 7919) % 65535,
    }
}

fn golden(name: &str) -> CompressedImage {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/depth/");
    decode(&std::fs::read(format!("{folder}{name}.cdr")).unwrap()).unwrap()
}

fn says(message: &CompressedImage) -> String {
    let mut drops = Drops::default();
    assert!(stamped(message, &mut drops).is_none());
    let mut noted = drops
        .iter()
        .filter(|(cause, _)| *cause == Cause::BadDepthImage);
    noted
        .next()
        .map(|(_, tally)| tally.last.clone())
        .unwrap_or_default()
}

#[test]
fn millimetres_are_what_others_have_packed() {
    for name in ["16UC1_png", "16UC1_rvl"] {
        let found = stamped(&golden(name), &mut Drops::default()).unwrap();
        assert_eq!(found.image.size_px(), SIZE, "{name}");
        assert_eq!(found.frame_id, "depth_optical_frame");
        for (x, y) in (0..SIZE[1]).flat_map(|y| (0..SIZE[0]).map(move |x| (x, y))) {
            let expected = Some(f64::from(millimetres(x, y)) / 1000.0).filter(|m| *m > 0.0);
            assert_eq!(found.image.depth_m([x, y]), expected, "{name} {x} {y}");
        }
    }
}

#[test]
fn metres_are_what_others_have_packed_but_for_rounding() {
    for name in ["32FC1_png", "32FC1_rvl"] {
        let found = stamped(&golden(name), &mut Drops::default()).unwrap();
        for (x, y) in (0..SIZE[1]).flat_map(|y| (0..SIZE[0]).map(move |x| (x, y))) {
            let depth_m = found.image.depth_m([x, y]);
            let expected_m = f64::from(millimetres(x, y)) / 1000.0;
            // What is nearer than 15 cm has no number, what is farther than 10 m none either.
            match expected_m {
                0.16..10.0 => {
                    let off_m = depth_m.unwrap() - expected_m;
                    // A step of the number is so much in depth.
                    let step_m = expected_m.powi(2) / 10_100.0;
                    assert!(
                        (-1e-4..1.2 * step_m + 1e-4).contains(&off_m),
                        "{name} {off_m}"
                    );
                }
                0.0 | 10.0.. => assert_eq!(depth_m, None, "{name} {x} {y}"),
                _ => {}
            }
        }
    }
}

#[test]
fn formats_are_read_as_image_transport_writes_them_and_wrote_them() {
    let (millimetres, metres) = (Encoding::Millimetres, Encoding::Metres);
    for (format, expected) in [
        (
            "16UC1; compressedDepth png",
            Some((millimetres, Packing::Png)),
        ),
        ("32FC1; compressedDepth rvl", Some((metres, Packing::Rvl))),
        ("16UC1; compressedDepth", Some((millimetres, Packing::Png))),
        ("32FC1;compressedDepth", Some((metres, Packing::Png))),
        (
            "mono16; compressedDepth rvl",
            Some((millimetres, Packing::Rvl)),
        ),
        ("16UC1", Some((millimetres, Packing::Png))),
        ("bgr8; jpeg compressed bgr8", None),
        ("16UC1; png compressed ", None),
        ("16UC1; compressedDepth zstd", None),
        ("rgb8; compressedDepth png", None),
        ("", None),
        (";", None),
    ] {
        assert_eq!(read_format(format), expected, "{format:?}");
    }
}

#[test]
fn what_cannot_be_unpacked_is_named() {
    type Spoil = fn(&mut CompressedImage);
    let cases: [(&str, Spoil, &str); 10] = [
        (
            "16UC1_png",
            |m| m.format = "bgr8; jpeg compressed bgr8".into(),
            "format \"bgr8; jpeg compressed bgr8\", expected such as",
        ),
        ("16UC1_png", |m| m.data.truncate(11), "11 bytes of data"),
        ("16UC1_rvl", |m| m.data.truncate(19), "19 bytes of data"),
        ("16UC1_png", |m| m.data.truncate(100), "PNG: "),
        ("16UC1_png", |m| m.data[14] ^= 1, "PNG: "),
        ("16UC1_png", |m| m.data.truncate(12), "PNG: "),
        (
            "16UC1_rvl",
            |m| m.data.truncate(40),
            "RVL: found the end after",
        ),
        (
            "16UC1_rvl",
            |m| m.data[20..].fill(0xff),
            "RVL: found a number of more than 32 bits",
        ),
        (
            "32FC1_png",
            |m| m.data[4..8].copy_from_slice(&f32::NAN.to_le_bytes()),
            "quantized by NaN and ",
        ),
        (
            "16UC1_rvl",
            |m| m.data[12..16].fill(0),
            "0 x 7 px, expected at least one",
        ),
    ];
    for (name, spoil, expected) in cases {
        let mut message = golden(name);
        spoil(&mut message);
        let text = says(&message);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn a_run_that_is_longer_than_the_image_is_named() {
    let mut message = golden("16UC1_rvl");
    // No zeros, then 3 + 8 * 5 others of an image of 2 x 2.
    message.data[12..20].copy_from_slice(&[2, 0, 0, 0, 2, 0, 0, 0]);
    message.data[20..24].copy_from_slice(&0x0b50_0000u32.to_le_bytes());
    assert_eq!(
        says(&message),
        "RVL: found 43 more pixels after 0, expected 4 in all"
    );
}

/// A PNG of this size that ends after its header, which is as it should be.
fn promise(size_px: [u32; 2], color: png::ColorType, depth: png::BitDepth) -> CompressedImage {
    let mut packed = Vec::new();
    let mut encoder = png::Encoder::new(&mut packed, size_px[0], size_px[1]);
    encoder.set_color(color);
    encoder.set_depth(depth);
    drop(encoder.write_header().unwrap());
    let mut message = golden("16UC1_png");
    message.data.truncate(HEADER_BYTES);
    message.data.append(&mut packed);
    message
}

#[test]
fn an_image_too_large_for_anyone_is_refused_before_anything_is_set_aside_for_it() {
    use png::{BitDepth, ColorType};
    let promised = promise([100_000, 100_000], ColorType::Grayscale, BitDepth::Sixteen);
    let mut promised_rvl = golden("16UC1_rvl");
    promised_rvl.data[12..20].fill(0xff);
    for (message, size) in [
        (promised, "100000 x 100000 px"),
        (promised_rvl, "4294967295 x 4294967295 px"),
    ] {
        let mut text = String::new();
        let cost = allocation_counter::measure(|| text = says(&message));
        assert_eq!(text, format!("{size}, expected 33554432 pixels or fewer"));
        assert!(cost.bytes_max < 1 << 20, "{cost:?}");
    }
}

#[test]
fn an_image_of_8k_is_not_too_large() {
    assert!(pixels([7680, 4320]).is_ok() && pixels([8192, 4097]).is_err());
}

#[test]
fn colours_and_bytes_are_no_depths() {
    use png::{BitDepth, ColorType};
    for (color, depth, expected) in [
        (ColorType::Rgb, BitDepth::Sixteen, "PNG of Rgb of 16 bits"),
        (
            ColorType::Grayscale,
            BitDepth::Eight,
            "PNG of Grayscale of 8 bits",
        ),
    ] {
        let text = says(&promise([4, 4], color, depth));
        assert!(text.starts_with(expected), "{text}");
    }
}

proptest::proptest! {
    /// Whatever bytes come: an image or an error, and of what was packed itself.
    #[test]
    fn any_bytes_are_an_image_or_an_error(
        mut data: Vec<u8>,
        is_rvl: bool,
        is_metres: bool,
        keeps in 0usize..400,
    ) {
        let packing = if is_rvl { "rvl" } else { "png" };
        let encoding = if is_metres { "32FC1" } else { "16UC1" };
        let mut message = golden(&format!("{encoding}_{packing}"));
        message.data.truncate(keeps);
        message.data.append(&mut data);
        if let Some(found) = stamped(&message, &mut Drops::default()) {
            let [width, height] = found.image.size_px();
            proptest::prop_assert!(u64::from(width) * u64::from(height) <= MOST_PIXELS);
        }
    }
}
