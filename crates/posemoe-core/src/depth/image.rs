//! A depth image as `sensor_msgs/msg/Image` carries it (REP 118): 16UC1 in millimetres, 32FC1 in
//! metres; and as the `compressedDepth` transport unpacks to.

use nalgebra::Point2;

/// What a pixel is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pixel {
    /// A number of 16 bits.
    Millimetres,
    /// A floating-point number of 32 bits.
    Metres,
    /// A number of 16 bits that grows as things come nearer, as image_transport packs metres: they
    /// are `scale / (number - shift)`, and 0 is a hole.
    Inverse {
        /// What the inverse depth was multiplied by (m).
        scale: f32,
        /// What was added to that.
        shift: f32,
    },
}

impl Pixel {
    fn bytes(self) -> usize {
        match self {
            Self::Millimetres | Self::Inverse { .. } => 2,
            Self::Metres => 4,
        }
    }
}

/// Depths along the optical axis, pixel by pixel.
#[derive(Clone, PartialEq)]
pub struct DepthImage {
    width_px: u32,
    height_px: u32,
    /// Bytes from one row to the next.
    step: usize,
    pixel: Pixel,
    is_bigendian: bool,
    data: Vec<u8>,
}

/// Why an image is no depth image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepthImageError {
    /// It has other pixels.
    #[error("encoding {0}, expected 16UC1 (mm) or 32FC1 (m)")]
    Encoding(String),
    /// It has none.
    #[error("{0} x {1} px, expected at least one")]
    Empty(u32, u32),
    /// Rows overlap.
    #[error("step is {found} bytes, expected {least} or more for {width_px} px")]
    Step {
        /// Bytes from one row to the next.
        found: u32,
        /// Bytes of a row.
        least: usize,
        /// Its pixels.
        width_px: u32,
    },
    /// It ends early.
    #[error("{found} bytes of data, expected {least} or more for {rows} rows of {step}")]
    Truncated {
        /// Bytes there are.
        found: usize,
        /// Bytes that pixels need.
        least: usize,
        /// Rows.
        rows: u32,
        /// Bytes from one to the next.
        step: u32,
    },
}

impl DepthImage {
    /// From the fields of the message.
    ///
    /// # Errors
    /// [`DepthImageError`] says what was found and what was expected.
    pub fn new(
        [width_px, height_px]: [u32; 2],
        encoding: &str,
        is_bigendian: bool,
        step: u32,
        data: Vec<u8>,
    ) -> Result<Self, DepthImageError> {
        let pixel = match encoding {
            "16UC1" | "mono16" => Pixel::Millimetres,
            "32FC1" => Pixel::Metres,
            _ => return Err(DepthImageError::Encoding(crate::health::excerpt(encoding))),
        };
        Self::of([width_px, height_px], pixel, is_bigendian, step, data)
    }

    /// From pixels of which it is known what they are.
    ///
    /// # Errors
    /// [`DepthImageError`] says what was found and what was expected.
    pub fn of(
        [width_px, height_px]: [u32; 2],
        pixel: Pixel,
        is_bigendian: bool,
        step: u32,
        data: Vec<u8>,
    ) -> Result<Self, DepthImageError> {
        if width_px == 0 || height_px == 0 {
            return Err(DepthImageError::Empty(width_px, height_px));
        }
        let row = (width_px as usize).saturating_mul(pixel.bytes());
        if (step as usize) < row {
            return Err(DepthImageError::Step {
                found: step,
                least: row,
                width_px,
            });
        }
        // Drivers may leave out what fills up the last row.
        let rows_before = (height_px as usize - 1).saturating_mul(step as usize);
        let least = rows_before.saturating_add(row);
        if data.len() < least {
            return Err(DepthImageError::Truncated {
                found: data.len(),
                least,
                rows: height_px,
                step,
            });
        }
        Ok(Self {
            width_px,
            height_px,
            step: step as usize,
            pixel,
            is_bigendian,
            data,
        })
    }

    /// Width and height (px).
    pub fn size_px(&self) -> [u32; 2] {
        [self.width_px, self.height_px]
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.data.len()
    }

    /// Column and row of the pixel at which a place (px, pixel centres at whole numbers) is; `None`
    /// outside the image.
    pub(crate) fn pixel_at(&self, place_px: Point2<f64>) -> Option<[u32; 2]> {
        let within = |v: f64, size: u32| {
            let rounded = v.round();
            (rounded >= 0.0 && rounded < f64::from(size)).then_some(rounded as u32)
        };
        Some([
            within(place_px.x, self.width_px)?,
            within(place_px.y, self.height_px)?,
        ])
    }

    /// The depth at a pixel (m); `None` outside the image and where nothing was measured: 0, NaN,
    /// infinity.
    pub fn depth_m(&self, [column, row]: [u32; 2]) -> Option<f64> {
        if column >= self.width_px || row >= self.height_px {
            return None;
        }
        let start = row as usize * self.step + column as usize * self.pixel.bytes();
        let bytes = self.data.get(start..start + self.pixel.bytes())?;
        let depth_m = match self.pixel {
            Pixel::Millimetres => f64::from(self.number(bytes)?) / 1000.0,
            Pixel::Inverse { scale, shift } => {
                let number = Some(self.number(bytes)?).filter(|number| *number > 0)?;
                f64::from(scale) / (f64::from(number) - f64::from(shift))
            }
            Pixel::Metres => {
                let four: [u8; 4] = bytes.try_into().ok()?;
                f64::from(match self.is_bigendian {
                    true => f32::from_be_bytes(four),
                    false => f32::from_le_bytes(four),
                })
            }
        };
        (depth_m.is_finite() && depth_m > 0.0).then_some(depth_m)
    }

    fn number(&self, bytes: &[u8]) -> Option<u16> {
        let pair: [u8; 2] = bytes.try_into().ok()?;
        Some(match self.is_bigendian {
            true => u16::from_be_bytes(pair),
            false => u16::from_le_bytes(pair),
        })
    }
}

impl std::fmt::Debug for DepthImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "DepthImage({} x {} px, {:?})",
            self.width_px, self.height_px, self.pixel
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 x 2 pixels with rows of 20 bytes; the number at each is 1000 times its place from 1 on.
    fn image(encoding: &str, is_bigendian: bool) -> DepthImage {
        let mut data = vec![0xee; 40];
        for place in 0..6usize {
            let number = 1000 * (place as u16 + 1);
            let start = place / 3 * 20;
            match (encoding, is_bigendian) {
                ("16UC1", false) => {
                    data[start + place % 3 * 2..][..2].copy_from_slice(&number.to_le_bytes())
                }
                ("16UC1", true) => {
                    data[start + place % 3 * 2..][..2].copy_from_slice(&number.to_be_bytes())
                }
                (_, false) => data[start + place % 3 * 4..][..4]
                    .copy_from_slice(&(f32::from(number) / 1000.0).to_le_bytes()),
                (_, true) => data[start + place % 3 * 4..][..4]
                    .copy_from_slice(&(f32::from(number) / 1000.0).to_be_bytes()),
            }
        }
        DepthImage::new([3, 2], encoding, is_bigendian, 20, data).unwrap()
    }

    #[test]
    fn both_encodings_and_both_orders_of_bytes_with_padding_read_alike() {
        for encoding in ["16UC1", "32FC1"] {
            for is_bigendian in [false, true] {
                let image = image(encoding, is_bigendian);
                for place in 0..6u32 {
                    let depth_m = image.depth_m([place % 3, place / 3]);
                    assert_eq!(
                        depth_m,
                        Some(f64::from(place + 1)),
                        "{encoding} {is_bigendian}"
                    );
                }
                assert_eq!(image.depth_m([3, 0]), None);
                assert_eq!(image.depth_m([0, 2]), None);
            }
        }
    }

    #[test]
    fn holes_are_no_depths() {
        let metres =
            |m: f32| DepthImage::new([1, 1], "32FC1", false, 4, m.to_le_bytes().to_vec()).unwrap();
        for hole in [0.0, -1.0, f32::NAN, f32::INFINITY] {
            assert_eq!(metres(hole).depth_m([0, 0]), None);
        }
        let zero = DepthImage::new([1, 1], "16UC1", false, 2, vec![0, 0]).unwrap();
        assert_eq!(zero.depth_m([0, 0]), None);
    }

    #[test]
    fn inverse_depths_are_turned_back_and_those_behind_everything_are_none() {
        let pixel = Pixel::Inverse {
            scale: 10_100.0,
            shift: -1009.0,
        };
        let numbers = [0u16, 1, 4041, u16::MAX];
        let data = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        let image = DepthImage::of([4, 1], pixel, true, 8, data).unwrap();
        let found = [0, 1, 2, 3].map(|x| image.depth_m([x, 0]));
        assert_eq!(found[..3], [None, Some(10.0), Some(2.0)]);
        assert!(found[3].is_some_and(|m| (m - 0.1518).abs() < 1e-3));
        for (scale, shift) in [(f32::NAN, 0.0), (-1.0, 0.0), (1.0, 1.0), (1.0, 2.0)] {
            let pixel = Pixel::Inverse { scale, shift };
            let image = DepthImage::of([1, 1], pixel, false, 2, vec![1, 0]).unwrap();
            assert_eq!(image.depth_m([0, 0]), None, "{pixel:?}");
        }
    }

    #[test]
    fn what_is_no_depth_image_is_named() {
        let says = |size_px, encoding: &str, step, bytes: usize| {
            let image = DepthImage::new(size_px, encoding, false, step, vec![0; bytes]);
            image.unwrap_err().to_string()
        };
        assert_eq!(
            says([2, 2], "rgb8", 6, 12),
            "encoding \"rgb8\", expected 16UC1 (mm) or 32FC1 (m)"
        );
        assert_eq!(
            says([0, 2], "16UC1", 6, 12),
            "0 x 2 px, expected at least one"
        );
        assert_eq!(
            says([4, 2], "16UC1", 6, 12),
            "step is 6 bytes, expected 8 or more for 4 px"
        );
        assert_eq!(
            says([4, 3], "16UC1", 10, 27),
            "27 bytes of data, expected 28 or more for 3 rows of 10"
        );
        // A header that promises more than there is memory.
        let huge = says([u32::MAX, u32::MAX], "32FC1", u32::MAX, 8);
        assert!(huge.starts_with("step is 4294967295"), "{huge}");
        let tall = says([1, u32::MAX], "32FC1", u32::MAX, 8);
        assert!(tall.starts_with("8 bytes of data"), "{tall}");
    }

    #[test]
    fn an_image_of_8k_reads_as_any_other() {
        let [width, height] = [7680u32, 4320];
        let mut data = vec![0; (width * height * 2) as usize];
        let last = data.len() - 2;
        data[last..].copy_from_slice(&2500u16.to_le_bytes());
        let image = DepthImage::new([width, height], "16UC1", false, 2 * width, data).unwrap();
        assert_eq!(image.depth_m([width - 1, height - 1]), Some(2.5));
    }
}
