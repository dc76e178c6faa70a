//! How plausible people's poses are: of whom it is said, and when it is not known.

use std::cell::RefCell;
use std::rc::Rc;

use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe_core::lift::LiftError;
use posemoe_core::lift::plausibility::Plausibility;
use posemoe_core::skeleton::Pose;

use crate::bus::{Answer, Outgoing, Rig};
use crate::messages::{CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, ms, person};

/// Notes whom it is asked about, and answers what stands beside it.
#[derive(Clone)]
struct Judge {
    asked: Rc<RefCell<Vec<Vec<Pose>>>>,
    answer: fn(usize) -> Result<Option<f64>, LiftError>,
}

impl Judge {
    fn saying(answer: fn(usize) -> Result<Option<f64>, LiftError>) -> Self {
        Self {
            asked: Rc::default(),
            answer,
        }
    }

    fn rig(&self, ros_args: &str) -> Rig {
        let mut rig = Rig::judged(ros_args, Answer::Stand, self.clone());
        rig.send(CAMERA_INFO, &camera_info());
        rig
    }
}

impl Plausibility for Judge {
    fn of(&mut self, poses: &[Pose]) -> Result<Vec<Option<f64>>, LiftError> {
        self.asked.borrow_mut().push(poses.to_vec());
        (0..poses.len()).map(self.answer).collect()
    }
}

fn people(rig: &Rig, sent: &[Outgoing]) -> Vec<Person3D> {
    rig.on::<People3D>(PEOPLE, sent).unwrap().people
}

#[test]
fn everyone_is_judged_in_one_go_as_they_are_published() {
    let judge = Judge::saying(|n| Ok(Some(0.25 * (1 + n) as f64)));
    let mut rig = judge.rig("");
    let two = vec![person("7", 0.0), person("8", 1.0)];
    let sent = rig.send(KEYPOINTS, &detections(ms(0), two));
    let published = people(&rig, &sent);
    let said: Vec<f32> = published.iter().map(|p| p.plausibility).collect();
    assert_eq!(said, [0.25, 0.5]);
    let asked = judge.asked.borrow();
    assert_eq!(asked.len(), 1);
    for (person, pose) in published.iter().zip(&asked[0]) {
        let ankle = &person.joints[3].position;
        assert_eq!([ankle.x, ankle.y, ankle.z], <[f64; 3]>::from(pose[3]));
    }
}

#[test]
fn whoever_is_carried_forward_is_judged_too() {
    let judge = Judge::saying(|_| Ok(Some(0.75)));
    let mut rig = judge.rig("-p output_rate_hz:=10.0");
    rig.bus.now = ms(0);
    rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    for (at_ms, state) in [
        (50, Person3D::TRACKED),
        (400, Person3D::PREDICTED),
        (2000, Person3D::LOST),
    ] {
        let sent = rig.be_due(ms(at_ms));
        let [one] = &people(&rig, &sent)[..] else {
            panic!("one person")
        };
        assert_eq!((one.state, one.plausibility), (state, 0.75), "{at_ms} ms");
    }
    assert_eq!(judge.asked.borrow().len(), 3);
}

#[test]
fn what_is_not_known_is_nan() {
    let judge = Judge::saying(|n| Ok((n > 0).then_some(0.5)));
    let mut rig = judge.rig("");
    let two = vec![person("7", 0.0), person("8", 1.0)];
    let sent = rig.send(KEYPOINTS, &detections(ms(0), two));
    let published = people(&rig, &sent);
    assert!(published[0].plausibility.is_nan());
    assert_eq!(published[1].plausibility, 0.5);
}

#[test]
fn a_failure_is_counted_and_people_are_published_all_the_same() {
    let judge = Judge::saying(|_| Err(LiftError::Runtime("out of memory".into())));
    let mut rig = judge.rig("");
    let sent = rig.send(KEYPOINTS, &detections(ms(0), vec![person("7", 0.0)]));
    assert!(people(&rig, &sent)[0].plausibility.is_nan());
    let drops = rig.node.drops();
    let (_, tally) = drops.iter().next().expect("one cause");
    assert!(tally.last.contains("plausibility"), "{}", tally.last);
    assert!(tally.last.contains("out of memory"), "{}", tally.last);
}
