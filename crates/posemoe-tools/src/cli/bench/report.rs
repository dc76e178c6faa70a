//! The figures as text: a table, the ratios that matter, a page, JSON.

use std::fmt::Write as _;
use std::path::Path;

use super::Failure;
use super::cell::{Cell, Mode, Row};
use posemoe::config::Config;

/// Time between two frames of a usual detector (µs).
const FRAME_30_HZ_US: f64 = 1e6 / 30.0;

/// People that one core can follow at 30 Hz, had each the same cost.
pub fn people_at_30_hz(row: &Row) -> f64 {
    FRAME_30_HZ_US / row.us_per_frame_median * row.cell.people as f64
}

/// A list of rows, one a line.
pub fn json(rows: &[Row]) -> Result<String, Failure> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n{}\n]\n", lines?.join(",\n")))
}

/// The machine in a line.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "{model}, {cores} cores, {architecture} {system}; posemoe {}",
        env!("CARGO_PKG_VERSION")
    )
}

const HEADS: [&str; 8] = [
    "mode",
    "memory",
    "people",
    "median ms",
    "p99 ms",
    "CPU ms",
    "people at 30 Hz",
    "RSS MiB",
];

fn cells(row: &Row) -> [String; 8] {
    let ms = |us: f64| format!("{:.2}", us / 1e3);
    [
        match row.cell.depth {
            true => format!("{} + depth", row.cell.mode),
            false => row.cell.mode.to_string(),
        },
        row.cell.memory_frames.to_string(),
        row.cell.people.to_string(),
        ms(row.us_per_frame_median),
        ms(row.us_per_frame_p99),
        ms(row.cpu_us_per_frame),
        format!("{:.1}", people_at_30_hz(row)),
        format!("{:.0}", row.rss_mib),
    ]
}

/// For a terminal.
pub fn table(rows: &[Row]) -> String {
    let line = |cells: [String; 8]| {
        let [mode, rest @ ..] = cells;
        let rest: String = rest.iter().map(|cell| format!("{cell:>16}")).collect();
        format!("{mode:<17}{rest}\n")
    };
    let mut text = line(HEADS.map(str::to_owned));
    for row in rows {
        text += &line(cells(row));
    }
    text
}

fn find(rows: &[Row], mode: Mode, frames: usize, people: usize) -> Option<&Row> {
    rows.iter().find(|r| {
        let is_same = (r.cell.mode, r.cell.memory_frames, r.cell.people) == (mode, frames, people);
        is_same && !r.cell.depth
    })
}

/// What a depth image adds to a frame of the same (ms).
fn depth_adds_ms(rows: &[Row], of: &Row) -> Option<f64> {
    let with = rows.iter().find(|row| {
        row.cell
            == Cell {
                depth: true,
                ..of.cell
            }
    })?;
    Some((with.us_per_frame_median - of.us_per_frame_median) / 1e3)
}

/// How the rows of this run compare; whatever of them was measured.
pub fn ratios(rows: &[Row]) -> String {
    let mut text = String::new();
    let bounds = |mode| {
        let frames = rows
            .iter()
            .filter(|r| r.cell.mode == mode)
            .map(|r| r.cell.memory_frames);
        Some((frames.clone().min()?, frames.max()?))
    };
    let Some((short, long)) = bounds(Mode::Streaming) else {
        return text;
    };
    for row in rows
        .iter()
        .filter(|r| r.cell.mode == Mode::Streaming && r.cell.memory_frames == long)
        .filter(|r| !r.cell.depth)
    {
        let people = row.cell.people;
        let ratio =
            |other: Option<&Row>| other.map(|o| o.us_per_frame_median / row.us_per_frame_median);
        let _ = write!(text, "{people} people, {long} frames:");
        if let Some(share) = ratio(find(rows, Mode::StreamingXs, long, people)) {
            let _ = write!(text, " the smaller network {share:.2} x;");
        }
        if let Some(times) = ratio(find(rows, Mode::Window, long, people)) {
            let _ = write!(text, " {times:.0} x cheaper than the window anew;");
        }
        if let Some(times) = ratio(find(rows, Mode::WindowEntangled, long, people)) {
            let _ = write!(text, " {times:.0} x than the entangled network;");
        }
        if short < long
            && let Some(share) = ratio(find(rows, Mode::Streaming, short, people))
        {
            let _ = write!(text, " {:.2} x the cost of {short} frames;", 1.0 / share);
        }
        if let Some(ms) = depth_adds_ms(rows, row) {
            let _ = write!(text, " a depth image adds {ms:.2} ms;");
        }
        let load = row.cpu_us_per_frame / FRAME_30_HZ_US;
        let _ = writeln!(text, " {:.0} % of a core at 30 Hz", 100.0 * load);
    }
    text
}

/// A Markdown page with the table and its picture.
pub fn page(rows: &[Row], picture: &Path) -> String {
    let picture = picture.file_name().unwrap_or_default().to_string_lossy();
    let mut text = format!(
        "# Performance\n\n\
         What a frame costs, from serialized keypoints to serialized people, everything included, \
         on one core. Made by\n\
         `posemoe bench{} --report docs/performance.md`; all figures are of one run, and only \
         those compare.\n\n\
         Machine: {}.\n\n\
         ![time for each frame]({picture})\n\n```\n{}```\n\n",
        rate(rows),
        machine(),
        ratios(rows)
    );
    text += "- **streaming**: the default. The network sees each frame once and keeps 16 numbers \
             of it for each joint and\n  block; a new frame asks those.\n\
             - **streaming_xs**: the same with the smaller network that ships (`model: \
             posemoe_xs.onnx`).\n\
             - **window**: the weights of the first, run anew over all frames that are remembered, \
             for each new frame.\n\
             - **window_entangled**: a transformer of the same size without experts, run anew \
             likewise. Its weights mean\n  nothing: only its time is measured.\n\n";
    let defaults = Config::default();
    text += &format!(
        "`memory` is in frames; of itself a stream remembers {} and a window {}. `people at 30 Hz` \
        is what one core would\n\
         follow at that cost; CPU is what all cores together spend on a frame, mean; RSS is the \
         most that the process ever had.\n\n",
        defaults.memory_frames, defaults.window_frames
    );
    text += &format!(
        "| {} |\n|{}\n",
        HEADS.join(" | "),
        "---|".repeat(HEADS.len())
    );
    for row in rows {
        text += &format!("| {} |\n", cells(row).join(" | "));
    }
    text
}

/// How frames came, as it was asked for.
fn rate(rows: &[Row]) -> String {
    let rate_hz = rows.iter().find_map(|row| row.cell.rate_hz);
    rate_hz.map_or(String::new(), |hz| format!(" --rate {hz}"))
}

/// The sections of an earlier page, which are not ours.
pub fn sections(page: &str) -> &str {
    let start = page.find("\n## ");
    start.and_then(|start| page.get(start..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::cell::Cell;

    #[test]
    fn sections_below_the_table_stay() {
        let page = "# Performance\n\n| a |\n\n## Replay\n\nfast\n\n## More\n";
        assert_eq!(sections(page), "\n## Replay\n\nfast\n\n## More\n");
        assert_eq!(sections("# Performance\n"), "");
    }

    fn row(mode: Mode, memory_frames: usize, us: f64) -> Row {
        Row {
            cell: Cell {
                mode,
                memory_frames,
                people: 10,
                rate_hz: None,
                depth: false,
            },
            us_per_frame_median: us,
            us_per_frame_p99: us,
            cpu_us_per_frame: us,
            rss_mib: 50.0,
            frames: 9,
        }
    }

    #[test]
    fn ratios_compare_rows_of_the_same_crowd() {
        let rows = [
            row(Mode::Streaming, 27, 8_000.0),
            row(Mode::Streaming, 243, 10_000.0),
            row(Mode::StreamingXs, 243, 6_000.0),
            row(Mode::Window, 243, 1_000_000.0),
        ];
        assert_eq!(
            ratios(&rows),
            "10 people, 243 frames: the smaller network 0.60 x; 100 x cheaper than the window \
             anew; 1.25 x the cost of 27 frames; 30 % of a core at 30 Hz\n"
        );
        assert!((people_at_30_hz(&rows[1]) - 33.3).abs() < 0.1);
    }

    #[test]
    fn json_is_a_list_of_the_rows() {
        let rows = [row(Mode::WindowEntangled, 81, 5.0)];
        let read: Vec<Row> = serde_json::from_str(&json(&rows).unwrap()).unwrap();
        assert_eq!(read, rows);
        assert!(
            json(&rows)
                .unwrap()
                .contains(r#""mode":"window_entangled""#)
        );
    }
}
