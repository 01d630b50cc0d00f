/// resolver_fixture.h: a resolver whose servers are one of ours.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

#include "dns/kit.h"
#include "dns/unbound_resolver.h"

namespace maildrop::dns::test {

inline std::optional<Bytes> silence(const Asked&) { return std::nullopt; }

/// One loop, and a resolver that is made with the first question, or by open().
struct Fixture {
  Server server{silence};
  metrics::Registry registry;
  DnsSettings settings;
  boost::asio::io_context loop;
  std::unique_ptr<Resolver> resolver;

  Fixture() { settings.servers = {server.endpoint()}; }

  void open() { resolver = make_unbound_resolver(loop, settings, 1, registry); }
  Answer ask(std::string_view name, Type type = Type::a) {
    if (!resolver) open();
    std::optional<Answer> got;
    const Lookup lookup =
        resolver->ask(*Question::make(name, type), IpAddress(), [&](const Answer& answer) { got = answer; });
    if (lookup.answer()) return *lookup.answer();
    while (!got) loop.run_one();
    return *got;
  }
  std::uint64_t counted(std::string_view status) {
    return registry.total("maildrop_dns_answers_total", "status=\"" + std::string(status) + "\"");
  }
  std::int64_t pending() { return registry.gauge("maildrop_dns_pending", "").value(); }
};

}  // namespace maildrop::dns::test
