//! `rosbags` for Python decodes the messages against the packages' own definitions, and a URDF
//! reader of its own shows the same pose.

use nalgebra::Vector3;
use posemoe::msg::type_info;
use posemoe::msg::{Message, encode};
use posemoe::output::hri::{Body, bodies, ids_list, joint_states, roi, skeleton2d, urdf};
use posemoe::output::nav;
use posemoe_bag::{BagBus, BagOptions};
use posemoe_bus::{Bus, Qos, Topic};
use posemoe_core::person::pose::{Poses, State};
use serde_json::{Map, Value, to_value};

use crate::common::{PARTS, direction, person, poses};
use crate::program::walk;
use crate::python::{printed, script};

/// A bag in the making, and what should be read from it.
struct Recording {
    bus: BagBus,
    messages: Map<String, Value>,
    hashes: Map<String, Value>,
}

impl Recording {
    fn write<M: Message>(&mut self, name: String, poses: &Poses, message: Option<M>) {
        let message = message.unwrap_or_else(|| panic!("{name}"));
        let qos = Qos::reliable(10);
        let type_name = M::TYPE_NAME;
        let topic = Topic {
            name: name.clone(),
            type_name,
            qos,
        };
        let publisher = self.bus.advertise(&topic).unwrap();
        let payload = encode(&message);
        self.bus.publish(publisher, poses.stamp, &payload);
        self.hashes
            .insert(type_name.to_owned(), M::TYPE_HASH.into());
        self.messages.insert(name, to_value(message).unwrap());
    }

    fn write_body(&mut self, poses: &Poses, body: &Body<'_>) {
        let topic = |name| format!("/humans/bodies/{}/{name}", body.id);
        self.write(topic("roi"), poses, roi::message(body));
        self.write(topic("skeleton2d"), poses, skeleton2d::message(body));
        self.write(topic("joint_states"), poses, joint_states::message(body));
        self.write(topic("urdf"), poses, urdf::message(body));
    }
}

#[test]
fn another_implementation_reads_the_messages_and_shows_the_pose() {
    let Some(mut script) = script("read_hri.py") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.mcap");
    let mut recording = Recording {
        // Some bag must be read for one to be written; of this one nothing is asked.
        bus: BagBus::open(&walk(1), Some(&output), BagOptions::new(type_info)).unwrap(),
        messages: Map::new(),
        hashes: Map::new(),
    };
    let poses = poses(vec![
        person("7", State::Tracked),
        person("8", State::Predicted),
    ]);
    let bodies = bodies(&poses);
    let tracked = "/humans/bodies/tracked".to_owned();
    let alive = bodies.iter().map(|body| body.id.clone()).collect();
    recording.write(tracked, &poses, Some(ids_list(&poses, alive)));
    recording.write("/people".to_owned(), &poses, Some(nav::message(&poses)));
    for body in &bodies {
        recording.write_body(&poses, body);
    }
    recording.bus.close().unwrap();

    let read: Value = serde_json::from_str(&printed(script.arg(&output))).unwrap();
    // Through text as well, since reading it rounds.
    let written = serde_json::to_string(&recording.messages).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    for (topic, message) in written.as_object().unwrap() {
        assert_eq!(&read["messages"][topic], message, "{topic}");
    }
    assert_eq!(read["hashes"], Value::Object(recording.hashes));

    let urdf = &read["urdf"]["/humans/bodies/p7/urdf"];
    assert_eq!(urdf["roots"], to_value(["body_p7"]).unwrap());
    let names = &read["messages"]["/humans/bodies/p7/joint_states"]["name"];
    assert_eq!(
        (&urdf["revolute"], names.as_array().unwrap().len()),
        (names, 20)
    );
    let place = |link: &str| {
        let place = &urdf["links"][format!("{link}_p7")];
        Vector3::<f64>::from(serde_json::from_value::<[f64; 3]>(place.clone()).unwrap())
    };
    for [from, to, upper, lower] in PARTS {
        let shown = place(lower) - place(upper);
        let off = direction(bodies[0].person, from, to).angle(&shown);
        // The lengths in the URDF are rounded to 0.1 mm.
        assert!(off.to_degrees() < 0.1, "{from} to {to}: {off} rad");
    }
}
