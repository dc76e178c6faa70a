//! What anybody on the network may ask of the node, and what not.

use posemoe::msg::hri_msgs::IdsList;
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::rcl_interfaces::{
    DescribeParameters_Request, DescribeParameters_Response, Parameter, ParameterType,
    ParameterValue,
};

use crate::bus::Rig;
use crate::managed::{get, set};
use crate::messages::{KEYPOINTS, PEOPLE, detections, header, ms, person, ready};

fn text(name: &str, value: &str) -> Parameter {
    Parameter {
        name: name.into(),
        value: ParameterValue {
            r#type: ParameterType::PARAMETER_STRING,
            string_value: value.into(),
            ..Default::default()
        },
    }
}

#[test]
fn nobody_on_the_network_chooses_what_the_node_loads() {
    let mut rig = Rig::new("-p autostart:=false -p model:=posemoe_xs.onnx");
    let paths = ["onnxruntime", "model", "tensorrt_cache"];
    for name in paths {
        let before = get(&mut rig, name);
        let refused = set(&mut rig, vec![text(name, "/tmp/theirs.so")]).remove(0);
        assert!(
            !refused.successful && refused.reason.contains("read-only"),
            "{refused:?}"
        );
        assert_eq!(get(&mut rig, name), before);
        // As when a dump of the node's own is loaded again.
        assert!(set(&mut rig, vec![text(name, &before.string_value)])[0].successful);
    }
    let delivery = text("qos_overrides./tf.publisher.reliability", "best_effort");
    assert!(
        set(&mut rig, vec![delivery])
            .remove(0)
            .reason
            .contains("read-only")
    );
    let asked = DescribeParameters_Request {
        names: paths
            .iter()
            .chain(&["predict_s"])
            .map(|name| (*name).to_owned())
            .collect(),
    };
    let described: DescribeParameters_Response = rig.ask("describe_parameters", &asked);
    let read_only: Vec<bool> = described.descriptors.iter().map(|d| d.read_only).collect();
    assert_eq!(read_only, [true, true, true, false]);
}

#[test]
fn values_of_any_length_are_refused_in_few_words() {
    let mut rig = Rig::new("-p autostart:=false");
    let long = "x".repeat(1_000_000);
    for parameter in [
        text("keypoints_topic", &long),
        text(&long, "x"),
        Parameter {
            name: "sources".into(),
            value: ParameterValue {
                r#type: ParameterType::PARAMETER_STRING_ARRAY,
                string_array_value: vec![String::new(); 1_000_000],
                ..Default::default()
            },
        },
    ] {
        let refused = set(&mut rig, vec![parameter]).remove(0);
        assert!(
            !refused.successful && refused.reason.len() < 200,
            "{refused:?}"
        );
        assert!(
            refused.reason.contains("expected up to 4096"),
            "{refused:?}"
        );
    }
}

#[test]
fn an_id_of_any_length_costs_its_own_length_once_at_most() {
    let mut rig = ready("-p publish_hri:=true -p target_frame:=odom");
    let long = "é".repeat(1_000_000);
    let most = "x".repeat(128);
    let seen = detections(ms(0), vec![person(&long, 0.0), person(&most, 1.0)]);
    let sent = rig.send(KEYPOINTS, &seen);
    assert!(sent.len() > 5);
    let longest = sent.iter().map(|out| out.payload.len()).max();
    assert!(longest < Some(50_000), "{longest:?}");
    let diagnosis = rig.diagnose(ms(10), vec![]);
    let counted = diagnosis.get("dropped: unusable person id");
    assert!(
        counted.starts_with("1 ") && counted.contains("(2000000 bytes)"),
        "{counted}"
    );
    assert!(counted.len() < 300, "{}", counted.len());
    let mut rig = ready("");
    let sent = rig.send(KEYPOINTS, &seen);
    let out: People3D = rig.on(PEOPLE, &sent).unwrap();
    let ids: Vec<&str> = out.people.iter().map(|person| person.id.as_str()).collect();
    assert_eq!(ids, ["u1", &most]);
}

#[test]
fn minus_one_is_nobodys_id() {
    let mut rig = ready("");
    let mut tracked = Vec::new();
    for i in 0..20 {
        let seen = detections(ms(i * 33), vec![person("-1", -0.5), person("-1", 0.5)]);
        let sent = rig.send(KEYPOINTS, &seen);
        let out: People3D = rig.on(PEOPLE, &sent).unwrap();
        let people = out.people.into_iter();
        tracked = people.map(|p| (p.id, p.state)).collect();
    }
    let expected = ["u1", "u2"].map(|id| (id.to_owned(), Person3D::TRACKED));
    assert_eq!(tracked, expected);
    assert!(rig.node.drops().is_empty(), "{:?}", rig.node.drops());
}

#[test]
fn bodies_that_come_and_go_leave_few_topics_open() {
    let mut rig = Rig::new("-p keypoints_type:=hri_msgs/msg/Skeleton2D -p max_people:=5");
    for i in 0..400 {
        rig.bus.now = ms(i);
        let list = IdsList {
            header: header(ms(i)),
            ids: (0..5).map(|body| format!("b{i}_{body}")).collect(),
        };
        rig.send("/humans/bodies/tracked", &list);
    }
    let topics = rig.bus.subscribed.iter().map(|topic| topic.name.as_str());
    let open = topics.filter(|name| name.ends_with("/skeleton2d"));
    let open: Vec<&str> = open.collect();
    assert_eq!(open.len(), 10);
    let last = open.iter().filter(|name| name.contains("/b399_"));
    assert_eq!(last.count(), 5, "{open:?}");
}

#[test]
fn a_frame_of_any_name_is_not_carried_about() {
    let mut rig = ready("");
    let mut seen = detections(ms(0), vec![person("7", 0.0)]);
    seen.header.frame_id = "x".repeat(1_000_000);
    assert!(rig.send(KEYPOINTS, &seen).is_empty());
    let diagnosis = rig.diagnose(ms(10), vec![]);
    let counted = diagnosis.get("dropped: bad header");
    assert!(
        counted.contains("(1000000 bytes), expected up to 255"),
        "{counted}"
    );
    assert!(diagnosis.message.len() < 500, "{}", diagnosis.message);
}
