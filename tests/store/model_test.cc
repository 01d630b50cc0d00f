/// model_test: after any sequence of deliveries, removals, hours, purges and restarts each store shows what a few lines
/// of code say it must: the newest of each inbox, within its number, its bytes and its age.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

class Model {
 public:
  explicit Model(const InboxSettings& caps) : caps_(caps) {}

  void put(const Delivery& d, Time now) {
    for (const Delivery::Target& target : d.targets) {
      Box& box = boxes_[target.inbox.name()];
      if (now - box.last >= caps_.max_age) box.ids.clear();
      std::vector<std::string>& ids = box.ids;
      if (std::find(ids.begin(), ids.end(), d.summary.id.text()) != ids.end()) continue;
      ids.insert(ids.begin(), d.summary.id.text());
      sizes_[d.summary.id.text()] = d.data.size();
      const auto too_much = [&] { return ids.size() > caps_.max_messages || bytes(ids) > caps_.max_size; };
      while (ids.size() > 1 && too_much()) ids.pop_back();
      box.last = now;
    }
  }
  bool remove(const std::string& name, const std::string& id, Time now) {
    return !shown(name, now).empty() && std::erase(boxes_[name].ids, id) == 1;
  }
  std::vector<std::string> shown(const std::string& name, Time now) const {
    const auto at = boxes_.find(name);
    if (at == boxes_.end() || now - at->second.last >= caps_.max_age) return {};
    return at->second.ids;
  }

 private:
  struct Box {
    std::vector<std::string> ids;  // newest first
    Time last{};
  };
  std::uint64_t bytes(const std::vector<std::string>& ids) const {
    std::uint64_t sum = 0;
    for (const std::string& id : ids) sum += sizes_.at(id);
    return sum;
  }

  const InboxSettings caps_;
  std::map<std::string, Box> boxes_;
  std::map<std::string, std::uint64_t> sizes_;
};

const std::vector<std::string> kNames{"a", "b", "c", "d", "e"};

class Run {
 public:
  Run(const std::string& scheme, unsigned seed) : world_(scheme), random_(seed), model_(caps()) { reopen(); }

  void step() {
    switch (dice(13)) {
      case 0: return remove();
      case 4: return remove_many();
      case 1: return world_.clock.advance(std::chrono::minutes(dice(60)));
      case 2: return check(store_->purge({dice(8)}).has_value());
      case 3: return world_.options.url.starts_with("memory") || dice(4) != 0 ? store_->tend() : reopen();
      default: return put();
    }
  }
  void check_all() {
    for (const std::string& name : kNames) {
      const auto want = model_.shown(name, world_.clock.now());
      CHECK(shown(*store_, name) == want);
      if (!want.empty()) CHECK(store_->get(inbox(name), MessageId::trusted(want.back())));
    }
  }
  void check_end() {
    world_.clock.advance(world_.options.inbox.max_age);
    check_all();
    CHECK(purge_all(*store_) != SIZE_MAX);
    CHECK(store_->stats()->messages == 0);
    CHECK(store_->stats()->inboxes == 0);
  }

 private:
  const InboxSettings& caps() {
    world_.options.inbox.max_messages = 4;
    world_.options.inbox.max_size = 50000;  // two of the large ones
    world_.options.inbox.max_age = 2h;
    return world_.options.inbox;
  }
  std::size_t dice(std::size_t sides) { return random_() % sides; }
  static void check(bool good) { CHECK(good); }

  void reopen() {
    store_.reset();
    auto opened = world_.open();
    REQUIRE(opened);
    store_ = std::move(*opened);
  }
  void put() {
    std::vector<Delivery> batch;
    for (std::size_t n = dice(7); batch.size() <= n;) {
      std::vector<std::string> names;
      for (const std::string& name : kNames) {
        if (dice(3) == 0) names.push_back(name);
      }
      if (names.empty()) continue;
      Delivery d = delivery(world_.clock.now(), names, 100 + dice(3) * 20000);
      if (!sent_.empty() && dice(4) == 0) {
        const Delivery& again = sent_[dice(sent_.size())];
        d.summary = again.summary;
        d.data = again.data;
      }
      sent_.push_back(d);
      batch.push_back(std::move(d));
    }
    for (const auto& result : store_->put(batch)) CHECK(result);
    for (const Delivery& d : batch) model_.put(d, world_.clock.now());
  }
  void remove() {
    if (sent_.empty()) return;
    const std::string& name = kNames[dice(kNames.size())];
    const auto there = model_.shown(name, world_.clock.now());
    const std::string id =
        there.empty() || dice(3) == 0 ? sent_[dice(sent_.size())].summary.id.text() : there[dice(there.size())];
    const auto removed = store_->remove(inbox(name), MessageId::trusted(id));
    REQUIRE(removed);
    CHECK(*removed == model_.remove(name, id, world_.clock.now()));
  }

  /// Some of what a walk finds, hidden ones too; a reader hands it to the writer.
  void remove_many() {
    std::unique_ptr<Store> reader = dice(2) == 0 ? nullptr : std::move(*world_.open(Role::reader));
    Store& store = reader ? *reader : *store_;
    std::vector<Spot> chosen;
    for (ScanCursor cursor; !cursor.done();) {
      auto page = store.scan(cursor, 1 + dice(9));
      REQUIRE(page);
      for (Found& each : *page) {
        const std::string& name = each.spot.inbox.name();
        const auto there = model_.shown(name, world_.clock.now());
        const bool seen = std::find(there.begin(), there.end(), each.spot.id.text()) != there.end();
        CHECK((seen || each.over_quota));
        if (dice(3) == 0) chosen.push_back(std::move(each.spot));
      }
    }
    CHECK(store.remove_all(chosen) == chosen.size());
    for (const Spot& each : chosen) model_.remove(each.inbox.name(), each.id.text(), world_.clock.now());
  }

  World world_;
  std::mt19937 random_;
  Model model_;
  std::unique_ptr<Store> store_;
  std::vector<Delivery> sent_;
};

}  // namespace

TEST_CASE("any sequence leaves the newest of each inbox within its caps") {
  for (const char* scheme : {"memory", "sqlite", "redis"}) {
    for (unsigned seed = 1; seed <= 8; ++seed) {
      Run run(scheme, seed);
      for (int i = 0; i < 250; ++i) {
        INFO(scheme << " seed " << seed << " step " << i);
        run.step();
        run.check_all();
      }
      run.check_end();
    }
  }
}
