//! In steady state the streaming lifter allocates nothing; what its network does is not its own.

use allocation_counter::measure;
use nalgebra::Rotation3;
use posemoe_core::geometry::canonical::PersonView;
use posemoe_core::lift::PersonKey;
use posemoe_core::lift::network::{Answers, Step, StepNetwork};
use posemoe_core::lift::stream::{MemoryShape, Reach, StreamLifter};
use posemoe_core::lift::{LiftError, Lifted, Lifter, Seen};
use posemoe_stamp::Stamp;

const SHAPE: MemoryShape = MemoryShape {
    people: 8,
    reach: Reach {
        frames: 60,
        span_s: 8.0,
    },
    blocks: 4,
    width: 32,
    cycle_s: 10.0,
    together: 1,
};

/// Answers with zeros; not with numbers for whoever stands at 1.
struct Still;

impl StepNetwork for Still {
    fn step(
        &mut self,
        step: &Step<'_>,
        answers: Answers<'_>,
        entries: &mut [f32],
    ) -> Result<(), LiftError> {
        answers.joints_m.fill(0.0);
        answers.sigma_m.fill(0.1);
        entries.fill(0.5);
        for person in 0..step.people {
            if step.view[3 * person] == 1.0 {
                answers.sigma_m[17 * person] = f32::NAN;
            }
        }
        Ok(())
    }
}

fn view(x: f32) -> PersonView {
    PersonView {
        keypoints: [[x; 3]; 17],
        view: [x; 3],
        depth: [[x; 3]; 17],
        view_from_camera: Rotation3::identity(),
    }
}

/// A lifter with its clock.
struct Scene {
    lifter: StreamLifter<Still>,
    lifted: Vec<Option<Lifted>>,
    frame: i64,
}

impl Scene {
    fn step(&mut self, seen: &[Seen<'_>]) {
        self.frame += 1;
        let stamp = Stamp::from_nanos(self.frame * 33_333_333);
        self.lifter.lift(stamp, seen, &mut self.lifted).unwrap();
        assert_eq!(self.lifted.len(), seen.len());
    }
}

#[test]
fn hundreds_of_steps_allocate_nothing() {
    let (good, bad) = (view(0.5), view(1.0));
    let see = |person: u64, view| Seen {
        person: PersonKey(person),
        view,
    };
    let mut scene = Scene {
        lifter: StreamLifter::new(Still, SHAPE),
        lifted: Vec::new(),
        frame: 0,
    };
    // People come and leave, more in all than there are rows.
    let crowd: Vec<Seen<'_>> = (0..8).map(|person| see(person, &good)).collect();
    for first in 0..5 {
        scene.step(&crowd[first..]);
    }
    for person in 0..3 {
        scene.lifter.forget(PersonKey(person));
    }
    scene.step(&[see(20, &good), see(21, &good)]);

    let steady = measure(|| {
        for _ in 0..500 {
            scene.step(&crowd[3..]);
        }
    });
    assert_eq!(steady.count_total, 0, "{steady:?}");

    // Nor does it where people are unseen, fail, leave and come, once there was room for all.
    let unsteady = measure(|| {
        for newcomer in 100..400 {
            scene.step(&[crowd[7], see(newcomer, &good), crowd[4]]);
            scene.step(&[see(newcomer, &bad), crowd[5]]);
            scene.step(&[]);
            scene.lifter.forget(PersonKey(newcomer));
        }
    });
    assert_eq!(unsteady.count_total, 0, "{unsteady:?}");
}
