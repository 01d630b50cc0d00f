/// bayes_model_test.cc: what a model learns, forgets, and keeps in a file.
#include "filter/bayes_model.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "filter/bayes_tokens.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

using Features = std::vector<std::uint64_t>;

bool learn(BayesModel& model, const std::string& message, bool is_spam) {
  return model.learn(BayesTokens(message).features(), is_spam);
}

const std::string kSpam =
    "Subject: Free money\r\n\r\nBuy cheap pills at http://pills.example/today!\r\nYou are paid at once.\r\n";
const std::string kHam = "Subject: dinner\r\n\r\nWe lost the game. Are you hungry yet?\r\nIt is late at night.\r\n";

/// What the samples of the filter go by: tests/filter/bayes.model.
BayesModel small() {
  BayesModel model;
  for (int i = 0; i < 30; ++i) {
    learn(model, kSpam, true);
    learn(model, kHam, false);
  }
  return model;
}

/// Some features for one line of the table.
std::uint64_t in_line(std::uint64_t line, std::uint64_t n) { return line << 46 | n; }

}  // namespace

TEST_CASE("bayes_model: what was seen in spam alone speaks for spam, and what nobody has seen for nothing") {
  BayesModel model;
  CHECK(model.judge(Features{1, 2, 3}) == 0);
  for (int i = 0; i < 30; ++i) {
    model.learn(Features{1, 2, 5}, true);
    model.learn(Features{3, 4, 5}, false);
  }
  CHECK(model.judge(Features{1, 2}) > 1);
  CHECK(model.judge(Features{3, 4}) < -1);
  CHECK(model.judge(Features{1, 3}) == Approx(0));
  CHECK(model.judge(Features{5, 99}) == 0);
  CHECK(model.judge({}) == 0);
  std::vector<BayesModel::Say> says;
  model.learn(Features{1, 7}, false);
  model.judge(Features{7, 99, 1, 2, 5}, &says, 3);
  REQUIRE(says.size() == 3);
  CHECK(says[0].feature == 3);
  CHECK(says[0].odds > 5);
  CHECK(says[1].feature == 2);
  CHECK(says[1].odds == Approx(3.209).margin(0.01));
  CHECK(says[2].feature == 0);  // once in ham
  CHECK(says[2].odds == Approx(-3.045).margin(0.01));
}

TEST_CASE("bayes_model: what it knows for certain it does not learn from, and that it was told is counted") {
  BayesModel model = small();
  CHECK(model.seen().spam == 30);
  CHECK(model.learned().spam == BayesModel::kFirst);
  CHECK(model.learned().ham == BayesModel::kFirst);
  CHECK_FALSE(learn(model, kSpam, true));
  CHECK(learn(model, kHam, true));  // an error, or it thinks otherwise
  CHECK(model.learned().spam == BayesModel::kFirst + 1);
}

TEST_CASE("bayes_model: where a line is full what is known the least goes") {
  BayesModel model;
  for (int i = 0; i < 3; ++i) model.learn(Features{in_line(7, 1), in_line(7, 2)}, true);
  for (std::uint64_t n = 10; n < 40; ++n) model.learn(Features{in_line(7, n)}, false);
  CHECK(model.of(in_line(7, 1)).spam == 3);
  CHECK(model.of(in_line(7, 2)).spam == 3);
  std::size_t left = 0;
  for (std::uint64_t n = 10; n < 40; ++n) left += model.of(in_line(7, n)).ham;
  CHECK(left == 6);
  CHECK(model.of(in_line(7, 39)).ham == 1);
  CHECK(model.of(in_line(8, 1)).spam == 0);
}

TEST_CASE("bayes_model: what was learned long ago fades") {
  BayesModel model;
  const Features both{1, 2};
  model.learn(Features{1, 9}, true);
  for (std::uint64_t i = 2; i < BayesModel::kMostLearned; ++i) {
    model.learn(both, true);
    model.learn(both, false);
  }
  CHECK(model.learned().spam == BayesModel::kMostLearned - 1);
  CHECK(model.of(9).spam == 1);
  model.learn(both, true);
  CHECK(model.learned().spam == BayesModel::kMostLearned / 2);
  CHECK(model.learned().ham == (BayesModel::kMostLearned - 2) / 2);
  CHECK(model.of(1).spam == BayesModel::kMostLearned / 2);
  CHECK(model.of(9).spam == 0);
  CHECK(model.seen().spam == BayesModel::kMostLearned);
}

TEST_CASE("bayes_model: it comes back as it was, and what is no model is told") {
  const auto code_of = [](std::string_view bytes) { return BayesModel::parse(bytes).error().code; };
  BayesModel model = small();
  const std::string bytes = *model.bytes();
  CHECK(bytes.size() < 10'000);
  const auto again = BayesModel::parse(bytes);
  REQUIRE(again);
  CHECK(*again->bytes() == bytes);
  CHECK(again->judge(BayesTokens(kSpam).features()) == model.judge(BayesTokens(kSpam).features()));
  CHECK(code_of("") == Code::corrupt);
  CHECK(code_of("From: a\r\n\r\nno model") == Code::corrupt);
  CHECK(code_of(bytes + bytes) == Code::corrupt);
  CHECK(code_of(bytes.substr(0, bytes.size() - 1)) == Code::corrupt);
  for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 7) {
    std::string rotten = bytes;
    rotten[at] = static_cast<char>(rotten[at] ^ 0x10);
    CHECK(code_of(rotten) == Code::corrupt);
  }
  // A line that is of a later version, packed by hand: a raw block of zstd, without a checksum.
  const std::string line = "maildrop-bayes 2 tokens 1 and so on\n";
  const std::string frame = std::string("\x28\xB5\x2F\xFD\x00\x58", 6) +
                            std::string{static_cast<char>((line.size() << 3 | 1) & 0xFF),
                                        static_cast<char>((line.size() << 3 | 1) >> 8), '\0'} +
                            line;
  CHECK(code_of(frame) == Code::invalid);
}

TEST_CASE("bayes_model: a file") {
  char folder[] = "/tmp/maildrop-bayes-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/m";
  CHECK(BayesModel::open(path).error().code == Code::not_found);
  CHECK(BayesModel::open(folder).error().code == Code::unavailable);
  std::ofstream(path, std::ios::binary) << std::string(BayesModel::kMostBytes + 1, 'x');
  CHECK(BayesModel::open(path).error().what.find("too long") != std::string::npos);
  std::ofstream(path, std::ios::binary) << *small().bytes();
  CHECK(BayesModel::open(path)->seen().ham == 30);
  std::filesystem::remove_all(folder);
}

TEST_CASE("bayes_model: the samples' model is what it says here (UPDATE_WANT=1 writes it)") {
  const std::string path = MAILDROP_SOURCE_DIR "/tests/filter/bayes.model";
  const std::string bytes = *small().bytes();
  if (std::getenv("UPDATE_WANT") != nullptr) std::ofstream(path, std::ios::binary) << bytes;
  const auto kept = BayesModel::open(path);
  REQUIRE(kept);
  CHECK(*kept->bytes() == bytes);
}
