//! The node as tools steer it: lifecycle, parameters, simulated time, delivery.

use posemoe::bus::{Durability, Qos, Reliability};
use posemoe::msg::diagnostic_msgs::DiagnosticStatus;
use posemoe::msg::lifecycle_msgs::{
    ChangeState_Request, ChangeState_Response, GetAvailableTransitions_Request,
    GetAvailableTransitions_Response, GetState_Request, GetState_Response, Transition,
    TransitionEvent,
};
use posemoe::msg::posemoe::{People3D, Person3D};
use posemoe::msg::rcl_interfaces::{
    DescribeParameters_Request, DescribeParameters_Response, GetParameters_Request,
    GetParameters_Response, ListParameters_Request, ListParameters_Response, Parameter,
    ParameterEvent, ParameterType, ParameterValue, SetParameters_Request, SetParameters_Response,
    SetParametersAtomically_Request, SetParametersAtomically_Response, SetParametersResult,
};
use posemoe::msg::rosgraph_msgs::Clock;
use posemoe::msg::tf2_msgs::TFMessage;

use crate::bus::{Outgoing, Rig};
use crate::messages::{CAMERA_INFO, KEYPOINTS, PEOPLE, camera_info, detections, ms, person, ready};

/// A person at that time; what is published upon it.
fn see(rig: &mut Rig, at_ms: i64) -> Vec<Outgoing> {
    rig.send(KEYPOINTS, &detections(ms(at_ms), vec![person("7", 0.0)]))
}

/// The states of the people of one frame.
fn states(rig: &mut Rig, at_ms: i64) -> Option<Vec<u8>> {
    let sent = see(rig, at_ms);
    let people: People3D = rig.on(PEOPLE, &sent)?;
    Some(people.people.iter().map(|person| person.state).collect())
}

pub fn change(rig: &mut Rig, label: &str) -> bool {
    let transition = Transition {
        label: label.into(),
        ..Default::default()
    };
    let answer: ChangeState_Response = rig.ask("change_state", &ChangeState_Request { transition });
    answer.success
}

fn state(rig: &mut Rig) -> String {
    let answer: GetState_Response = rig.ask("get_state", &GetState_Request::default());
    answer.current_state.label
}

pub fn number(name: &str, value: f64) -> Parameter {
    Parameter {
        name: name.into(),
        value: ParameterValue {
            r#type: ParameterType::PARAMETER_DOUBLE,
            double_value: value,
            ..Default::default()
        },
    }
}

pub fn switch(name: &str, value: bool) -> Parameter {
    Parameter {
        name: name.into(),
        value: ParameterValue {
            r#type: ParameterType::PARAMETER_BOOL,
            bool_value: value,
            ..Default::default()
        },
    }
}

pub fn set(rig: &mut Rig, parameters: Vec<Parameter>) -> Vec<SetParametersResult> {
    let asked = SetParameters_Request { parameters };
    let answer: SetParameters_Response = rig.ask("set_parameters", &asked);
    answer.results
}

pub fn get(rig: &mut Rig, name: &str) -> ParameterValue {
    let asked = GetParameters_Request {
        names: vec![name.into()],
    };
    let answer: GetParameters_Response = rig.ask("get_parameters", &asked);
    answer.values[0].clone()
}

#[test]
fn without_autostart_nothing_is_used_until_it_is_configured() {
    let mut rig = Rig::new("-p autostart:=false");
    assert_eq!(state(&mut rig), "unconfigured");
    assert!(rig.bus.subscribed.is_empty());
    let diagnosis = rig.diagnose(ms(0), vec![]);
    assert_eq!(
        (diagnosis.level, diagnosis.message.as_str()),
        (DiagnosticStatus::WARN, "the node is unconfigured")
    );
    assert!(!change(&mut rig, "activate"), "it is not configured");
    assert!(change(&mut rig, "configure"));
    rig.send(CAMERA_INFO, &camera_info());
    assert_eq!(states(&mut rig, 0), None, "not active");
    let diagnosis = rig.diagnose(ms(10), vec![]);
    assert!(
        diagnosis
            .get("dropped: node is not active")
            .starts_with('1')
    );
    assert!(change(&mut rig, "activate"));
    assert_eq!(states(&mut rig, 20), Some(vec![Person3D::TRACKED]));
}

#[test]
fn a_node_that_was_away_has_forgotten_everyone() {
    let mut rig = ready("");
    see(&mut rig, 0);
    assert!(change(&mut rig, "deactivate"));
    assert_eq!(states(&mut rig, 33), None);
    assert!(change(&mut rig, "activate"));
    // Lost is who was tracked before; then the same id begins anew.
    let anew = states(&mut rig, 66).unwrap();
    assert!(anew.contains(&Person3D::TRACKED), "{anew:?}");
    assert!(change(&mut rig, "deactivate") && change(&mut rig, "cleanup"));
    assert!(rig.bus.subscribed.iter().all(|topic| topic.name.is_empty()));
    assert!(change(&mut rig, "configure") && change(&mut rig, "activate"));
    rig.send(CAMERA_INFO, &camera_info());
    assert_eq!(states(&mut rig, 99), Some(vec![Person3D::TRACKED]));
    assert!(change(&mut rig, "shutdown"));
    assert_eq!(state(&mut rig), "finalized");
    assert!(!change(&mut rig, "configure"));
}

#[test]
fn what_fails_to_configure_leaves_nothing_open() {
    let mut rig = Rig::new("-p autostart:=false -p publish_hri:=true -p target_frame:=odom");
    let open = |rig: &Rig| -> Vec<String> {
        let topics = rig.bus.subscribed.iter().chain(&rig.bus.advertised);
        let names = topics.map(|topic| topic.name.clone());
        names.filter(|name| !name.is_empty()).collect()
    };
    let before = open(&rig);
    // The last that is opened of all.
    rig.bus.refused = vec!["/humans/bodies/tracked".to_owned()];
    for _ in 0..10 {
        assert!(!change(&mut rig, "configure"));
        assert_eq!(state(&mut rig), "unconfigured");
    }
    assert_eq!(open(&rig), before);
    rig.bus.refused.clear();
    assert!(change(&mut rig, "configure"));
    assert!(change(&mut rig, "cleanup"));
    assert_eq!(open(&rig), before);
}

#[test]
fn a_deactivated_node_has_no_bodies() {
    let mut rig = ready("-p publish_hri:=true");
    see(&mut rig, 0);
    let is_open = |rig: &Rig| {
        let mut topics = rig.bus.advertised.iter();
        topics.any(|topic| topic.name == "/humans/bodies/p7/joint_states")
    };
    assert!(is_open(&rig));
    assert!(change(&mut rig, "deactivate"));
    assert!(!is_open(&rig));
}

#[test]
fn each_transition_is_told() {
    let mut rig = ready("");
    assert!(change(&mut rig, "deactivate"));
    let sent = rig.bus.published.clone();
    assert_eq!(
        steps(&rig, &sent),
        [
            "deactivate 4: active -> deactivating 14",
            "transition_success 40: deactivating -> inactive 2"
        ]
    );
    let ways: GetAvailableTransitions_Response = rig.ask(
        "get_available_transitions",
        &GetAvailableTransitions_Request::default(),
    );
    let ways = ways.available_transitions.iter();
    let labels: Vec<&str> = ways.map(|way| way.transition.label.as_str()).collect();
    assert_eq!(labels, ["cleanup", "activate", "shutdown"]);
}

/// What `transition_event` says.
fn steps(rig: &Rig, sent: &[Outgoing]) -> Vec<String> {
    let told: Vec<TransitionEvent> = rig.all_on("/posemoe/transition_event", sent);
    let step = |event: &TransitionEvent| {
        let (by, from, to) = (&event.transition, &event.start_state, &event.goal_state);
        format!(
            "{} {}: {} -> {} {}",
            by.label, by.id, from.label, to.label, to.id
        )
    };
    told.iter().map(step).collect()
}

/// As of rclcpp's nodes: others wait for `configuring` and the like.
#[test]
fn each_transition_is_told_when_it_begins_and_when_it_ends() {
    let mut rig = Rig::new("-p autostart:=false -p publish_hri:=true");
    rig.bus.refused = vec!["/humans/bodies/tracked".to_owned()];
    assert!(!change(&mut rig, "configure"));
    let failed = [
        "configure 1: unconfigured -> configuring 10",
        "transition_failure 11: configuring -> unconfigured 1",
    ];
    assert_eq!(steps(&rig, &rig.bus.published), failed);
    rig.bus.refused.clear();
    for (transition, told) in [
        (
            "configure",
            [
                "configure 1: unconfigured -> configuring 10",
                "transition_success 10: configuring -> inactive 2",
            ],
        ),
        (
            "activate",
            [
                "activate 3: inactive -> activating 13",
                "transition_success 30: activating -> active 3",
            ],
        ),
        (
            "shutdown",
            [
                "shutdown 7: active -> shuttingdown 12",
                "transition_success 50: shuttingdown -> finalized 4",
            ],
        ),
    ] {
        assert!(change(&mut rig, transition));
        assert_eq!(steps(&rig, &rig.bus.published), told);
    }
    assert!(!change(&mut rig, "activate"), "nothing leads on");
    assert_eq!(steps(&rig, &rig.bus.published), [""; 0]);
}

/// `ros2 param load` of what `ros2 param dump` wrote: an empty list has no type there.
#[test]
fn every_parameter_can_be_set_to_what_it_is() {
    let mut rig = ready("");
    let asked = ListParameters_Request::default();
    let listed: ListParameters_Response = rig.ask("list_parameters", &asked);
    let mut parameters = Vec::new();
    for name in listed.result.names {
        let mut value = get(&mut rig, &name);
        let is_empty = value.string_array_value.is_empty();
        if value.r#type == ParameterType::PARAMETER_STRING_ARRAY && is_empty {
            value.r#type = ParameterType::PARAMETER_BOOL_ARRAY; // what ros2cli makes of []
        }
        parameters.push(Parameter { name, value });
    }
    let is_list = |p: &&Parameter| p.value.r#type == ParameterType::PARAMETER_BOOL_ARRAY;
    assert!(parameters.iter().any(|p| is_list(&p)), "a list is empty");
    for result in set(&mut rig, parameters) {
        assert!(result.successful, "{}", result.reason);
    }
    let mut wrong = switch("sources", true);
    wrong.value.r#type = ParameterType::PARAMETER_BOOL_ARRAY;
    wrong.value.bool_array_value = vec![true];
    assert!(!set(&mut rig, vec![wrong])[0].successful);
}

#[test]
fn parameters_change_at_once_or_say_why_not() {
    let mut rig = ready("");
    let results = set(
        &mut rig,
        vec![
            number("min_keypoint_score", 0.5),
            number("predict_s", 99.0),
            number("no_such_thing", 1.0),
            number("max_people", 3.0),
        ],
    );
    let successful: Vec<bool> = results.iter().map(|result| result.successful).collect();
    assert_eq!(successful, [true, false, false, false]);
    assert!(results[1].reason.contains("from 0 to 10"), "{results:?}");
    assert!(
        results[2].reason.contains("unknown parameter"),
        "{results:?}"
    );
    assert!(results[3].reason.contains("a whole number"), "{results:?}");
    assert_eq!(get(&mut rig, "min_keypoint_score").double_value, 0.5);
    assert_eq!(get(&mut rig, "predict_s").double_value, 0.5, "its default");
}

#[test]
fn what_is_set_counts_from_the_next_frame_on() {
    let mut rig = ready("");
    assert_eq!(states(&mut rig, 0), Some(vec![Person3D::TRACKED]));
    // The detector's scores are below that.
    assert!(set(&mut rig, vec![number("min_keypoint_score", 1.0)])[0].successful);
    assert_eq!(states(&mut rig, 33), Some(vec![Person3D::PREDICTED]));
    assert!(set(&mut rig, vec![switch("publish_tf", false)])[0].successful);
    let sent = see(&mut rig, 66);
    assert_eq!(rig.on::<TFMessage>("/tf", &sent), None);
    assert!(set(&mut rig, vec![switch("publish_tf", true)])[0].successful);
    let sent = see(&mut rig, 99);
    assert!(rig.on::<TFMessage>("/tf", &sent).is_some());
}

#[test]
fn what_is_used_at_configuration_changes_while_unconfigured() {
    let mut rig = ready("");
    let topic = || Parameter {
        name: "keypoints_topic".into(),
        value: ParameterValue {
            r#type: ParameterType::PARAMETER_STRING,
            string_value: "/other".into(),
            ..Default::default()
        },
    };
    let refused = set(&mut rig, vec![topic()]).remove(0);
    assert!(refused.reason.contains("cleanup"), "{refused:?}");
    assert!(change(&mut rig, "deactivate") && change(&mut rig, "cleanup"));
    assert!(set(&mut rig, vec![topic()])[0].successful);
    assert!(change(&mut rig, "configure"));
    assert!(
        rig.bus
            .subscribed
            .iter()
            .any(|topic| topic.name == "/other")
    );
}

#[test]
fn sigmas_are_scaled_from_the_next_frame_on() {
    let mut rig = ready("");
    let sigmas_m = |rig: &mut Rig, at_ms| {
        let sent = see(rig, at_ms);
        let people: People3D = rig.on(PEOPLE, &sent).unwrap();
        let joints = people.people[0].joints.iter();
        joints.map(|joint| joint.sigma_m).collect::<Vec<f64>>()
    };
    let before = sigmas_m(&mut rig, 0);
    assert!(set(&mut rig, vec![number("sigma_scale", 2.0)])[0].successful);
    for (before, after) in before.iter().zip(sigmas_m(&mut rig, 33)) {
        // With a second look the filter knows a little more, or less.
        let off = after / (2.0 * before) - 1.0;
        assert!(off.abs() < 0.05, "{before} m, then {after} m");
    }
}

#[test]
fn parameters_that_contradict_each_other_are_refused_and_both_named() {
    let mut rig = ready("");
    assert!(change(&mut rig, "deactivate") && change(&mut rig, "cleanup"));
    let mode = |value: &str| Parameter {
        name: "mode".into(),
        value: ParameterValue {
            r#type: ParameterType::PARAMETER_STRING,
            string_value: value.into(),
            ..Default::default()
        },
    };
    // A stream answers at once: to look ahead takes a window.
    let refused = set(&mut rig, vec![number("lookahead_s", 0.2)]).remove(0);
    assert!(!refused.successful);
    for word in ["mode", "lookahead_s", "contradict"] {
        assert!(refused.reason.contains(word), "{refused:?}");
    }
    assert_eq!(get(&mut rig, "lookahead_s").double_value, 0.0);
    // One after the other, in the order in which they are given.
    let results = set(&mut rig, vec![mode("window"), number("lookahead_s", 0.2)]);
    assert!(
        results.iter().all(|result| result.successful),
        "{results:?}"
    );
    let refused = set(&mut rig, vec![mode("stream")]).remove(0);
    assert!(refused.reason.contains("contradict"), "{refused:?}");
    assert_eq!(get(&mut rig, "mode").string_value, "window");
    let parameters = vec![
        number("lookahead_s", 0.0),
        mode("stream"),
        number("lookahead_s", 0.1),
    ];
    let asked = SetParametersAtomically_Request { parameters };
    let answer: SetParametersAtomically_Response = rig.ask("set_parameters_atomically", &asked);
    assert!(answer.result.reason.contains("contradict"), "{answer:?}");
    assert_eq!(
        get(&mut rig, "lookahead_s").double_value,
        0.2,
        "none of them"
    );
}

#[test]
fn all_or_none_when_asked_so() {
    let mut rig = ready("");
    let asked = SetParametersAtomically_Request {
        parameters: vec![number("predict_s", 2.0), number("stature_sigma", -1.0)],
    };
    let answer: SetParametersAtomically_Response = rig.ask("set_parameters_atomically", &asked);
    assert!(!answer.result.successful);
    assert_eq!(get(&mut rig, "predict_s").double_value, 0.5);
}

#[test]
fn changes_are_told_and_only_those() {
    let mut rig = ready("");
    set(&mut rig, vec![number("predict_s", 0.7)]);
    let sent = rig.bus.published.clone();
    let told: ParameterEvent = rig.on("/parameter_events", &sent).unwrap();
    assert_eq!(told.node, "/posemoe");
    let names: Vec<&str> = told
        .changed_parameters
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(names, ["predict_s"]);
    set(&mut rig, vec![number("predict_s", 0.7)]);
    let sent = rig.bus.published.clone();
    assert_eq!(rig.on::<ParameterEvent>("/parameter_events", &sent), None);
}

#[test]
fn parameters_are_listed_and_described() {
    let mut rig = ready("-p qos_overrides./tf.publisher.depth:=7");
    let list = |rig: &mut Rig, prefixes: &[&str], depth| {
        let prefixes = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        let asked = ListParameters_Request { prefixes, depth };
        let answer: ListParameters_Response = rig.ask("list_parameters", &asked);
        answer.result.names
    };
    let all = list(&mut rig, &[], 0);
    assert!(all.contains(&"predict_s".to_owned()));
    let overrides = list(&mut rig, &["qos_overrides"], 0);
    assert_eq!(overrides, ["qos_overrides./tf.publisher.depth"]);
    assert_eq!(list(&mut rig, &["qos_overrides"], 1), [""; 0]);
    assert_eq!(list(&mut rig, &["predict_s"], 0), ["predict_s"]);
    let asked = DescribeParameters_Request {
        names: vec!["predict_s".into(), "nonsense".into()],
    };
    let answer: DescribeParameters_Response = rig.ask("describe_parameters", &asked);
    let [predict_s, nonsense] = &answer.descriptors[..] else {
        panic!("one for each")
    };
    let range = &predict_s.floating_point_range[0];
    assert_eq!((range.from_value, range.to_value), (0.0, 10.0));
    assert!(predict_s.description.contains("predicted"));
    assert_eq!(nonsense.r#type, ParameterType::PARAMETER_NOT_SET);
}

#[test]
fn overrides_reach_the_topics() {
    let rig = ready(
        "-p qos_overrides./tf.publisher.durability:=transient_local \
         -p qos_overrides./front/people.subscription.reliability:=reliable \
         -r /yolo/tracking:=/front/people",
    );
    let qos = |topics: &[posemoe::bus::Topic], name: &str| -> Qos {
        topics.iter().find(|topic| topic.name == name).unwrap().qos
    };
    let tf = qos(&rig.bus.advertised, "/tf");
    assert_eq!((tf.durability, tf.depth), (Durability::TransientLocal, 100));
    let keypoints = qos(&rig.bus.subscribed, "/front/people");
    assert_eq!(keypoints.reliability, Reliability::Reliable);
}

#[test]
fn simulated_time_is_that_of_clock() {
    let mut rig = ready("-p use_sim_time:=true");
    rig.bus.now = ms(1_000_000); // of no use here
    let mut clock = Clock::default();
    (clock.clock.sec, clock.clock.nanosec) = ms(40).to_parts();
    rig.send("/clock", &clock);
    see(&mut rig, 0);
    let diagnosis = rig.diagnose(ms(1_000_000), vec![]);
    assert_eq!(diagnosis.message, "publishing");
    assert_eq!(
        diagnosis.get("stamp to publish (ms)"),
        "mean 40.00, max 40.00"
    );
    assert!(set(&mut rig, vec![switch("use_sim_time", false)])[0].successful);
    assert!(
        rig.bus
            .subscribed
            .iter()
            .all(|topic| topic.name != "/clock")
    );
}
