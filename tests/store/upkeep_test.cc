/// upkeep_test.cc: what fails between deliveries is told and counted, once a change, and done again.
#include "store/upkeep.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <thread>

#include "store/kit.h"

using namespace maildrop;
using namespace maildrop::store;
using namespace maildrop::store::test;

namespace {

/// Holds nothing, and fails at will.
class FailingStore final : public Store {
 public:
  enum class How { works, fails, throws };

  std::vector<Result<MessageId>> put(std::span<const Delivery>) override { return {}; }
  Result<std::vector<Summary>> list(const mail::Inbox&, const Query&) override { return std::vector<Summary>(); }
  Result<Message> get(const mail::Inbox&, const MessageId&) override { return fail(Code::not_found, ""); }
  Result<bool> remove(const mail::Inbox&, const MessageId&) override { return false; }
  Result<PurgeReport> purge(const PurgeQuery&) override { return as<PurgeReport>(purging); }
  Result<StoreStats> stats() override { return as<StoreStats>(counting); }
  Result<void> ready() override { return {}; }
  void tend() override {}
  void apply(const InboxSettings&) override {}

  How purging = How::works, counting = How::works;

 private:
  template <class T>
  static Result<T> as(How how) {
    if (how == How::throws) throw std::bad_alloc();
    if (how == How::fails) return fail(Code::unavailable, "told to");
    return T{};
  }
};
using How = FailingStore::How;

/// The lines of the log while it lives.
class Log {
 public:
  Log() : saved_(::dup(2)), file_(std::tmpfile()) { ::dup2(::fileno(file_), 2); }
  ~Log() {
    ::dup2(saved_, 2);
    ::close(saved_);
    std::fclose(file_);
  }
  Log(const Log&) = delete;

  std::string text() const {
    std::string out(1 << 16, '\0');
    const auto got = ::pread(::fileno(file_), out.data(), out.size(), 0);
    out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return out;
  }
  std::size_t count(const std::string& what) const {
    const std::string all = text();
    std::size_t n = 0;
    for (std::size_t at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) ++n;
    return n;
  }

 private:
  int saved_;
  std::FILE* file_;
};

/// One step when it is due, and not before.
void step(Upkeep& upkeep) {
  std::this_thread::sleep_until(upkeep.next());
  upkeep.step(0);
}

}  // namespace

TEST_CASE("upkeep: expiry that fails is told once, counted each time, and told again when it works") {
  const How how = GENERATE(How::fails, How::throws);
  FailingStore store;
  metrics::Registry registry;
  Upkeep upkeep(store, registry);
  const Log log;
  store.purging = how;
  step(upkeep);
  step(upkeep);
  CHECK(log.count("upkeep failed of=purge error=") == 1);
  CHECK(log.count("upkeep works again") == 0);
  CHECK(registry.total("maildrop_store_upkeep_failures_total") == 2);
  store.purging = How::works;
  step(upkeep);
  CHECK(log.count("upkeep works again of=purge") == 1);
  CHECK(log.count("of=stats") == 0);
  CHECK(registry.total("maildrop_store_upkeep_failures_total") == 2);
  INFO(log.text());
}

TEST_CASE("upkeep: figures that cannot be had are told, and are no failure of expiry") {
  const How how = GENERATE(How::fails, How::throws);
  FailingStore store;
  metrics::Registry registry;
  Upkeep upkeep(store, registry);
  const Log log;
  store.counting = how;
  step(upkeep);
  store.counting = How::works;
  step(upkeep);
  CHECK(log.count("upkeep failed of=stats error=") == 1);
  CHECK(log.count("upkeep works again of=stats") == 1);
  CHECK(log.count("of=purge") == 0);
  CHECK(registry.total("maildrop_store_upkeep_failures_total") == 0);
}

TEST_CASE("upkeep: what fails and works by turns does not fill the log") {
  UpkeepHealth health("purge");
  const Log log;
  const auto begin = std::chrono::steady_clock::now();
  const Result<void> failed = fail(Code::unavailable, "told to");
  for (int i = 0; i < 59; ++i) health.note(i % 2 == 0 ? failed : Result<void>(), begin + i * 1s);
  CHECK(log.count("upkeep failed") == 1);
  CHECK(log.count("upkeep works again") == 1);
  health.note(failed, begin + 60s);
  CHECK(log.count("upkeep failed") == 2);
}
