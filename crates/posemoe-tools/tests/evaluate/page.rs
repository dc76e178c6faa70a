//! The page of `--html`, as its readers have it: the figures of the JSON, nothing from elsewhere,
//! the same bytes each time.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{evaluate, of_walks, read, text, truth};

/// The page and the JSON of an evaluation with these words, which must end with `code`.
fn page<Word: AsRef<str>>(words: &[Word], code: i32) -> (String, Value) {
    let folder = tempfile::tempdir().unwrap();
    let [html, json] = ["page.html", "page.json"].map(|name| text(&folder.path().join(name)));
    let mut all: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    all.extend(["--html", &html, "--json", &json]);
    evaluate(&all, code);
    (fs::read_to_string(html).unwrap(), read(&json))
}

fn assert_self_contained(page: &str) {
    for foreign in [
        "http:", "https:", "src=", "href=", "url(", "@import", "<script", "<iframe", "<link",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    assert!(page.contains(policy));
}

fn count(page: &str, part: &str) -> usize {
    page.matches(part).count()
}

#[test]
fn the_page_of_the_walk_has_the_figures_of_its_json_and_nothing_from_elsewhere() {
    let (page, json) = page(&of_walks(&[]), 0);
    assert_self_contained(&page);
    let figure = |figures: &Value, key: &str| format!("{:.1}", figures[key].as_f64().unwrap());
    for key in ["mpjpe_mm", "p_mpjpe_mm", "pck150_pct", "root_error_mm"] {
        let tile = format!("<b>{}</b>", figure(&json["overall"], key));
        assert!(page.contains(&tile), "{tile}");
    }
    for sequence in json["sequences"].as_array().unwrap() {
        let cell = format!(">{}</td>", figure(sequence, "mpjpe_mm"));
        assert!(page.contains(&cell), "{cell}");
        // Over time, and from above.
        let name = sequence["name"].as_str().unwrap();
        assert!(
            count(&page, &format!("<strong>{name}</strong>")) >= 2,
            "{name}"
        );
    }
    for (joint, figures) in json["overall"]["per_joint"].as_object().unwrap() {
        let row = format!("{}</th><td>400</td>", joint.replace('_', " "));
        assert!(page.contains(&row), "{row}");
        assert!(page.contains(&format!(">{}</td>", figure(figures, "mpjpe_mm"))));
    }
    // 5 plots of all, 4 over time, 4 maps of the whole and 4 closer ones, 6 worst moments; each
    // described for who cannot see it.
    assert_eq!(count(&page, "<svg class=\"plot\""), 23);
    assert_eq!(count(&page, "role=\"img\" aria-label=\""), 23);
    assert_eq!(count(&page, "Since the first frame"), 6);
    let model = &json["sequences"][0]["prediction"]["replayed"]["model"];
    for expected in [
        model.as_str().unwrap(),
        "cam01_optical_frame",
        "memory_frames",
        "2025-10-09",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("Data loss"));
}

#[test]
fn the_same_gives_the_same_bytes() {
    let (first, _) = page(&of_walks(&[]), 0);
    let (second, _) = page(&of_walks(&["--jobs", "3"]), 0);
    assert!(first == second);
}

#[test]
fn a_difference_is_on_the_page_and_a_regression_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(&folder.path().join("before.json"));
    let (_, mut before) = page(&of_walks(&[]), 0);
    for sequence in before["sequences"].as_array_mut().unwrap() {
        sequence["mpjpe_mm"] = (sequence["mpjpe_mm"].as_f64().unwrap() - 2.0).into();
    }
    fs::write(&path, before.to_string()).unwrap();
    let (page, json) = page(&of_walks(&["--against", &path]), 1);
    assert_eq!(json["against"]["is_regression"], true);
    assert!(page.contains("<td class=\"worse\">worse<strong> regression</strong></td>"));
    assert!(page.contains("+2.00 to +2.00"));
    assert!(page.contains("A figure is worse than the tolerance allows."));
}

#[test]
fn data_loss_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let cut = text(&folder.path().join("cut.mcap"));
    let whole = fs::read(crate::program::walk(1)).unwrap();
    fs::write(&cut, &whole[..whole.len() * 2 / 3]).unwrap();
    let (page, json) = page(&[cut, "--truth".to_owned(), truth()], 3);
    let damage = json["sequences"][0]["damage"][0].as_str().unwrap();
    let said = page.find(damage).unwrap();
    assert!(page.find("Data loss").unwrap() < said);
    assert!(said < page.find("By sequence").unwrap());
}

/// People who stand, with a joint and an id that are up to no good.
fn table(path: &Path, frames: u32, ids: &[&str], right_m: f64) -> String {
    let mut table = "stamp_s,person,joint,x_m,y_m,z_m\n".to_owned();
    for frame in 0..frames {
        for (place, id) in ids.iter().enumerate() {
            let x_m = 2.0 * place as f64 + right_m;
            for (joint, x, y) in [
                ("left_hip", 0.1, 0.0),
                ("right_hip", -0.1, 0.0),
                ("left_shoulder", 0.2, -0.5),
                ("<img src=x onerror=alert(1)>", 0.3, -0.6),
            ] {
                let (time_s, id) = (f64::from(frame) * 0.1, id.replace('"', "\"\""));
                let x = x_m + x * (1.0 + right_m);
                table += &format!("{time_s},\"{id}\",{joint},{x},{y},3\n");
            }
        }
    }
    fs::write(path, table).unwrap();
    text(path)
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let ids = ["\"><script>alert(1)</script>", "a & b"];
    let truth = table(&folder.path().join("truth.csv"), 3, &ids, 0.0);
    let prediction = table(&folder.path().join("\"><script>x<.csv"), 3, &ids, 0.1);
    let (page, json) = page(&[&prediction, "--truth", &truth], 0);
    assert_eq!(json["overall"]["poses"], 6);
    for raw in ["<script", "<img", "alert(1)</script>"] {
        assert!(!page.contains(raw), "{raw}");
    }
    for escaped in [
        "&lt;script&gt;alert(1)",
        "a &amp; b",
        "&lt;img src=x",
        "&quot;&gt;&lt;script&gt;x",
    ] {
        assert!(page.contains(escaped), "{escaped}");
    }
}

#[test]
fn one_pose_without_a_sigma_is_a_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let truth = table(&folder.path().join("truth.csv"), 1, &["a"], 0.0);
    let prediction = table(&folder.path().join("one.csv"), 1, &["1"], 0.1);
    let (page, _) = page(&[&prediction, "--truth", &truth], 0);
    assert_eq!(count(&page, "<svg class=\"plot\""), 7); // no sigma, no reliability
    assert!(page.contains("The predictions say no sigma"));
    for wrong in ["NaN", "inf", "Infinity"] {
        assert!(!page.contains(&format!(">{wrong}")), "{wrong}");
    }
}

#[test]
fn of_many_sequences_the_worst_are_drawn_and_the_others_listed() {
    let folder = tempfile::tempdir().unwrap();
    let truth = table(&folder.path().join("truth.csv"), 12, &["a"], 0.0);
    let off = |n: u32| {
        let path = folder.path().join(format!("s{n:02}.csv"));
        table(&path, 12, &["1"], 0.01 * f64::from(n))
    };
    let predictions: Vec<String> = (0..14).map(off).collect();
    let (page, _) = page(
        &[&predictions[..], &["--truth".to_owned(), truth]].concat(),
        0,
    );
    assert!(page.contains("the 12 sequences with the greatest MPJPE; 2 others"));
    assert!(page.contains("<th scope=\"row\" title=\"s00\">s00</th>"));
    assert!(!page.contains("<strong>s00</strong>"));
    assert!(page.contains("<strong>s13</strong>"));
}
