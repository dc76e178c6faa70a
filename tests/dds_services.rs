//! Services on the DDS bus, asked by a client that marks its requests as Fast DDS does: beside the
//! message. (tests/live.rs asks as Cyclone DDS does: in front of it.)
#![cfg(feature = "dds")]

mod dds_support;

use std::time::Duration;

use dds_support::*;
use posemoe::bus::dds::DdsBus;
use posemoe::bus::{Bus, Event, Events, Service};
use rustdds::policy::Reliability;
use rustdds::serialization::{CDRDeserializerAdapter, CDRSerializerAdapter};
use rustdds::{
    DomainParticipant, DomainParticipantBuilder, GUID, QosPolicies, QosPolicyBuilder, RTPSEntity,
    SampleIdentity, SequenceNumber, TopicKind, WriteOptionsBuilder, no_key,
};

const PATIENCE: Duration = Duration::from_secs(15);

/// Asks with one number, hears one number.
struct Client {
    requests: no_key::DataWriter<u32, CDRSerializerAdapter<u32>>,
    replies: no_key::DataReader<u32, CDRDeserializerAdapter<u32>>,
    _participant: DomainParticipant,
}

impl Client {
    fn new(domain: u16, service: &str) -> Self {
        let participant = DomainParticipantBuilder::new(domain)
            .with_only_networks([std::net::Ipv4Addr::LOCALHOST])
            .build()
            .unwrap();
        let qos: QosPolicies = QosPolicyBuilder::new()
            .reliability(Reliability::Reliable {
                max_blocking_time: rustdds::Duration::from_millis(100),
            })
            .build();
        let topic = |name: String, kind: &str| {
            let kind = format!("std_srvs::srv::dds_::Ask_{kind}_");
            participant
                .create_topic(name, kind, &qos, TopicKind::NoKey)
                .unwrap()
        };
        let requests = topic(format!("rq{service}Request"), "Request");
        let replies = topic(format!("rr{service}Reply"), "Response");
        let publisher = participant.create_publisher(&qos).unwrap();
        let subscriber = participant.create_subscriber(&qos).unwrap();
        Self {
            replies: subscriber
                .create_datareader_no_key(&replies, Some(qos.clone()))
                .unwrap(),
            requests: publisher
                .create_datawriter_no_key(&requests, Some(qos))
                .unwrap(),
            _participant: participant,
        }
    }

    /// Asks; as whom and which of its requests, so that it knows the answer.
    fn ask(&self, number: u32, names_its_reader: bool) -> SampleIdentity {
        let waiting = names_its_reader.then(|| SampleIdentity {
            writer_guid: self.replies.guid(),
            sequence_number: SequenceNumber::from(0_i64),
        });
        let options = WriteOptionsBuilder::new().related_sample_identity_opt(waiting);
        let sent = self
            .requests
            .write_with_options(number, options.build())
            .unwrap();
        SampleIdentity {
            writer_guid: waiting.map_or(sent.writer_guid, |waiting| waiting.writer_guid),
            ..sent
        }
    }

    fn answer(&mut self) -> Option<(u32, Option<SampleIdentity>)> {
        let sample = self.replies.take_next_sample().unwrap()?;
        let identity = sample.sample_info().related_sample_identity();
        Some((sample.into_value(), identity))
    }
}

/// Answers with one more than was asked, until the client has its answer.
async fn answered(
    node: &mut DdsBus,
    client: &mut Client,
    number: u32,
) -> (u32, Option<SampleIdentity>) {
    let serve = async {
        loop {
            if let Some(answer) = client.answer() {
                return answer;
            }
            let event = tokio::time::timeout(Duration::from_millis(20), node.next()).await;
            if let Ok(Ok(Some(Event::Request {
                service,
                request,
                payload,
            }))) = event
            {
                assert_eq!(payload[4..8], number.to_le_bytes());
                let answer = [&[0, 1, 0, 0][..], &(number + 1).to_le_bytes()].concat();
                node.respond(service, &request, &answer);
            }
        }
    };
    tokio::time::timeout(PATIENCE, serve)
        .await
        .expect("an answer")
}

#[tokio::test]
async fn the_answer_bears_the_mark_of_its_request() {
    let domain = domain();
    let mut node = node("server", domain);
    let service = Service {
        name: "/server/ask".to_owned(),
        type_name: "std_srvs/srv/Ask",
    };
    node.serve(&service).unwrap();
    let mut client = Client::new(domain, &service.name);
    let start = std::time::Instant::now();
    let mut number = 0;
    // The first questions may be asked before both ends know of each other.
    let (answer, identity, asked) = loop {
        assert!(start.elapsed() < PATIENCE, "no answer");
        number += 1;
        let asked = client.ask(number, number % 2 == 0);
        let waited = tokio::time::timeout(
            Duration::from_millis(500),
            answered(&mut node, &mut client, number),
        );
        if let Ok((answer, identity)) = waited.await {
            break (answer, identity, asked);
        }
    };
    assert_eq!((answer, identity), (number + 1, Some(asked)));
    assert_ne!(asked.writer_guid, GUID::GUID_UNKNOWN);
    for names_its_reader in [true, false] {
        let asked = client.ask(100, names_its_reader);
        let answer = answered(&mut node, &mut client, 100).await;
        assert_eq!(answer, (101, Some(asked)));
    }
}
