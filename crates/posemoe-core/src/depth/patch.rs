//! The surface around one pixel: the nearest that is more than a speck.

use super::image::DepthImage;

/// Half the side of the patch on the surface (m), and the fewest and most pixels that it may be.
const REACH_M: f64 = 0.03;
const LEAST_REACH_PX: u32 = 1;
const MOST_REACH_PX: u32 = 12;
/// Pixels along each side that are looked at, of however many there are.
const SAMPLES: u32 = 7;
/// A surface's depths within a patch differ by so much at most (m), and by so much of themselves:
/// noise.
const THICKNESS_M: f64 = 0.06;
const THICKNESS_SHARE: f64 = 0.02;
/// What fewer pixels than these show is a speck, or what flies at an edge.
const LEAST_PIXELS: usize = 3;
const LEAST_SHARE: f64 = 0.25;

/// The depth (m) of the nearest surface around a pixel: the median of what belongs to it. `None`
/// where hardly anything was measured. `focal_px` says how large the patch is.
pub(crate) fn surface_m(image: &DepthImage, centre: [u32; 2], focal_px: f64) -> Option<f64> {
    // First a few pixels to know how far away it is, then as many as are as wide as a limb there.
    let near = Samples::around(image, centre, LEAST_REACH_PX);
    let about_m = near.sorted().first().copied()?;
    let reach_px = (REACH_M * focal_px / about_m).min(f64::from(MOST_REACH_PX)) as u32;
    let wide = (reach_px > LEAST_REACH_PX).then(|| Samples::around(image, centre, reach_px));
    wide.and_then(|wide| nearest_surface_m(wide.sorted()))
        .or_else(|| nearest_surface_m(near.sorted()))
}

/// Of depths (m), nearest first.
fn nearest_surface_m(depths_m: &[f64]) -> Option<f64> {
    let least = LEAST_PIXELS.max((LEAST_SHARE * depths_m.len() as f64).ceil() as usize);
    (0..depths_m.len()).find_map(|first| {
        let nearest_m = depths_m[first];
        let end_m = nearest_m + THICKNESS_M + THICKNESS_SHARE * nearest_m;
        let count = depths_m[first..].partition_point(|m| *m <= end_m);
        (count >= least).then(|| depths_m[first + count / 2])
    })
}

/// Depths (m) that were measured around a pixel.
struct Samples {
    depths_m: [f64; (SAMPLES * SAMPLES) as usize],
    count: usize,
}

impl Samples {
    /// Spread evenly over the patch, every other row a pixel aside: holes may come in a pattern.
    fn around(image: &DepthImage, [column, row]: [u32; 2], reach_px: u32) -> Self {
        let mut samples = Self {
            depths_m: [0.0; (SAMPLES * SAMPLES) as usize],
            count: 0,
        };
        let sides = (2 * reach_px + 1).min(SAMPLES);
        let at = |middle: u32, n: u32, aside: u32| {
            let offset = (2 * reach_px * n + (sides - 1) / 2) / (sides - 1);
            (middle + offset + aside).checked_sub(reach_px)
        };
        let is_sparse = 2 * reach_px + 1 > SAMPLES;
        for y in 0..sides {
            for x in 0..sides {
                let aside = u32::from(is_sparse && y % 2 == 1);
                let place = at(column, x, aside).zip(at(row, y, 0));
                if let Some(depth_m) = place.and_then(|(x, y)| image.depth_m([x, y])) {
                    samples.depths_m[samples.count] = depth_m;
                    samples.count += 1;
                }
            }
        }
        samples.depths_m[..samples.count].sort_unstable_by(f64::total_cmp);
        samples
    }

    /// Nearest first.
    fn sorted(&self) -> &[f64] {
        &self.depths_m[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u32 = 41;
    const CENTRE: [u32; 2] = [20, 20];

    /// What is seen at 600 px of focal length, in millimetres.
    fn surface(millimetres: impl Fn(u32, u32) -> u16) -> Option<f64> {
        let pixels = (0..SIZE * SIZE)
            .flat_map(|place| millimetres(place % SIZE, place / SIZE).to_le_bytes());
        let image = DepthImage::new([SIZE; 2], "16UC1", false, 2 * SIZE, pixels.collect());
        surface_m(&image.unwrap(), CENTRE, 600.0)
    }

    #[test]
    fn a_wall_is_where_it_is_and_nothing_is_nowhere() {
        assert_eq!(surface(|_, _| 3000), Some(3.0));
        assert_eq!(surface(|_, _| 0), None);
    }

    #[test]
    fn at_the_edge_of_a_limb_it_is_the_limb() {
        // The keypoint is a pixel beside the limb.
        let found = surface(|x, _| if x < 20 { 3000 } else { 5000 });
        assert_eq!(found, Some(3.0));
    }

    #[test]
    fn a_speck_in_front_is_not_the_surface() {
        let found = surface(|x, y| if (x, y) == (20, 20) { 900 } else { 3000 });
        assert_eq!(found, Some(3.0));
    }

    #[test]
    fn holes_leave_what_is_between_them() {
        let found = surface(|x, y| if (x + y) % 2 == 0 { 0 } else { 3000 });
        assert_eq!(found, Some(3.0));
        assert_eq!(
            surface(|x, y| if (x, y) == (20, 20) { 3000 } else { 0 }),
            None
        );
    }

    #[test]
    fn noise_is_evened_out() {
        let found = surface(|x, y| 3000 + [0, 20, 40, 10, 30][((7 * x + 3 * y) % 5) as usize]);
        assert!((found.unwrap() - 3.02).abs() < 0.011, "{found:?}");
    }

    #[test]
    fn at_the_corner_of_the_image_it_looks_at_what_there_is() {
        let data = [3u16; 4].map(|m| (1000 * m).to_le_bytes()).concat();
        let image = DepthImage::new([2, 2], "16UC1", false, 4, data).unwrap();
        assert_eq!(surface_m(&image, [0, 0], 600.0), Some(3.0));
        assert_eq!(surface_m(&image, [1, 1], f64::INFINITY), Some(3.0));
    }
}
