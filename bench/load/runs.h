// What the load program can do; each prints one line of figures. All throw std::runtime_error.
#pragma once

#include "bench/load/arguments.h"

namespace barnabas::bench {

// Sends --records of --size bytes to --topic in batches of --batch bytes, with --acks; with --keys, each with
// one of so many keys, and --create no when the topic is there.
void run_produce(const Arguments& arguments);
// Reads --records of --topic from the beginning.
void run_consume(const Arguments& arguments);
// Sends --rate records a second for --seconds, on schedule whatever the answers do, and reads them back.
void run_latency(const Arguments& arguments);
// Creates --topics topics of --partitions each; --delete NAME deletes a topic, --create NAME creates
// one and --change NAME changes one, with every --config KEY=VALUE.
void run_topics(const Arguments& arguments);
// Opens --count connections to --port, asks --rounds questions on each, and holds them until stdin closes.
void run_connections(const Arguments& arguments);
// Starts the program behind `--` and waits for --port and for the first record acknowledged.
void run_startup(const Arguments& arguments);

// --producers librdkafka clients, each on a thread and with a partition of --topic, commit one record a
// transaction for --seconds.
void run_transactions(const Arguments& arguments);
// The same with Produce 12 and EndTxn 5 made by hand, all on one thread, so that the broker is what is
// measured.
void run_raw_transactions(const Arguments& arguments);

// --groups of --members each, of the consumer or the classic --protocol, all subscribed to --topic, over so
// many --connections: until everybody has an assignment, then --idle seconds of heartbeats; 0 for none.
// Prints a line when it begins, when all have settled, when it is quiet and when the idle time is over.
void run_groups(const Arguments& arguments);

}  // namespace barnabas::bench
