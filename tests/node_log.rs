//! What the node logs. The only test of its program: what others log at the same time, and whether
//! anybody listens to it, is global.

#[allow(dead_code)]
#[path = "node/bus.rs"]
mod bus;
#[allow(dead_code)]
#[path = "node/messages.rs"]
mod messages;
#[allow(dead_code)]
#[path = "node/remembering.rs"]
mod remembering;

use std::sync::{Arc, Mutex};

use posemoe::msg::sensor_msgs::CameraInfo;
use posemoe::msg::yolo_msgs::DetectionArray;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use bus::Rig;
use messages::{CAMERA_INFO, KEYPOINTS, camera_info, detections, ms, person, ready};

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Listens to what is logged meanwhile on this thread.
    fn of(&self, act: impl FnOnce()) {
        let subscriber = tracing_subscriber::registry().with(self.clone());
        tracing::subscriber::with_default(subscriber, act);
    }

    /// What it heard.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }
}

/// A second of frames, 20 of them, and the diagnostics of it.
fn second(rig: &mut Rig, from_ms: i64, make: impl Fn(i64) -> DetectionArray) {
    for at_ms in (from_ms..from_ms + 1000).step_by(50) {
        rig.bus.now = ms(at_ms);
        rig.send(KEYPOINTS, &make(at_ms));
    }
    rig.diagnose(ms(from_ms + 999), vec![]);
}

#[test]
fn a_fault_that_lasts_is_logged_once_and_so_is_its_end() {
    let heard = Lines::default();
    heard.of(|| {
        let mut rig = ready("");
        let mut broken = CameraInfo {
            d: vec![f64::NAN; 5],
            ..camera_info()
        };
        for at_s in 0..5 {
            second(&mut rig, 1000 * at_s, |_| DetectionArray::default());
            // Now and then a good one among them.
            rig.send(CAMERA_INFO, &broken);
            rig.send(CAMERA_INFO, &broken);
            rig.send(CAMERA_INFO, &camera_info());
        }
        broken.d[0] = 1.0;
        rig.send(CAMERA_INFO, &broken);
        rig.send(CAMERA_INFO, &camera_info());
        second(&mut rig, 5000, |at_ms| {
            detections(ms(at_ms), vec![person("7", 0.0)])
        });
    });
    let lines = heard.take();
    let starting = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count();
    assert_eq!(starting("none of 20 frames answered"), 1, "{lines:#?}");
    assert_eq!(
        starting("camera_info of"),
        2,
        "once for each problem: {lines:#?}"
    );
    assert_eq!(starting("publishing"), 1, "{lines:#?}");
}
