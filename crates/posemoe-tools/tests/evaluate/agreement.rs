//! The same figures by another implementation, `tests/interop/check_metrics.py`, to 1e-6.

use crate::python::{printed, script};
use crate::{evaluate, replayed, text, truth};

/// How many figures agreed.
fn agreed(printed: &str) -> u32 {
    let count = printed.strip_suffix(" figures agree\n").unwrap();
    count.parse().unwrap()
}

#[test]
fn people_at_random_agree() {
    let (Some(mut write), Some(mut check)) =
        (script("check_metrics.py"), script("check_metrics.py"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&folder.path().join(name));
    let (prediction, truth, json) = (
        path("prediction.csv"),
        path("truth.csv"),
        path("report.json"),
    );
    printed(write.args(["random", &text(folder.path())]));
    evaluate(&[&prediction, "--truth", &truth, "--json", &json], 0);
    assert!(agreed(&printed(check.args(["tables", &prediction, &truth, &json]))) > 400);
}

#[test]
fn the_walk_agrees() {
    let Some(mut check) = script("check_metrics.py") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let bags: Vec<String> = replayed(folder.path())
        .iter()
        .map(|bag| text(bag))
        .collect();
    let json = text(&folder.path().join("report.json"));
    let more = ["--truth", &truth(), "--json", &json].map(str::to_owned);
    evaluate(&[&bags[..], &more].concat(), 0);
    assert!(agreed(&printed(check.arg("walk").args(&bags).arg(&json))) > 700);
}
