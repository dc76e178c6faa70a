// A peer on Fast DDS, as rmw_fastrtps sets it up. Messages are bytes: a number after the CDR header, then filling.
//
//   peer ask DOMAIN ADDRESS SERVICE TYPE CLIENTS BYTES   a request of so many bytes by each of so many fresh clients
//   peer say DOMAIN ADDRESS TOPIC TYPE MESSAGES BYTES    messages, to whoever listens
//   peer hear DOMAIN ADDRESS TOPIC TYPE MESSAGES         until so many came, or none for 3 s
//
// SERVICE and TOPIC are names on the ROS graph (/posemoe/get_parameters), TYPE as DDS has it without its end
// (rcl_interfaces::srv::dds_::GetParameters, std_msgs::msg::dds_::String_). ADDRESS is the one interface that is used.
// What happens goes to standard output, a line of JSON for each thing.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/DataWriterListener.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/DataReaderListener.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/TopicDataType.hpp>
#include <fastdds/dds/topic/TypeSupport.hpp>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <fastrtps/utils/IPLocator.h>

using namespace eprosima::fastdds::dds;
using namespace eprosima::fastrtps::rtps;
using eprosima::fastrtps::c_TimeInfinite;
using Bytes = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Ports of so many participants of the machine are asked whether there is one.
const uint32_t PARTICIPANTS = 16;
// Plain CDR, little-endian.
const uint8_t HEADER[4] = {0, 1, 0, 0};
const milliseconds PATIENCE{5000};
const milliseconds SILENCE{3000};

/// Hands bytes through, CDR header included.
struct Raw : TopicDataType {
    explicit Raw(const std::string& name) {
        setName(name.c_str());
        m_typeSize = 1 << 20;
        m_isGetKeyDefined = false;
    }
    bool serialize(void* data, SerializedPayload_t* payload) override {
        const auto& bytes = *static_cast<Bytes*>(data);
        payload->length = static_cast<uint32_t>(bytes.size());
        payload->encapsulation = CDR_LE;
        std::memcpy(payload->data, bytes.data(), bytes.size());
        return true;
    }
    bool deserialize(SerializedPayload_t* payload, void* data) override {
        static_cast<Bytes*>(data)->assign(payload->data, payload->data + payload->length);
        return true;
    }
    std::function<uint32_t()> getSerializedSizeProvider(void* data) override {
        return [data] { return static_cast<uint32_t>(static_cast<Bytes*>(data)->size()); };
    }
    void* createData() override { return new Bytes; }
    void deleteData(void* data) override { delete static_cast<Bytes*>(data); }
    bool getKey(void*, InstanceHandle_t*, bool) override { return false; }
};

/// How many ends fit ours.
struct Ends : DataReaderListener, DataWriterListener {
    void on_publication_matched(DataWriter*, const PublicationMatchedStatus& status) override {
        readers = status.current_count;
    }
    void on_subscription_matched(DataReader*, const SubscriptionMatchedStatus& status) override {
        writers = status.current_count;
    }
    std::atomic<int> readers{0}, writers{0};
};

/// Whether something comes true in time.
template <class What> bool comes(milliseconds patience, What what) {
    auto end = Clock::now() + patience;
    while (!what()) {
        if (Clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    return true;
}

template <class T> T* made(T* entity, const char* what) {
    if (!entity) throw std::runtime_error(std::string("Fast DDS makes no ") + what);
    return entity;
}

/// A participant; it leaves at the end of its life.
struct Peer {
    Peer(uint32_t domain, const std::string& address) {
        DomainParticipantQos qos;
        auto udp = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
        udp->interfaceWhiteList.push_back(address);
        qos.transport().use_builtin_transports = false;
        qos.transport().user_transports.push_back(udp);
        for (uint32_t number = 0; number < PARTICIPANTS; number++) {
            Locator_t locator(LOCATOR_KIND_UDPv4, 7400 + 250 * domain + 10 + 2 * number);
            IPLocator::setIPv4(locator, address);
            qos.wire_protocol().builtin.initialPeersList.push_back(locator);
        }
        participant = made(DomainParticipantFactory::get_instance()->create_participant(domain, qos), "participant");
        publisher = made(participant->create_publisher(PUBLISHER_QOS_DEFAULT), "publisher");
        subscriber = made(participant->create_subscriber(SUBSCRIBER_QOS_DEFAULT), "subscriber");
    }
    ~Peer() {
        participant->delete_contained_entities();
        DomainParticipantFactory::get_instance()->delete_participant(participant);
    }
    Topic* topic(const std::string& name, const std::string& type) {
        TypeSupport support(new Raw(type));
        support.register_type(participant);
        return made(participant->create_topic(name, type, TOPIC_QOS_DEFAULT), "topic");
    }
    DataWriter* writer(Topic* topic, Ends* ends) {
        DataWriterQos qos = DATAWRITER_QOS_DEFAULT;
        qos.reliability().kind = RELIABLE_RELIABILITY_QOS;
        qos.history().kind = KEEP_ALL_HISTORY_QOS;
        qos.endpoint().history_memory_policy = PREALLOCATED_WITH_REALLOC_MEMORY_MODE;
        qos.publish_mode().kind = ASYNCHRONOUS_PUBLISH_MODE;
        return made(publisher->create_datawriter(topic, qos, ends), "writer");
    }
    DataReader* reader(Topic* topic, Ends* ends) {
        DataReaderQos qos = DATAREADER_QOS_DEFAULT;
        qos.reliability().kind = RELIABLE_RELIABILITY_QOS;
        qos.history().kind = KEEP_ALL_HISTORY_QOS;
        qos.endpoint().history_memory_policy = PREALLOCATED_WITH_REALLOC_MEMORY_MODE;
        return made(subscriber->create_datareader(topic, qos, ends), "reader");
    }
    DomainParticipant* participant;
    Publisher* publisher;
    Subscriber* subscriber;
};

Bytes message(uint32_t number, size_t bytes) {
    Bytes all(HEADER, HEADER + sizeof HEADER);
    for (size_t place = 0; place < std::max<size_t>(bytes, sizeof number); place++) {
        all.push_back(static_cast<uint8_t>(place * 31));
    }
    std::memcpy(all.data() + sizeof HEADER, &number, sizeof number);
    return all;
}

uint32_t number_of(const Bytes& bytes) {
    uint32_t number = 0;
    if (bytes.size() >= sizeof HEADER + sizeof number) {
        std::memcpy(&number, bytes.data() + sizeof HEADER, sizeof number);
    }
    return number;
}

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// The next sample that is one, if there is any.
bool take(DataReader* reader, Bytes& bytes, SampleInfo& info) {
    while (reader->take_next_sample(&bytes, &info) == ReturnCode_t::RETCODE_OK) {
        if (info.valid_data) return true;
    }
    return false;
}

void ask(uint32_t domain, const std::string& address, const std::string& service, const std::string& type,
         uint32_t clients, size_t bytes) {
    for (uint32_t client = 0; client < clients; client++) {
        Ends requests, replies;
        Peer peer(domain, address);
        auto* reader = peer.reader(peer.topic("rr" + service + "Reply", type + "_Response_"), &replies);
        auto* writer = peer.writer(peer.topic("rq" + service + "Request", type + "_Request_"), &requests);
        // As `service_is_available` of rmw_fastrtps.
        bool found = comes(PATIENCE, [&] { return requests.readers > 0 && replies.writers > 0; });
        auto start = Clock::now();
        Bytes request = message(client, bytes), reply;
        WriteParams params;
        params.related_sample_identity().writer_guid() = reader->guid();
        bool answered = false;
        if (found) {
            writer->write(&request, params);
            auto number = params.sample_identity().sequence_number();
            SampleInfo info;
            answered = comes(PATIENCE, [&] {
                while (take(reader, reply, info)) {
                    auto& whose = info.related_sample_identity;
                    bool ours = whose.writer_guid() == reader->guid() || whose.writer_guid() == writer->guid();
                    if (ours && whose.sequence_number() == number) return true;
                }
                return false;
            });
        }
        std::printf("{\"client\": %u, \"found\": %s, \"answered\": %s, \"bytes\": %zu, \"ms\": %.1f}\n", client,
                    found ? "true" : "false", answered ? "true" : "false", answered ? reply.size() : 0,
                    ms_since(start));
        std::fflush(stdout);
    }
}

void say(uint32_t domain, const std::string& address, const std::string& topic, const std::string& type,
         uint32_t messages, size_t bytes) {
    Ends ends;
    Peer peer(domain, address);
    auto* writer = peer.writer(peer.topic("rt" + topic, type), &ends);
    bool found = comes(PATIENCE, [&] { return ends.readers > 0; });
    std::printf("{\"found\": %s}\n", found ? "true" : "false");
    std::fflush(stdout);
    for (uint32_t number = 0; number < messages; number++) {
        Bytes sent = message(number, bytes);
        writer->write(&sent);
        std::this_thread::sleep_for(milliseconds(2));
    }
    eprosima::fastrtps::Duration_t patience(5, 0);
    writer->wait_for_acknowledgments(patience);
}

void hear(uint32_t domain, const std::string& address, const std::string& topic, const std::string& type,
          uint32_t messages) {
    Ends ends;
    Peer peer(domain, address);
    auto* reader = peer.reader(peer.topic("rt" + topic, type), &ends);
    bool found = comes(PATIENCE, [&] { return ends.writers > 0; });
    std::printf("{\"found\": %s}\n", found ? "true" : "false");
    std::fflush(stdout);
    Bytes bytes;
    SampleInfo info;
    for (uint32_t heard = 0; heard < messages; heard++) {
        if (!comes(SILENCE, [&] { return take(reader, bytes, info); })) break;
        std::printf("{\"number\": %u, \"bytes\": %zu}\n", number_of(bytes), bytes.size());
        std::fflush(stdout);
    }
    bool left = comes(SILENCE, [&] { return ends.writers == 0; });
    std::printf("{\"left\": %s}\n", left ? "true" : "false");
}

int main(int count, char** words) {
    std::vector<std::string> all(words + 1, words + count);
    auto number = [&](size_t place) { return static_cast<uint32_t>(std::stoul(all.at(place))); };
    try {
        const auto& command = all.at(0);
        if (command == "ask") {
            ask(number(1), all.at(2), all.at(3), all.at(4), number(5), number(6));
        } else if (command == "say") {
            say(number(1), all.at(2), all.at(3), all.at(4), number(5), number(6));
        } else if (command == "hear") {
            hear(number(1), all.at(2), all.at(3), all.at(4), number(5));
        } else {
            throw std::invalid_argument(command);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "peer: %s\n", error.what());
        return 2;
    }
    return 0;
}
