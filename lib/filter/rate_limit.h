/// rate_limit.h: how much anybody may send, as an operator says it.
///
///   LIMIT  = CLASS "=" NUMBER "/" PERIOD             client=50/5m
///   CLASS  = "connection" | "client" | "null" | "sender" | "recipient"
///   NUMBER = 1 to 100,000; PERIOD = 1s to 7d, as in all settings
///
/// There is no blank in it: in the environment blanks stand between the elements of a list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/result.h"
#include "filter/facts.h"
#include "store/ledger.h"

namespace maildrop::filter {

class RateLimit {
 public:
  /// What is counted, and whose it is. Those of the client alone come first.
  enum class Class : std::uint8_t {
    connection,  // connections, of a client
    client,      // recipients, of a client
    null,        // the same, of those that send as <>
    sender,      // recipients, of a sender's domain
    recipient,   // those that are one inbox
  };

  static constexpr std::size_t kMost = Facts::kMostOperations;  // each is one, all of them at RCPT perhaps
  static constexpr unsigned kMostNumber = 100'000;
  static constexpr Millis kLeastPeriod = std::chrono::seconds(1);
  static constexpr Millis kMostPeriod = std::chrono::hours(24 * 7);

  /// invalid: what is wrong with it.
  static Result<RateLimit> parse(const std::string& text);
  /// By their class, those of the same as they are given. invalid: which is wrong, or that there are too many, or two
  /// of the same class and period.
  static Result<std::vector<RateLimit>> parse(const std::vector<std::string>& texts);

  Class of() const { return class_; }
  const std::string& text() const { return text_; }  // as it was given

  /// One more of `whose`. The bucket holds NUMBER and margin(): who has less than that left is a little over it.
  store::Operation take(const std::string& whose) const;
  /// A tenth of NUMBER, rounded up.
  unsigned margin() const { return (number_ + 9) / 10; }

 private:
  RateLimit() = default;

  std::string text_;
  Class class_ = Class::client;
  unsigned number_ = 1;
  Millis period_{};
};

}  // namespace maildrop::filter
