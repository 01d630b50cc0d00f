/// redis_ledger.cc: a batch is one call of a script.
#include "store/redis_ledger.h"

#include <array>
#include <mutex>
#include <utility>

#include "store/ledger_rules.h"
#include "store/redis_client.h"

namespace maildrop::store::redis {

namespace {

/// As the script names them.
std::string_view name_of(Operation::Kind kind) {
  constexpr std::string_view kNames[] = {"put", "note", "get", "remove", "add", "take"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// {} nothing, {since, until, value} a record, {sum, current}, {granted, wait, left}.
Answer answer_of(Operation::Kind kind, const Reply& reply) {
  Answer answer;
  const auto number = [&](std::size_t i) { return i < reply.list.size() ? reply.list[i].as_number() : 0; };
  switch (kind) {
    case Operation::Kind::add:
      answer.sum = number(0);
      answer.current = number(1);
      break;
    case Operation::Kind::take:
      answer.granted = number(0) == 1;
      answer.wait = Millis(number(1));
      answer.left = number(2);
      break;
    default:
      answer.found = reply.list.size() == 3;
      if (!answer.found) break;
      answer.since = from_millis(number(0));
      answer.until = from_millis(number(1));
      answer.value = reply.list[2].text;
  }
  return answer;
}

class RedisLedger final : public Ledger {
 public:
  RedisLedger(Target target, const OpenOptions& options)
      : Ledger(options.ledger), client_(std::move(target), options.redis), clock_(*options.clock) {}

  LedgerStats stats() const override {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 protected:
  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks) override {
    const std::string now = std::to_string(to_millis(clock_.now()));
    const std::string limit = std::to_string(most());
    const std::string steps = std::to_string(removals(tasks));
    std::vector<std::array<std::string, 3>> numbers;
    numbers.reserve(tasks.size());  // so that they stay where they are
    std::vector<std::string_view> words{client_.settings().prefix, now, limit, steps};
    for (const LedgerTask& task : tasks) {
      const auto& [x, y, z] =
          numbers.emplace_back(std::array{std::to_string(task.x), std::to_string(task.y), std::to_string(task.z)});
      for (const std::string_view word : {name_of(task.kind), std::string_view(task.key), std::string_view(x),
                                          std::string_view(y), std::string_view(z), task.value})
        words.push_back(word);
    }
    const Reply reply = TRY(client_.run(Script::ledger, words));
    if (reply.list.size() != tasks.size() + 3) return fail(Code::internal, "redis: no answer of the ledger");
    std::vector<Answer> answers;
    answers.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) answers.push_back(answer_of(tasks[i].kind, reply.list[i + 3]));
    const std::lock_guard lock(mutex_);
    stats_.records = static_cast<std::uint64_t>(reply.list[0].as_number());
    stats_.expired += static_cast<std::uint64_t>(reply.list[1].as_number());
    stats_.evicted += static_cast<std::uint64_t>(reply.list[2].as_number());
    return answers;
  }

 private:
  Client client_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  LedgerStats stats_;
};

}  // namespace

Result<std::unique_ptr<Ledger>> open_ledger(const OpenOptions& options) {
  return std::make_unique<RedisLedger>(TRY(parse_target(options.url)), options);
}

}  // namespace maildrop::store::redis
