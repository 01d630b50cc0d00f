/// unbound_resolver.h: answers over the network, by libunbound in this process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "core/config.h"
#include "core/metrics.h"
#include "core/result.h"
#include "dns/resolver.h"

namespace maildrop::dns {

/// A resolver for `loop`, with a cache of its own: its part of dns.cache_size and dns.lookups is one of
/// `parts`. It asks dns.servers, or, when there are none, finds its way from the root servers. What it waits for keeps
/// the loop from ending; it goes while the loop does not run, or on its thread. Who waits for an answer then has none.
/// libunbound begins with the first question, for it takes 2 MiB before it is asked anything. Where it cannot (no
/// memory, no more descriptors), that question fails, the log says why, and the next one tries again.
std::unique_ptr<Resolver> make_unbound_resolver(boost::asio::io_context& loop, const DnsSettings& settings,
                                                unsigned parts, metrics::Registry& metrics);

}  // namespace maildrop::dns
