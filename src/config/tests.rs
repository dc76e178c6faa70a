use std::time::Duration;

use super::*;
use posemoe_core::pipeline::Settings;

#[test]
fn defaults_are_those_of_the_core() {
    assert_eq!(Config::default().settings(), Settings::default());
}

#[test]
fn refusals_name_parameter_value_and_range() {
    let mut config = Config::default();
    let mut says = |name: &str, value: Value| config.set(name, &value).unwrap_err().to_string();
    assert_eq!(
        says("predict_s", Value::Float(11.0)),
        "parameter predict_s: found 11.0, expected a number from 0 to 10"
    );
    assert!(says("predict_s", Value::Float(f64::NAN)).contains("found NaN"));
    assert!(says("memory_frames", Value::Float(48.0)).contains("found 48.0, expected a whole"));
    assert!(
        says("max_people", Value::Float(1.5)).contains("expected a whole number from 1 to 256")
    );
    assert!(says("providers", Value::List(vec!["gpu".into()])).contains("cpu, cuda, tensorrt"));
    assert!(says("predikt_s", Value::Float(1.0)).contains("known are keypoints_topic"));
    assert!(says("publish_tf", Value::Text("yes".into())).contains("true or false"));
}

#[test]
fn looking_ahead_takes_a_window() {
    let mut config = Config {
        lookahead_s: 0.2,
        ..Config::default()
    };
    assert_eq!(
        config.check().unwrap_err().to_string(),
        "parameters mode and lookahead_s contradict each other: found stream, which answers at \
         once, and 0.2, expected lookahead_s 0, or mode window"
    );
    config.set("mode", &Value::Text("window".into())).unwrap();
    assert_eq!(config.mode(), Mode::Window);
    config.check().unwrap();
    Config::default().check().unwrap();
}

#[test]
fn whole_numbers_serve_as_floats() {
    let mut config = Config::default();
    config.set("predict_s", &Value::Int(2)).unwrap();
    assert_eq!(config.predict_s, 2.0);
}

#[test]
fn every_default_lies_in_its_own_range() {
    let mut config = Config::default();
    for parameter in Config::describe() {
        config.set(parameter.name, &parameter.default).unwrap();
        assert!(!parameter.description.is_empty());
    }
    assert_eq!(config, Config::default());
}

#[test]
fn the_lowest_rates_have_a_period_too() {
    let period = |rate_hz| {
        let config = Config {
            output_rate_hz: rate_hz,
            ..Config::default()
        };
        config.output_period()
    };
    assert_eq!(period(0.0), None);
    assert_eq!(period(20.0), Some(Duration::from_millis(50)));
    for rate_hz in [f64::MIN_POSITIVE, 2.7141e-319, 1e-12] {
        assert_eq!(period(rate_hz), Some(Duration::from_secs(24 * 3600)));
    }
}
