/// admission.h: how many connections there are, in all and from each source.
#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/net.h"

namespace maildrop::service {

struct AdmissionLimits {
  std::size_t total = 0;
  std::size_t per_ipv4 = 0;     // address
  std::size_t per_ipv6_64 = 0;  // network
  std::vector<Network> exempt;  // from the caps per source, never from the total
};

/// Thread-safe; never blocks for longer than a look into a table.
class Admission {
 public:
  enum class Answer { admitted, source_full, full };

  explicit Admission(AdmissionLimits limits) : limits_(std::move(limits)) {}

  /// Counts one connection from `address` if there is room. Each Answer::admitted is given back by one leave().
  /// The unspecified address (`::`) stands for peers of unix sockets, who are no source: only the total counts for
  /// them.
  Answer enter(const IpAddress& address);
  void leave(const IpAddress& address);
  /// One that was admitted as `from` turns out to be `to`. If it is not admitted as that it is still counted as `from`.
  Answer move(const IpAddress& from, const IpAddress& to);
  std::size_t count() const;
  /// After a reload; who is in stays in.
  void apply(AdmissionLimits limits);

 private:
  /// What is counted as one source: an IPv4 address, an IPv6 /64.
  bool has_room(const IpAddress& address) const;
  void count_out(const IpAddress& address);
  static IpAddress source(const IpAddress& address) { return address.is_v4() ? address : address.prefix(64); }

  mutable std::mutex mutex_;
  AdmissionLimits limits_;
  std::size_t total_ = 0;
  std::unordered_map<IpAddress, std::size_t> sources_;  // bounded by total_: entries go with their last connection
};

}  // namespace maildrop::service
