/// judged_run_test.cc: a whole run: in order, bounded, with facts, and ended early.
#include "replay/judged_run.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "dns/kit.h"
#include "filter/filters.h"
#include "replay/folder.h"

using namespace maildrop;
using namespace maildrop::replay;

namespace {

/// `count` messages, each third of which is broken.
class Counted final : public Source {
 public:
  explicit Counted(int count) : count_(count) {}
  std::optional<Result<Sample>> next() override {
    if (number_ == count_) return std::nullopt;
    const std::string name = std::to_string(number_++);
    if (number_ % 3 == 0) return fail(Code::invalid, name + " is broken");
    Sample sample{name, "From: a@example.com\r\nSubject: " + name + "\r\n\r\nbody\r\n"};
    sample.envelope.from = "a@example.com";
    sample.envelope.to = {"bob@localhost"};
    sample.envelope.peer = *IpAddress::parse("192.0.2.1");
    return sample;
  }

 private:
  const int count_;
  int number_ = 0;
};

Config config_of() {
  Config config;
  config.mail.domains = {"*"};
  return config;
}

std::vector<std::string> run(int count, const JudgedRunOptions& options, int most = 1'000'000) {
  const Config config = config_of();
  auto chain = filter::Chain::make(config, filter::filter_kinds());
  REQUIRE(chain);
  JudgedRun run(config, *chain, options);
  Counted source(count);
  std::vector<std::string> names;
  const auto told = [&](const JudgedMessage& message) {
    const Result<Outcome>& outcome = message.outcome;
    CHECK(message.before.has_value() == (outcome && options.reference.config));
    if (outcome && options.keys) CHECK(message.key.size() == 32);
    names.push_back(outcome ? message.name + " " + std::to_string(static_cast<int>(outcome->fate))
                            : outcome.error().what);
  };
  REQUIRE(run.run(source, told, [&](const JudgedRunState&) { return static_cast<int>(names.size()) < most; }));
  CHECK(run.state().read == names.size());
  return names;
}

}  // namespace

TEST_CASE("judged_run: all in their order, broken ones with why") {
  const std::vector<std::string> names = run(1000, {});
  REQUIRE(names.size() == 1000);
  for (std::size_t i = 0; i < names.size(); ++i) CHECK(names[i].substr(0, names[i].find(' ')) == std::to_string(i));
  CHECK(names[2] == "2 is broken");
}

TEST_CASE("judged_run: a reference judges the same messages, and changes nothing") {
  Config other = config_of();
  other.filter.headers.mode = FilterUse::Mode::off;
  auto chain = filter::Chain::make(other, filter::filter_kinds());
  REQUIRE(chain);
  JudgedRunOptions options;
  options.keys = true;
  options.reference = {&other, *chain};
  CHECK(run(30, options) == run(30, {}));
}

TEST_CASE("judged_run: it ends where it is told to") {
  JudgedRunOptions options;
  options.limit = 10;
  CHECK(run(1000, options).size() == 10);
  CHECK(run(0, options).empty());
  CHECK(run(100'000, {}, 1).size() < 100'000);
  options.rcpt = {"nobody"};
  CHECK(run(1, options) == std::vector<std::string>{"address has no domain"});
}

TEST_CASE("judged_run: what the DNS says is found out ahead, in order, and kept for runs in which nobody is asked") {
  using namespace std::chrono_literals;
  std::atomic<int> asked{0};
  const dns::test::Server server([&asked](const dns::test::Asked& question) -> std::optional<dns::test::Bytes> {
    ++asked;
    return dns::test::reply(question, {});
  });
  Config config = config_of();
  config.dns.servers = {server.endpoint()};
  config.dns.timeout = config.filter.timeout = 20s;
  auto chain = filter::Chain::make(config, filter::filter_kinds());
  REQUIRE(chain);
  const test::Folder folder;
  const std::string path = folder.path + "/facts.zst";
  const auto judged = [&](const JudgedRunOptions& options) {
    JudgedRun run(config, *chain, options);
    Counted source(30);
    std::string all;
    const auto told = [&all](const JudgedMessage& message) {
      all += message.name;
      if (!message.outcome) return;
      for (const Hit& hit : message.outcome->hits) all += hit.failed ? " failed" : " " + hit.reason;
    };
    REQUIRE(run.run(source, told, [](const JudgedRunState&) { return true; }));
    return all;
  };
  std::string live;
  {
    const auto writer = FactWriter::create(path);
    REQUIRE(writer);
    JudgedRunOptions options;
    options.asks = true;
    options.record = writer->get();
    live = judged(options);
    REQUIRE((*writer)->finish());
  }
  CHECK(asked > 0);
  CHECK_THAT(live, !Catch::Contains("failed"));
  CHECK_THAT(judged({}), Catch::Contains("failed"));
  asked = 0;
  const auto book = FactBook::open(path);
  REQUIRE(book);
  JudgedRunOptions options;
  options.facts = &*book;
  CHECK(judged(options) == live);
  CHECK(asked == 0);
}

TEST_CASE("judged_run: facts that were recorded are those of the next run") {
  const test::Folder folder;
  const std::string path = folder.path + "/facts.zst";
  {
    const auto writer = FactWriter::create(path);
    REQUIRE(writer);
    JudgedRunOptions options;
    options.record = writer->get();
    run(30, options);
    REQUIRE((*writer)->finish());
  }
  const auto book = FactBook::open(path);
  REQUIRE(book);
  CHECK(book->messages() == 20);
  JudgedRunOptions options;
  options.facts = &*book;
  CHECK(run(30, options) == run(30, {}));  // nobody was asked
}
