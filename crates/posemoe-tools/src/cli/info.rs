//! `posemoe info BAG`: what a bag has, and what the node would take of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::bag_topics::{self, Use};
use super::{EXIT_DATA_LOSS, EXIT_UNUSABLE, file};
use crate::cli::say::{complain, say};
use posemoe::config::ros_args::RosArgs;
use posemoe::msg::type_info;
use posemoe_bag::{BagFile, BagInfo, BagTopic, TopicInfo};
use posemoe_stamp::Stamp;

/// What to look at.
#[derive(Clone, Debug, clap::Args)]
pub struct InfoArgs {
    /// The bag: a rosbag2 folder, or an .mcap or .db3 file, which may be compressed (.zstd).
    pub input: PathBuf,
    /// Write the same here.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Prints it on standard output, and says how it went.
pub fn run(args: &InfoArgs, ros: &RosArgs) -> ExitCode {
    let done = posemoe_bag::describe(&args.input, type_info).map_err(|error| error.to_string());
    let done = done.and_then(|info| {
        let topics: Vec<_> = info.topics.iter().map(as_bag_topic).collect();
        let uses = bag_topics::uses(&topics, ros);
        print(&info, &uses);
        if let Some(path) = &args.json {
            write(path, &info, &uses)?;
        }
        Ok(info.damage.is_empty() && info.losses.is_empty())
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_DATA_LOSS),
        Err(error) => {
            complain!("posemoe info: {error}");
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}

fn as_bag_topic(topic: &TopicInfo) -> BagTopic {
    BagTopic {
        name: topic.name.clone(),
        type_name: topic.type_name.clone(),
        message_count: topic.message_count,
    }
}

fn print(info: &BagInfo, uses: &[Use]) {
    for file in &info.files {
        let packed = if file.is_packed { ", zstd" } else { "" };
        say!(
            "file          {} ({}{packed}, {:.3} MB)",
            file.path.display(),
            file.storage,
            file.len as f64 * 1e-6
        );
    }
    if let Some((start, end)) = info.span {
        say!("start         {} UTC", utc(start));
        say!("duration      {:.3} s", end.seconds_since(start));
    }
    let messages: u64 = info.topics.iter().map(|topic| topic.message_count).sum();
    say!("messages      {messages}");
    let (name_len, type_len) = widths(info);
    for topic in &info.topics {
        let rate = topic.rate_hz.map(|hz| format!("{hz:.2} Hz"));
        let reliability = match topic.reliability.as_slice() {
            [] => "-".to_owned(),
            offered => offered.join(", "),
        };
        say!(
            "topic         {:name_len$}  {:type_len$}  {:>7}  {:>10}  {}",
            topic.name,
            topic.type_name,
            topic.message_count,
            rate.as_deref().unwrap_or("-"),
            reliability,
        );
    }
    uses.iter().for_each(|one| say!("{one}"));
    for damage in &info.damage {
        complain!("damage: {damage}");
    }
    for loss in &info.losses {
        let (count, topic, cause) = (loss.count, &loss.topic, loss.cause);
        complain!("lost: {count} messages of {topic}: {cause}");
    }
}

fn widths(info: &BagInfo) -> (usize, usize) {
    let longest = |text: fn(&TopicInfo) -> &str| {
        let lengths = info.topics.iter().map(|topic| text(topic).len());
        lengths.max().unwrap_or(0)
    };
    (
        longest(|topic| &topic.name),
        longest(|topic| &topic.type_name),
    )
}

fn write(path: &Path, info: &BagInfo, uses: &[Use]) -> Result<(), String> {
    let text = format!("{:#}\n", to_json(info, uses));
    file::write(path, &text)
}

fn to_json(info: &BagInfo, uses: &[Use]) -> Value {
    let file = |file: &BagFile| {
        json!({
            "path": file.path.to_string_lossy(),
            "storage": file.storage,
            "compression": if file.is_packed { "zstd" } else { "" },
            "bytes": file.len,
        })
    };
    let topic = |topic: &TopicInfo| {
        json!({
            "name": topic.name,
            "type": topic.type_name,
            "messages": topic.message_count,
            "rate_hz": topic.rate_hz,
            "reliability": topic.reliability,
        })
    };
    let used = |used: &Use| {
        let topic = used.choice.as_ref().ok();
        json!({
            "what": used.what,
            "source": used.source,
            "topic": topic.map(|topic| &topic.name),
            "type": topic.map(|topic| &topic.type_name),
            "why_none": used.choice.as_ref().err(),
        })
    };
    let lost = |loss: &posemoe_bus::Loss| {
        let (topic, cause, messages) = (&loss.topic, &loss.cause, loss.count);
        json!({ "topic": topic, "cause": cause, "messages": messages })
    };
    json!({
        "files": info.files.iter().map(file).collect::<Vec<_>>(),
        "start_ns": info.span.map(|(start, _)| start.nanos()),
        "duration_s": info.span.map(|(start, end)| end.seconds_since(start)),
        "topics": info.topics.iter().map(topic).collect::<Vec<_>>(),
        "uses": uses.iter().map(used).collect::<Vec<_>>(),
        "damage": info.damage,
        "lost": info.losses.iter().map(lost).collect::<Vec<_>>(),
    })
}

/// Date and time of the proleptic Gregorian calendar, by Howard Hinnant's `civil_from_days`.
fn utc(stamp: Stamp) -> String {
    let secs = stamp.nanos().div_euclid(1_000_000_000);
    let millis = stamp.nanos().rem_euclid(1_000_000_000) / 1_000_000;
    let (days, second) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    // Years that begin in March have their leap day last; day 0 is 0000-03-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{millis:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (secs, expected) in [
            (0, "1970-01-01 00:00:00.000"),
            (951_782_399, "2000-02-28 23:59:59.000"),
            (951_827_696, "2000-02-29 12:34:56.000"),
            (1_700_000_000, "2023-11-14 22:13:20.000"),
            (4_107_542_400, "2100-03-01 00:00:00.000"),
            (-1, "1969-12-31 23:59:59.000"),
        ] {
            assert_eq!(utc(Stamp::from_nanos(secs * 1_000_000_000)), expected);
        }
    }
}
