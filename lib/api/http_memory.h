/// http_memory.h: what answers take while they are made, and until their clients have read them. Inside http_server
/// only.
#pragma once

#include <memory>

#include "api/route.h"
#include "core/budget.h"
#include "core/net.h"
#include "core/source_budgets.h"

namespace maildrop::api {

/// Bytes of answers in flight: of all clients, and of each source at most a quarter of that. A message of 512 KiB may
/// become 6 MB of JSON, and a client that does not read keeps its answer until api.write_timeout. Thread-safe; outlives
/// what it gave out.
class HttpMemory {
 public:
  explicit HttpMemory(std::uint64_t limit) : all_(limit), sources_(limit / 4) {}

  /// The budget that connections of one IPv4 address or IPv6 /64 share; it goes with the last of them.
  std::shared_ptr<Budget> source(const IpAddress& address) { return sources_.of(address.source()); }
  Budget& all() { return all_; }

 private:
  Budget all_;
  SourceBudgets sources_;
};

/// One answer's room; given back when it is destroyed. Not thread-safe itself.
class AnswerRoom {
 public:
  /// `source`: nullptr for one that is exempt, and counted in all only.
  AnswerRoom(HttpMemory& memory, std::shared_ptr<Budget> source)
      : source_(std::move(source)),
        in_all_(memory.all()),
        of_source_(source_ ? BudgetShare(*source_) : BudgetShare()) {}

  /// false: not so much is left, and nothing is held.
  bool take(std::uint64_t bytes) {
    if (in_all_.resize(bytes) && of_source_.resize(bytes)) return true;
    in_all_.resize(0);
    of_source_.resize(0);
    return false;
  }

 private:
  std::shared_ptr<Budget> source_;
  BudgetShare in_all_;
  BudgetShare of_source_;
};

/// The inboxes as one request sees them: a message is read, and handed to who makes an answer of it, only when there is
/// room for that, beside those that it had before. So it is over_limit, and refused() from then on, before the memory
/// is used and not after. Lists are not counted here: their answers are small, and counted once they are made.
class MeteredInboxes final : public store::Inboxes {
 public:
  /// Bytes that are in memory for each byte of Message::verdicts while they become JSON, also where nothing is
  /// optimised.
  static constexpr std::uint64_t kVerdicts = 72;

  /// `max_size`: of a message, as far as is known before it is read. `verdicts`: as Route has it.
  MeteredInboxes(store::Inboxes& inboxes, AnswerRoom& room, const Growth& growth, std::uint64_t max_size,
                 bool verdicts = false)
      : inboxes_(inboxes), room_(room), growth_(growth), max_size_(max_size), verdicts_(verdicts) {}

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    return inboxes_.list(inbox, query);
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override;
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    return inboxes_.remove(inbox, id);
  }
  bool refused() const { return refused_; }

 private:
  bool take(const Growth& growth, std::uint64_t message);
  static std::uint64_t cost(const Growth& growth, std::uint64_t message);

  store::Inboxes& inboxes_;
  AnswerRoom& room_;
  const Growth growth_;
  const std::uint64_t max_size_;
  const bool verdicts_;
  std::uint64_t held_ = 0;  // for the messages before
  bool refused_ = false;
};

}  // namespace maildrop::api
