//! What anybody on the network may ask of the node, and what not.

use posemoe::msg::rcl_interfaces::{
    DescribeParameters_Request, DescribeParameters_Response, Parameter, ParameterType,
    ParameterValue,
};

use crate::bus::Rig;
use crate::managed::{get, set};

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
