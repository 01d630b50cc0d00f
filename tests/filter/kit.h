/// kit.h: filters that do what a test says, and answers of the DNS.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "filter/case.h"
#include "filter/table_world.h"

namespace maildrop::filter::test {

/// A filter from a function.
class Scripted final : public Filter {
 public:
  using Judging = std::function<Finding(Phase, const mail::Transaction&, Facts&)>;
  explicit Scripted(Judging judging) : judging_(std::move(judging)) {}
  Finding judge(Phase phase, const mail::Transaction& transaction, Facts& facts) const override {
    return judging_(phase, transaction, facts);
  }

 private:
  Judging judging_;
};

inline FilterUse enforced() { return {.mode = FilterUse::Mode::enforce}; }
inline FilterUse scored(double weight = 1) { return {.mode = FilterUse::Mode::score, .weight = weight}; }

inline Chain::Link link(std::string_view name, std::uint8_t phases, FilterUse use, Scripted::Judging judging,
                        std::span<const std::string_view> tells = {}) {
  return {name, phases, use, std::make_unique<Scripted>(std::move(judging)), tells};
}

/// Finds the same at each phase it is asked at.
inline Chain::Link finds(std::string_view name, std::uint8_t phases, FilterUse use, Finding finding) {
  return link(name, phases, use, [finding](Phase, const mail::Transaction&, Facts&) { return finding; });
}

template <class... Links>
std::shared_ptr<const Chain> chain_of(const FilterSettings& settings, Links... links) {
  std::vector<Chain::Link> all;
  (all.push_back(std::move(links)), ...);
  return std::make_shared<const Chain>(settings, std::move(all));
}

inline dns::Answer found(std::vector<dns::Record> records) {
  return {.status = dns::Status::found, .records = std::move(records)};
}
inline dns::Answer address(std::string_view text) { return found({{.address = *IpAddress::parse(text)}}); }
inline dns::Answer text(std::string_view text) { return found({{.text = std::string(text)}}); }
inline dns::Answer no_answer(dns::Status status) { return {.status = status}; }

/// `mail` with whom it is from and to.
inline mail::Transaction transaction_of(std::string_view peer, std::string_view from = "a@example.com",
                                        const std::vector<std::string>& to = {"bob@localhost"}) {
  mail::Transaction transaction;
  transaction.peer.address = *IpAddress::parse(peer);
  transaction.helo = "mail.example.com";
  transaction.esmtp = true;
  if (!from.empty()) transaction.from = *mail::parse_address(from);
  for (const std::string& each : to) {
    const mail::Address address = *mail::parse_address(each);
    transaction.recipients.push_back({address, *mail::Inbox::of(address, InboxSettings{}, "localhost")});
  }
  return transaction;
}

}  // namespace maildrop::filter::test
