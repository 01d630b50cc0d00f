/// by_date_test.cc: all of it, in the order in which it came, as it was.
#include "replay/by_date.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

using namespace maildrop;
using namespace maildrop::replay;

namespace {

class Listed final : public Source {
 public:
  explicit Listed(std::vector<Result<Sample>> samples) : samples_(std::move(samples)) {}
  std::optional<Result<Sample>> next() override {
    if (at_ == samples_.size()) return std::nullopt;
    return std::move(samples_[at_++]);
  }

 private:
  std::vector<Result<Sample>> samples_;
  std::size_t at_ = 0;
};

Sample at(const std::string& name, std::optional<Time> time) {
  Sample sample{name, "From: a\r\n\r\n" + std::string(1, '\0') + name};
  sample.label = Label::ham;
  sample.envelope.received = time;
  return sample;
}

std::vector<Result<Sample>> read(std::vector<Result<Sample>> samples, int most = 1'000'000) {
  const auto source =
      by_date(std::make_unique<Listed>(std::move(samples)), [&most](std::uint64_t) { return most-- > 0; });
  CHECK_FALSE(source->left());
  std::vector<Result<Sample>> all;
  while (auto next = source->next()) {
    CHECK(source->left());
    all.push_back(std::move(*next));
  }
  CHECK(source->left() == std::optional<std::uint64_t>(0));
  return all;
}

std::string names(const std::vector<Result<Sample>>& all) {
  std::string names;
  for (const auto& each : all) names += (each ? each->name : "!" + each.error().what) + " ";
  return names;
}

Time hour(int hour) { return Time(std::chrono::hours(hour)); }

}  // namespace

TEST_CASE("by_date: the earliest first, those of one time as they came, errors and what has no time before") {
  CHECK(names(read({})).empty());
  CHECK(names(read({at("c", hour(3)), fail(Code::invalid, "broken"), at("a", hour(-1)), at("b", hour(2)),
                    at("none", {}), at("b2", hour(2)), at("d", hour(9))})) == "!broken none a b b2 c d ");
  CHECK(read({fail(Code::over_limit, "broken")}).front().error().code == Code::over_limit);
  CHECK(names(read({at("b", hour(2)), at("a", hour(1)), at("c", hour(0))}, 2)) == "a b ");
}

TEST_CASE("by_date: a sample comes back as it was") {
  Sample whole = at("whole", hour(1));
  whole.data = std::string(600'000, 'x') + "end";
  whole.label = Label::spam;
  whole.envelope.from = "";
  whole.envelope.to = {"a@b", "", "c"};
  whole.envelope.peer = *IpAddress::parse("2001:db8::1");
  whole.envelope.helo = "mx";
  const auto all = read({whole, at("bare", {})});
  REQUIRE(all.size() == 2);
  CHECK(all[1]->data == whole.data);
  CHECK(all[1]->label == Label::spam);
  CHECK(all[1]->envelope.from == std::optional<std::string>(""));
  CHECK(all[1]->envelope.to == whole.envelope.to);
  CHECK(all[1]->envelope.peer == whole.envelope.peer);
  CHECK(all[1]->envelope.helo == "mx");
  CHECK(all[1]->envelope.received == whole.envelope.received);
  CHECK_FALSE(all[0]->envelope.from);
  CHECK_FALSE(all[0]->envelope.peer);
  CHECK_FALSE(all[0]->envelope.received);
}

TEST_CASE("by_date: without room it says so, once, and is at its end") {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  ::setenv("TMPDIR", "/proc", 1);
  const auto all = read({at("a", hour(1))});
  before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
  REQUIRE(all.size() == 1);
  CHECK(all[0].error().code == Code::unavailable);
}

TEST_CASE("mixed: in an order of their bytes alone, and all of them") {
  const auto order = [](std::vector<Result<Sample>> samples) {
    const auto source = mixed(std::make_unique<Listed>(std::move(samples)), [](std::uint64_t) { return true; });
    std::vector<Result<Sample>> all;
    while (auto next = source->next()) all.push_back(std::move(*next));
    return names(all);
  };
  std::vector<Result<Sample>> samples;
  for (char c = 'a'; c <= 'h'; ++c) samples.push_back(at(std::string(1, c), hour(c)));
  const std::string once = order(samples);
  CHECK(once.size() == 16);
  CHECK(once != "a b c d e f g h ");
  std::reverse(samples.begin(), samples.end());
  CHECK(order(samples) == once);
  samples.push_back(fail(Code::invalid, "broken"));
  CHECK(order(samples) == "!broken " + once);
}
