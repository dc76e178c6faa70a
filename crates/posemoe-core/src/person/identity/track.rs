//! One person who is followed in the image.

use crate::keypoint::Keypoint;
use crate::person::observation::Sighting;
use crate::skeleton::JOINT_COUNT;
use posemoe_stamp::Stamp;

/// Squared deviations, summed over place, size and pose, beyond which it is someone else.
pub const MOST_COST: f64 = 12.0;
/// Joints that two sightings must share to be compared.
const FEWEST_COMMON: usize = 3;
/// One deviation of where somebody is, in units of their apparent size (about half a metre): at
/// once, and more for each second unseen.
const PLACE: [f64; 2] = [0.2, 1.2];
/// Of the logarithm of their size.
const SIZE: [f64; 2] = [0.1, 0.2];
/// Of the pose, place and size apart, in units of size.
const POSE: [f64; 2] = [0.2, 0.4];
/// A motion is measured over so long (s), and gone on with for so long.
const MEASURED_S: f64 = 0.25;
const LASTING_S: f64 = 0.8;

type Joints = [Option<Keypoint>; JOINT_COUNT];

/// Who was last seen where, and how they moved.
#[derive(Clone, Debug)]
pub struct Track {
    /// The detector's own id, as it was last.
    pub detector_id: Option<String>,
    /// When.
    pub seen: Stamp,
    joints: Joints,
    /// px/s, and 1/s of the logarithm of the size.
    velocity: [f64; 3],
}

/// How one sighting lies against another.
struct Offset {
    /// Between the middles of what both show (px).
    place_px: [f64; 2],
    /// Apparent size of what both show, in the first: root mean square from its middle (px).
    size_px: f64,
    /// Logarithm of the second's size over the first's.
    log_size: f64,
    /// What is left of the joints' distances, in units of size (root mean square).
    pose: f64,
}

impl Track {
    /// Somebody who was not followed so far.
    pub fn new(stamp: Stamp, person: &Sighting) -> Self {
        Self {
            detector_id: person.track_id.clone(),
            seen: stamp,
            joints: person.joints,
            velocity: [0.0; 3],
        }
    }

    /// How little these joints are like this person at `stamp`, in squared deviations; `None` where
    /// too few joints are common.
    pub fn cost(&self, stamp: Stamp, joints: &Joints) -> Option<f64> {
        let offset = offset(&self.joints, joints)?;
        let unseen_s = stamp.seconds_since(self.seen);
        let lasting_s = LASTING_S * (1.0 - (-unseen_s / LASTING_S).exp());
        let of =
            |[once, each_s]: [f64; 2], value: f64| (value / (once + each_s * unseen_s)).powi(2);
        let apart = |axis: usize| {
            (offset.place_px[axis] - lasting_s * self.velocity[axis]) / offset.size_px
        };
        let place = of(PLACE, apart(0)) + of(PLACE, apart(1));
        let size = of(SIZE, offset.log_size - lasting_s * self.velocity[2]);
        Some(place + size + of(POSE, offset.pose))
    }

    /// This is them again.
    pub fn update(&mut self, stamp: Stamp, person: &Sighting) {
        let passed_s = stamp.seconds_since(self.seen);
        if let Some(offset) = offset(&self.joints, &person.joints).filter(|_| passed_s > 0.0) {
            let share = 1.0 - (-passed_s / MEASURED_S).exp();
            let moved = [offset.place_px[0], offset.place_px[1], offset.log_size];
            for (velocity, moved) in self.velocity.iter_mut().zip(moved) {
                *velocity += share * (moved / passed_s - *velocity);
            }
        }
        self.detector_id.clone_from(&person.track_id);
        self.seen = stamp;
        self.joints = person.joints;
    }
}

fn offset(a: &Joints, b: &Joints) -> Option<Offset> {
    let common: Vec<[[f64; 2]; 2]> = a
        .iter()
        .zip(b)
        .filter_map(|(a, b)| Some([a.as_ref()?, b.as_ref()?].map(|k| [k.x_px, k.y_px])))
        .collect();
    if common.len() < FEWEST_COMMON {
        return None;
    }
    let count = common.len() as f64;
    let middle = |which: usize, axis: usize| {
        common.iter().map(|pair| pair[which][axis]).sum::<f64>() / count
    };
    let middles = [0, 1].map(|which| [0, 1].map(|axis| middle(which, axis)));
    let size_px = [0, 1].map(|which| {
        let squares = common.iter().map(|pair| {
            (0..2)
                .map(|axis| (pair[which][axis] - middles[which][axis]).powi(2))
                .sum::<f64>()
        });
        (squares.sum::<f64>() / count).sqrt()
    });
    if !size_px.iter().all(|size| *size > 0.0) {
        return None;
    }
    let shape = |pair: &[[f64; 2]; 2], which: usize, axis: usize| {
        (pair[which][axis] - middles[which][axis]) / size_px[which]
    };
    let squares = common.iter().map(|pair| {
        (0..2)
            .map(|axis| (shape(pair, 0, axis) - shape(pair, 1, axis)).powi(2))
            .sum::<f64>()
    });
    Some(Offset {
        place_px: [0, 1].map(|axis| middles[1][axis] - middles[0][axis]),
        size_px: size_px[0],
        log_size: (size_px[1] / size_px[0]).ln(),
        pose: (squares.sum::<f64>() / count).sqrt(),
    })
}
