/// memory_ledger.cc: a map, the order in which the records of each space were used, that of the spaces by what they
/// hold, and the one in which records expire.
#include "store/memory_ledger.h"

#include <list>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "store/ledger_rules.h"
#include "store/memory_share.h"

namespace maildrop::store {

namespace {

/// Under its mutex, all of it.
class LedgerBook {
 public:
  Answer carry_out(const LedgerTask& task, Time now) {
    const auto found = by_key_.find(task.key);
    std::optional<LedgerRecord> record;
    if (found != by_key_.end()) record = found->second->record;
    LedgerChange change{};
    Answer answer = apply(task, now, record, change);
    if (change == LedgerChange::none) return answer;
    if (change == LedgerChange::erase) {
      forget(found->second);
    } else if (found == by_key_.end()) {
      insert(task.key, std::move(*record));
    } else {
      by_due_.erase({found->second->record.until, &*found->second});
      found->second->record = std::move(*record);
      by_due_.insert({found->second->record.until, &*found->second});
      Entries& entries = spaces_.find(space_of(task.key))->second.entries;
      entries.splice(entries.end(), entries, found->second);
    }
    return answer;
  }

  /// What has expired, `steps` at most, then what the largest space used longest ago while there are more than `most`.
  void shrink(Time now, std::size_t steps, std::size_t most, LedgerStats& stats) {
    for (; steps > 0 && !by_due_.empty() && by_due_.begin()->first <= to_millis(now); --steps, ++stats.expired)
      forget(by_key_.find(by_due_.begin()->second->key)->second);
    for (; steps > 0 && by_key_.size() > most; --steps, ++stats.evicted)
      forget(spaces_.find(by_size_.rbegin()->second)->second.entries.begin());
  }

  std::size_t size() const { return by_key_.size(); }

  std::mutex mutex;

 private:
  struct Entry {
    std::string key;
    LedgerRecord record;
  };
  using Entries = std::list<Entry>;  // used last comes last
  struct Space {
    Entries entries;
    std::size_t ranked = 0;  // as by_size_ has it
  };
  using Spaces = std::map<std::string, Space, std::less<>>;

  void insert(const std::string& key, LedgerRecord record) {
    const auto space = spaces_.try_emplace(std::string(space_of(key))).first;
    Entries& entries = space->second.entries;
    entries.push_back({key, std::move(record)});
    const auto at = std::prev(entries.end());
    by_key_.emplace(at->key, at);
    by_due_.insert({at->record.until, &*at});
    rank(space);
  }
  void forget(Entries::iterator entry) {
    const auto space = spaces_.find(space_of(entry->key));
    by_due_.erase({entry->record.until, &*entry});
    by_key_.erase(entry->key);
    space->second.entries.erase(entry);
    rank(space);
  }
  /// After a change: where the space is in by_size_. One that holds nothing is no more.
  void rank(Spaces::iterator space) {
    const std::string_view name = space->first;
    Space& held = space->second;
    auto node = by_size_.extract({held.ranked, name});
    held.ranked = held.entries.size();
    if (node.empty()) {
      by_size_.emplace(held.ranked, name);
    } else if (held.ranked > 0) {
      node.value().first = held.ranked;
      by_size_.insert(std::move(node));
    } else {
      spaces_.erase(space);
    }
  }

  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // views of the entries' keys
  std::set<std::pair<std::int64_t, const Entry*>> by_due_;
  Spaces spaces_;
  std::set<std::pair<std::size_t, std::string_view>> by_size_;  // views of the spaces' names
};

class MemoryLedger final : public Ledger {
 public:
  MemoryLedger(std::shared_ptr<LedgerBook> book, const Clock& clock, std::size_t most)
      : Ledger(most), book_(std::move(book)), clock_(clock) {}

  LedgerStats stats() const override {
    const std::lock_guard lock(book_->mutex);
    LedgerStats stats = stats_;
    stats.records = book_->size();
    return stats;
  }

 protected:
  Result<std::vector<Answer>> carry_out(std::span<const LedgerTask> tasks) override {
    std::vector<Answer> answers;
    answers.reserve(tasks.size());
    const std::lock_guard lock(book_->mutex);
    const Time now = clock_.now();
    for (const LedgerTask& task : tasks) answers.push_back(book_->carry_out(task, now));
    book_->shrink(now, removals(tasks), most(), stats_);
    return answers;
  }

 private:
  const std::shared_ptr<LedgerBook> book_;
  const Clock& clock_;
  LedgerStats stats_;  // under the book's mutex
};

}  // namespace

std::unique_ptr<Ledger> make_memory_ledger(const Clock& clock, std::size_t most) {
  return std::make_unique<MemoryLedger>(std::make_shared<LedgerBook>(), clock, most);
}

Result<std::unique_ptr<Ledger>> open_memory_ledger(const OpenOptions& options) {
  return std::make_unique<MemoryLedger>(shared_at<LedgerBook>(options.url), *options.clock, options.ledger);
}

}  // namespace maildrop::store
