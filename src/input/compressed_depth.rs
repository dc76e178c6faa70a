//! `sensor_msgs/msg/CompressedImage` to a depth image, as the `compressedDepth` transport of
//! image_transport packs it: 12 bytes that say how depths became numbers of 16 bits, then those
//! numbers, as PNG or RVL.

mod rvl;

use std::io::Cursor;

use super::depth_image::usable;
use super::header;
use crate::msg::sensor_msgs::CompressedImage;
use posemoe_core::depth::image::{DepthImage, DepthImageError, Pixel};
use posemoe_core::depth::queue::Stamped;
use posemoe_core::health::{Drops, excerpt};

/// Unpacked images may have so many pixels, which is all of 8K: a message of a few bytes may
/// promise any size, and nothing is set aside for a larger one.
const MOST_PIXELS: u64 = 1 << 25;
/// Bytes of a pixel.
const PIXEL_BYTES: u32 = 2;
/// What a depth was multiplied and shifted by is behind four bytes that say nothing more.
const HEADER_BYTES: usize = 12;
const RVL_HEADER_BYTES: usize = 8;

/// Why a message is no depth image.
#[derive(Debug, thiserror::Error)]
pub enum CompressedDepthError {
    /// Its format names something else.
    #[error(
        "format {0}, expected such as \"16UC1; compressedDepth png\", with 16UC1 or 32FC1 and png \
         or rvl; is it the topic that ends in /compressedDepth?"
    )]
    Format(String),
    /// There is not even what comes before the pixels.
    #[error("{found} bytes of data, expected more than the {least} of the header")]
    NoHeader {
        /// Bytes there are.
        found: usize,
        /// Bytes of the headers.
        least: usize,
    },
    /// No depth can be told from its numbers.
    #[error("quantized by {scale} and {shift}, expected a number above 0 and a number")]
    Quantization {
        /// The first number.
        scale: f32,
        /// The second.
        shift: f32,
    },
    /// It would take too much memory.
    #[error("{width} x {height} px, expected {MOST_PIXELS} pixels or fewer")]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Its pixels are colours, or too short.
    #[error("PNG of {found}, expected grey of 16 bits")]
    PngPixels {
        /// What they are.
        found: String,
    },
    /// Its bytes are no PNG.
    #[error("PNG: {0}")]
    Png(#[from] png::DecodingError),
    /// Its bytes are no RVL.
    #[error("RVL: {0}")]
    Rvl(#[from] rvl::RvlError),
    /// What was packed is no depth image.
    #[error(transparent)]
    Image(#[from] DepthImageError),
}

/// The depth image of a message; `None` where it is none, which is counted.
pub fn stamped(message: &CompressedImage, drops: &mut Drops) -> Option<Stamped> {
    let (stamp, frame_id) = header(&message.header, drops)?;
    let image = usable(unpack(&message.format, &message.data), drops)?;
    Some(Stamped {
        stamp,
        frame_id,
        image,
    })
}

/// How numbers of 16 bits are packed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Packing {
    Png,
    Rvl,
}

fn unpack(format: &str, data: &[u8]) -> Result<DepthImage, CompressedDepthError> {
    let (encoding, packing) =
        read_format(format).ok_or_else(|| CompressedDepthError::Format(excerpt(format)))?;
    let no_header = |least| CompressedDepthError::NoHeader {
        found: data.len(),
        least,
    };
    let (config, packed) = data
        .split_first_chunk::<HEADER_BYTES>()
        .ok_or_else(|| no_header(HEADER_BYTES))?;
    let pixel = match encoding {
        Encoding::Millimetres => Pixel::Millimetres,
        Encoding::Metres => {
            let [_, _, _, _, a, b, c, d, e, f, g, h] = *config;
            let (scale, shift) = (
                f32::from_le_bytes([a, b, c, d]),
                f32::from_le_bytes([e, f, g, h]),
            );
            if !(scale.is_finite() && scale > 0.0 && shift.is_finite()) {
                return Err(CompressedDepthError::Quantization { scale, shift });
            }
            Pixel::Inverse { scale, shift }
        }
    };
    let (size_px, is_bigendian, numbers) = match packing {
        Packing::Png => {
            let (size_px, numbers) = png(packed)?;
            (size_px, true, numbers)
        }
        Packing::Rvl => {
            let (size, packed) = packed
                .split_first_chunk::<RVL_HEADER_BYTES>()
                .ok_or_else(|| no_header(HEADER_BYTES + RVL_HEADER_BYTES))?;
            let [a, b, c, d, e, f, g, h] = *size;
            let size_px = [
                u32::from_le_bytes([a, b, c, d]),
                u32::from_le_bytes([e, f, g, h]),
            ];
            let numbers = rvl::unpack(packed, pixels(size_px)?)?;
            (size_px, false, numbers)
        }
    };
    let step = size_px[0].saturating_mul(PIXEL_BYTES);
    Ok(DepthImage::of(size_px, pixel, is_bigendian, step, numbers)?)
}

/// What numbers of 16 bits stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Millimetres,
    Metres,
}

/// `None` of what is no compressed depth image. Before there was anything but PNG, none was named.
fn read_format(format: &str) -> Option<(Encoding, Packing)> {
    let (encoding, transport) = match format.split_once(';') {
        Some((encoding, transport)) => (encoding, transport),
        None => (format, "compressedDepth"),
    };
    let encoding = match encoding.trim() {
        "16UC1" | "mono16" => Encoding::Millimetres,
        "32FC1" => Encoding::Metres,
        _ => return None,
    };
    let mut words = transport.split_whitespace();
    let packing = match (words.next()?, words.next()) {
        ("compressedDepth", None | Some("png")) => Packing::Png,
        ("compressedDepth", Some("rvl")) => Packing::Rvl,
        _ => return None,
    };
    Some((encoding, packing))
}

/// How many pixels an image of this size has, if that is not too many.
fn pixels([width, height]: [u32; 2]) -> Result<usize, CompressedDepthError> {
    let pixels = u64::from(width) * u64::from(height);
    match usize::try_from(pixels) {
        Ok(count) if pixels <= MOST_PIXELS => Ok(count),
        _ => Err(CompressedDepthError::TooLarge { width, height }),
    }
}

/// Size (px) and numbers, the most significant byte first.
fn png(packed: &[u8]) -> Result<([u32; 2], Vec<u8>), CompressedDepthError> {
    let mut decoder = png::Decoder::new(Cursor::new(packed));
    decoder.set_transformations(png::Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    let header = decoder.read_header_info()?;
    let size_px = [header.width, header.height];
    let kind = (header.color_type, header.bit_depth);
    if kind != (png::ColorType::Grayscale, png::BitDepth::Sixteen) {
        let found = format!("{:?} of {} bits", kind.0, kind.1 as u8);
        return Err(CompressedDepthError::PngPixels { found });
    }
    let mut numbers = vec![0; pixels(size_px)? * PIXEL_BYTES as usize];
    decoder.read_info()?.next_frame(&mut numbers)?;
    Ok((size_px, numbers))
}

#[cfg(test)]
mod tests;
