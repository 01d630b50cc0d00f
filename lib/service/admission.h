/// admission.h: how many connections there are, in all, from each source and from the network around it.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/net.h"

namespace maildrop::service {

struct AdmissionLimits {
  std::size_t total = 0;
  std::size_t per_ipv4 = 0;     // address
  std::size_t per_ipv6_64 = 0;  // network
  std::size_t per_ipv4_24 = 0;  // 0, here and for the /48: no cap of its own
  std::size_t per_ipv6_48 = 0;
  std::vector<Network> exempt;  // from the caps per source, never from the total
};

/// Thread-safe; never blocks for longer than a look into a table.
class Admission {
 public:
  enum class Answer { admitted, source_full, full };

  explicit Admission(AdmissionLimits limits) : limits_(std::move(limits)) {}

  /// Counts one connection from `address` if there is room. The last sixteenth of the seats is for those who have none
  /// yet, or who take one of a source that has more (crowding()); its last half for those who have none, since a seat
  /// that is taken from somebody is free only when he has gone. Each Answer::admitted is given back by one leave().
  /// The unspecified address (`::`) stands for peers of unix sockets, who are no source: only the total counts for
  /// them.
  Answer enter(const IpAddress& address);
  void leave(const IpAddress& address);
  /// One that was admitted as `from` turns out to be `to`. If it is not admitted as that it is still counted as `from`.
  Answer move(const IpAddress& from, const IpAddress& to);
  std::size_t count() const;
  /// Of one source, unix sockets excepted.
  std::size_t count(const IpAddress& address) const;
  struct Seats {
    IpAddress source;
    std::size_t connections;
  };
  /// The sources that have most, `most` of them at most: those with more than one.
  std::vector<Seats> busiest(std::size_t most) const;

  /// Three quarters of the total are taken.
  bool scarce() const;
  /// Only the last sixteenth of the seats is left, and some source has at least two more than that of `newcomer`, who
  /// is seated: the source that has most, and is to lose one.
  std::optional<IpAddress> crowding(const IpAddress& newcomer) const;
  /// After a reload; who is in stays in.
  void apply(AdmissionLimits limits);

 private:
  using Counts =
      std::unordered_map<IpAddress, std::size_t>;  // bounded by total_: entries go with their last connection

  bool fewer_than(std::size_t part) const { return total_ + limits_.total / part >= limits_.total; }
  bool nearly_full() const { return fewer_than(16); }
  bool capped(const IpAddress& address) const;
  bool has_room(const IpAddress& address) const;
  void count_in(const IpAddress& address);
  void count_out(const IpAddress& address) noexcept;
  void rank(const IpAddress& source, std::size_t before, std::size_t now);
  std::optional<IpAddress> most_beyond(std::size_t seats) const;

  mutable std::mutex mutex_;
  AdmissionLimits limits_;
  std::size_t total_ = 0;
  Counts sources_;
  Counts networks_;
  std::set<std::pair<std::size_t, IpAddress>> most_;  // sources with more than one, by how many
};

}  // namespace maildrop::service
