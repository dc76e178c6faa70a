//! Frames that are lifted together (`frames_together`) give what they give one after the other,
//! dated alike.

use posemoe::bus::Event;
use posemoe_core::health::Cause;
use proptest::prelude::*;

use crate::bus::{Answer, Outgoing, Rig};
use crate::messages::{CAMERA_INFO, KEYPOINTS, camera_info, detections, ms, person};

const IDS: [&str; 5] = ["1", "2", "3", "4", "5"];

/// What happens so many milliseconds after what happened before.
#[derive(Clone, Debug)]
enum Happening {
    /// A frame shows some of the people.
    Frame { after_ms: i64, shown: [bool; 5] },
    /// A frame comes that is older than the last.
    Late { by_ms: i64 },
    /// A second has passed.
    Tick,
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let after_ms = prop_oneof![8 => 16..40_i64, 2 => 150..300_i64, 1 => 400..900_i64];
    let frame = (after_ms, prop::array::uniform5(prop::bool::weighted(0.6)))
        .prop_map(|(after_ms, shown)| Happening::Frame { after_ms, shown });
    let late = prop_oneof![1..50_i64, 3000..9000_i64].prop_map(|by_ms| Happening::Late { by_ms });
    let happening = prop_oneof![30 => frame, 1 => late, 2 => Just(Happening::Tick)];
    prop::collection::vec(happening, 1..60)
}

/// All that is published, in its order, but for diagnostics, whose details may come from another
/// frame; and what was dropped.
fn outcome(
    together: usize,
    answer: Answer,
    max_people: usize,
    all: &[Happening],
) -> (Vec<Outgoing>, Vec<(Cause, u64)>) {
    let args = format!("-p frames_together:={together} -p max_people:={max_people}");
    let mut rig = Rig::answering(&args, answer);
    rig.send(CAMERA_INFO, &camera_info());
    let (mut stamp_ms, mut sent) = (0, Vec::new());
    for happening in all {
        // Messages are under way for a while.
        rig.bus.now = ms(stamp_ms.max(0) + 7).max(rig.bus.now);
        sent.extend(match happening {
            Happening::Tick => rig.happen(&Event::Tick { now: rig.bus.now }),
            Happening::Frame { after_ms, shown } => {
                stamp_ms += after_ms;
                rig.bus.now = ms(stamp_ms + 7).max(rig.bus.now);
                let ids = IDS.iter().zip(shown).filter(|(_, shown)| **shown);
                let people = ids.zip(0..).map(|((id, _), x)| person(id, f64::from(x)));
                rig.send(KEYPOINTS, &detections(ms(stamp_ms), people.collect()))
            }
            Happening::Late { by_ms } => {
                let people = vec![person("1", 0.0)];
                if *by_ms > 1000 {
                    stamp_ms -= by_ms;
                    rig.send(KEYPOINTS, &detections(ms(stamp_ms), people))
                } else {
                    rig.send(KEYPOINTS, &detections(ms(stamp_ms - by_ms), people))
                }
            }
        });
    }
    sent.extend(rig.finish());
    let is_diagnostics =
        |out: &Outgoing| rig.bus.advertised[out.publisher.0].name == "/diagnostics";
    sent.retain(|out| !is_diagnostics(out));
    let dropped = rig.node.drops().iter();
    (
        sent,
        dropped.map(|(cause, tally)| (cause, tally.count)).collect(),
    )
}

proptest! {
    #[test]
    fn the_same_is_published_at_the_same_times(
        all in happenings(),
        together in 2..10_usize,
        max_people in 2..6_usize,
        answer in prop_oneof![
            8 => Just(Answer::Remember), 1 => Just(Answer::Fail), 1 => Just(Answer::NotFinite),
        ],
    ) {
        let (expected, expected_drops) = outcome(1, answer, max_people, &all);
        let (found, drops) = outcome(together, answer, max_people, &all);
        let differs = found.iter().zip(&expected).position(|(found, expected)| found != expected);
        prop_assert_eq!(differs.map(|at| (&found[at], &expected[at])), None);
        prop_assert_eq!((found.len(), drops), (expected.len(), expected_drops));
    }
}
