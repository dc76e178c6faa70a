//! At the end of a bag: what should have been there and was not.

use std::collections::BTreeMap;

use super::replay::Replay;
use crate::bus::Loss;

/// Counts the lost messages of the subscribed topics, and adds to the damage what only shows at
/// the end. `promised`: messages by channel, as the file's statistics have it.
pub fn reckon(
    replay: &mut Replay,
    promised: Option<&BTreeMap<u16, u64>>,
    is_subscribed: impl Fn(&str) -> bool,
) -> Vec<Loss> {
    let mut losses = BTreeMap::<(&str, &'static str), u64>::new();
    for (id, channel) in replay.channels.iter() {
        let topic = channel.topic.as_str();
        let found = replay.found.get(&id).copied().unwrap_or(0);
        let lost = replay.lost.get(&id).copied().unwrap_or(0);
        let promised = promised.and_then(|counts| counts.get(&id).copied());
        let absent = promised.map_or(0, |count| count.saturating_sub(found + lost));
        if absent > 0 {
            let text = format!("{topic}: {absent} of the promised messages are not there");
            replay.damage.push(text);
        }
        if !is_subscribed(topic) {
            continue;
        }
        let unreadable = match replay.channels.why_unreadable(channel) {
            Some(why) => {
                let text = format!("{topic}: {found} messages unreadable: {why}");
                replay.damage.push(text);
                found
            }
            None => 0,
        };
        let causes = [
            ("corrupt chunk", lost),
            ("not in the file", absent),
            ("not CDR", unreadable),
        ];
        for (cause, count) in causes.into_iter().filter(|&(_, count)| count > 0) {
            *losses.entry((topic, cause)).or_default() += count;
        }
    }
    for (&id, count) in &replay.found {
        if replay.channels.get(id).is_none() {
            let text = format!("{count} messages of channel {id}, which the file never describes");
            replay.damage.push(text);
        }
    }
    let loss = |((topic, cause), count): ((&str, &'static str), u64)| Loss {
        topic: topic.to_owned(),
        cause,
        count,
    };
    losses.into_iter().map(loss).collect()
}
