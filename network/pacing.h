// Congestion control between programs of one machine.
#pragma once

namespace barnabas::network {

// Gives a socket that BBR paces the older reno instead; leaves every other choice alone. Between programs of
// one machine there is no path to probe, and pacing costs a sender of large responses four times the CPU.
// Needs no privilege. A system that refuses keeps what it has.
void stop_pacing(int socket);

}  // namespace barnabas::network
