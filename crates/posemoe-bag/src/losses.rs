//! At the end of a bag: what should have been there and was not.

use std::collections::{BTreeMap, BTreeSet};

use super::channels::{Channel, Unreadable};
use super::replay::Replay;
use super::storage::Contents;
use posemoe_bus::Loss;

const ABSENT: &str = "not in the file";

/// By topic and cause.
type Losses = BTreeMap<(String, &'static str), u64>;

/// Counts the lost messages of the subscribed channels, and adds to the damage what only shows at
/// the end.
pub fn count(replay: &mut Replay, is_subscribed: impl Fn(&Channel) -> bool) -> Vec<Loss> {
    let mut losses = Losses::new();
    let mut accounted = BTreeMap::<String, u64>::new();
    let mut wanted = BTreeSet::<String>::new();
    for source in &mut replay.sources {
        let contents = &mut source.contents;
        let channels = contents.channels.iter().map(|(_, channel)| channel);
        let subscribed = channels.filter(|channel| is_subscribed(channel));
        wanted.extend(subscribed.map(|channel| channel.topic.clone()));
        count_in_file(contents, &is_subscribed, &mut losses, &mut accounted);
    }
    replay.collect_damage();
    // Files may be missing, or cut, or have no statistics of their own: the bag's may know more.
    for (topic, &promised) in &replay.promised {
        let absent = promised.saturating_sub(accounted.get(topic).copied().unwrap_or(0));
        if absent > 0 {
            let text = format!(
                "{topic}: {absent} of the messages that metadata.yaml promises are not there"
            );
            replay.damage.push(text);
            if wanted.contains(topic) {
                *losses.entry((topic.clone(), ABSENT)).or_default() += absent;
            }
        }
    }
    let loss = |((topic, cause), count)| Loss {
        topic,
        cause,
        count,
    };
    losses.into_iter().map(loss).collect()
}

/// `accounted`: messages by topic of which it is known where they are, or why not.
fn count_in_file(
    contents: &mut Contents,
    is_subscribed: impl Fn(&Channel) -> bool,
    losses: &mut Losses,
    accounted: &mut BTreeMap<String, u64>,
) {
    for (id, channel) in contents.channels.iter() {
        let topic = channel.topic.as_str();
        let found = contents.found.get(&id).map_or(0, |tally| tally.count);
        let of_channel = contents.lost.iter().filter(|((of, _), _)| *of == id);
        let mut causes: Vec<_> = of_channel.map(|(&(_, cause), &n)| (cause, n)).collect();
        let lost: u64 = causes.iter().map(|(_, count)| count).sum();
        let promised = contents.promised.as_ref();
        let promised = promised.and_then(|counts| counts.get(&id).copied());
        let absent = promised.map_or(0, |count| count.saturating_sub(found + lost));
        if absent > 0 {
            let text = format!("{topic}: {absent} of the promised messages are not there");
            contents.damage.push(text);
            causes.push((ABSENT, absent));
        }
        *accounted.entry(topic.to_owned()).or_default() += found + lost + absent;
        if !is_subscribed(channel) {
            continue;
        }
        if let Some(Unreadable { cause, why }) =
            contents.channels.why_unreadable(channel, contents.types)
        {
            let text = format!("{topic}: {found} messages unreadable: {why}");
            contents.damage.push(text);
            causes.push((cause, found));
        }
        for (cause, count) in causes.into_iter().filter(|&(_, count)| count > 0) {
            *losses.entry((topic.to_owned(), cause)).or_default() += count;
        }
    }
    for (&id, tally) in &contents.found {
        if contents.channels.get(id).is_none() {
            let count = tally.count;
            let text = format!("{count} messages of channel {id}, which the file never describes");
            contents.damage.push(text);
        }
    }
}
