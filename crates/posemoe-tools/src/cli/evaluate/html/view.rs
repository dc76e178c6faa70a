//! Which way is up: how a coordinate frame is drawn as a map and as pictures.

/// Where the axes of a frame point (REP-103).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// A camera's optical frame: x right, y down, z forward.
    Optical,
    /// A body's, or the ground's: x forward, y left, z up.
    Ground,
}

/// Trunks, from their lower to their upper end.
const TRUNKS: [(&str, &str); 5] = [
    ("left_hip", "left_shoulder"),
    ("right_hip", "right_shoulder"),
    ("pelvis", "thorax"),
    ("left_hip", "head"),
    ("left_hip", "nose"),
];

impl View {
    /// Of a frame by its name; and where that does not end as optical frames do, by the way in
    /// which people stand in it: most trunks are more upright than not.
    pub fn of<'a>(frame_id: &str, people: impl Iterator<Item = Vec<(&'a str, [f32; 3])>>) -> Self {
        if frame_id.ends_with("optical_frame") || frame_id.ends_with("optical") {
            return Self::Optical;
        }
        let (mut down, mut up) = (0.0, 0.0);
        for joints in people {
            let at = |name: &str| joints.iter().find(|(n, _)| *n == name).map(|(_, at)| *at);
            for (low, high) in TRUNKS {
                if let (Some([_, low_y, low_z]), Some([_, high_y, high_z])) = (at(low), at(high)) {
                    down += low_y - high_y;
                    up += high_z - low_z;
                }
            }
        }
        if up > down {
            Self::Ground
        } else {
            Self::Optical
        }
    }

    /// To the right of who looks along the frame, up, and forward (m).
    pub fn right_up_forward(self, [x, y, z]: [f32; 3]) -> [f64; 3] {
        let turned = match self {
            Self::Optical => [x, -y, z],
            Self::Ground => [-y, z, x],
        };
        turned.map(f64::from)
    }

    /// Where the frame's camera sees a point: right and down, at a distance of 1; `None` where no
    /// camera is, or the point is not before it.
    pub fn image(self, [x, y, z]: [f32; 3]) -> Option<(f64, f64)> {
        let is_seen = self == Self::Optical && z > 0.01;
        is_seen.then(|| (f64::from(x / z), f64::from(y / z)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_known_by_its_name_or_by_who_stands_in_it() {
        let standing_on_z = || vec![("pelvis", [5.0, 1.0, 1.0]), ("thorax", [5.1, 1.0, 1.5])];
        let standing_against_y = || vec![("left_hip", [0.0, 0.2, 3.0]), ("nose", [0.1, -0.5, 3.1])];
        let of = |name: &str, joints| View::of(name, std::iter::once(joints));
        assert_eq!(of("map", standing_on_z()), View::Ground);
        assert_eq!(of("cam01", standing_against_y()), View::Optical);
        assert_eq!(
            of("camera_color_optical_frame", standing_on_z()),
            View::Optical
        );
        assert_eq!(View::of("", std::iter::empty()), View::Optical);
    }

    #[test]
    fn right_is_right_in_both() {
        let optical = View::Optical.right_up_forward([1.0, -2.0, 3.0]);
        assert_eq!(optical, View::Ground.right_up_forward([3.0, -1.0, 2.0]));
        assert_eq!(View::Optical.image([1.0, -2.0, 4.0]), Some((0.25, -0.5)));
        assert_eq!(View::Optical.image([1.0, 1.0, -4.0]), None);
        assert_eq!(View::Ground.image([1.0, -2.0, 4.0]), None);
    }
}
