//! What is in a bag comes out, in order, with the bag's own clock.

use posemoe::msg::type_info;
use posemoe::msg::{std_msgs, yolo_msgs};
use posemoe_bag::{BagBus, BagOptions, Compression};
use posemoe_bus::{Bus, Event, Events};

use crate::common::*;

#[test]
fn reads_every_compression_and_no_chunks_at_all() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let mut kinds: Vec<_> = COMPRESSIONS.into_iter().map(small_chunks).collect();
    kinds.push(mcap::WriteOptions::new().use_chunks(false));
    kinds.push(
        mcap::WriteOptions::new()
            .emit_summary_records(false)
            .emit_summary_offsets(false),
    );
    for kind in kinds {
        write_bag(&path, kind.clone(), "cdr", &sample());
        let replayed = replay(&path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()), "{kind:?}");
        assert_eq!(replayed.bus.damage(), &[] as &[String], "{kind:?}");
        assert_eq!(replayed.bus.losses(), []);
        let topics: Vec<_> = replayed
            .bus
            .topics()
            .iter()
            .map(|t| (&*t.name, t.message_count))
            .collect();
        assert_eq!(topics, [("/other", 30), ("/text", 60)], "{kind:?}");
        assert_eq!(replayed.bus.topics()[0].type_name, "std_msgs/msg/String");
    }
}

#[test]
fn messages_come_in_the_order_of_their_log_times() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    let mut shuffled = sample();
    shuffled.sort_by_key(|(_, log_ns, _)| (log_ns / 100_000_000 * 37) % 91);
    for kind in [
        small_chunks(Compression::Zstd),
        mcap::WriteOptions::new().use_chunks(false),
    ] {
        write_bag(&path, kind, "cdr", &shuffled);
        let replayed = replay(&path).unwrap();
        assert_eq!(replayed.messages, on_text(&sample()));
        assert_eq!(replayed.bus.damage(), &[] as &[String]);
    }
}

#[test]
fn a_tick_for_every_second_of_the_bag() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    // The last message is on the topic that nobody subscribed to: its time still passes.
    let messages = [
        ("/text", 0, text("a")),
        ("/text", 2_500, text("b")),
        ("/other", 4_000, text("c")),
    ];
    let at = |ms: i64| START_NS + ms * 1_000_000;
    let messages = messages.map(|(topic, ms, data)| (topic, at(ms), data));
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &messages);
    let replayed = replay(&path).unwrap();
    assert_eq!(replayed.ticks, [at(1_000), at(2_000), at(3_000), at(4_000)]);
    assert_eq!(replayed.messages.len(), 2);
    assert_eq!(replayed.bus.now().nanos(), at(4_000));
}

#[test]
fn next_is_ready_at_once() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    bus.subscribe(&topic::<std_msgs::String>("/text")).unwrap();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let next = std::pin::pin!(bus.next());
    let std::task::Poll::Ready(event) = next.poll(&mut context) else {
        panic!("a bag waited")
    };
    assert!(matches!(event, Ok(Some(Event::Message { .. }))));
}

#[test]
fn another_type_is_refused_by_name_and_an_absent_topic_is_reported() {
    let folder = Folder::new();
    let path = folder.file("in.mcap");
    write_bag(&path, small_chunks(Compression::Zstd), "cdr", &sample());
    let mut bus = BagBus::open(&path, None, BagOptions::new(type_info)).unwrap();
    let error = bus
        .subscribe(&topic::<yolo_msgs::DetectionArray>("/text"))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "topic /text carries std_msgs/msg/String, expected yolo_msgs/msg/DetectionArray"
    );
    bus.subscribe(&topic::<std_msgs::String>("/text")).unwrap();
    assert_eq!(bus.missing_topics(), [] as [&str; 0]);
    bus.subscribe(&topic::<yolo_msgs::DetectionArray>("/nowhere"))
        .unwrap();
    assert_eq!(bus.missing_topics(), ["/nowhere"]);
}
