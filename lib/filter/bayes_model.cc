/// bayes_model.cc: the table, what it says, and its form in files.
#include "filter/bayes_model.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "filter/bayes_tokens.h"
#include "store/zstd_stream.h"

namespace maildrop::filter {

namespace {

constexpr unsigned kLineBits = 18;
constexpr std::size_t kLines = std::size_t{1} << kLineBits;
constexpr std::size_t kPlaces = 8;      // in a line
constexpr std::size_t kPlaceBytes = 8;  // in a file: check, spam, ham, the lowest byte first
constexpr std::size_t kLineBytes = kPlaces * kPlaceBytes;
constexpr std::size_t kRows = 1024;  // lines that are written or read at once
static_assert(kLines % kRows == 0);
constexpr int kLevel = 3;  // of zstd: checks are chance, and no level makes them smaller
constexpr unsigned kFormat = 1;
constexpr std::string_view kBayesFile = "maildrop-bayes";
constexpr std::size_t kLongestHead = 200;  // bytes of the line before the table

// Log odds of a feature are of (n * share + kPrior / 2) / (n + kPrior), Robinson's estimate: 3.0 for one that came
// once.
constexpr double kPrior = 0.1;
constexpr double kCertain = 2;  // a weighted mean of log odds from which on a message is certain, and not learned from

/// What a place is found by, within a line; 0 is for empty ones.
std::uint32_t check_of(std::uint64_t feature) { return std::max(static_cast<std::uint32_t>(feature), 1u); }
std::size_t line_of(std::uint64_t feature) { return feature >> (64 - kLineBits); }

template <class Number>
void put(char* to, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

template <class Number>
Number take(const char* from) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Number>(
        value | static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(from[i])) << (8 * i)));
  return value;
}

/// ` NAME NUMBER` off the begin of `text`.
bool take_number(std::string_view& text, std::string_view name, std::uint64_t& number) {
  const std::string before = " " + std::string(name) + " ";
  if (!text.starts_with(before)) return false;
  text.remove_prefix(before.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

tl::unexpected<Error> damaged_model(std::string_view why) {
  return fail(Code::corrupt, "it is no model of `maildrop filter train`, or damaged: " + std::string(why));
}

}  // namespace

struct alignas(64) BayesModel::Line {
  std::array<std::uint32_t, kPlaces> checks{};
  std::array<std::uint16_t, kPlaces> spam{};
  std::array<std::uint16_t, kPlaces> ham{};

  std::size_t find(std::uint32_t check) const {
    std::size_t found = kPlaces;
    for (std::size_t i = 0; i < kPlaces; ++i) found = checks[i] == check ? i : found;  // without a jump: 2 ns
    return found;
  }
  unsigned known(std::size_t place) const { return checks[place] == 0 ? 0u : 1u + spam[place] + ham[place]; }
};

BayesModel::BayesModel() : lines_(new Line[kLines]) {
  static_assert(sizeof(Line) == kPlaces * kPlaceBytes && kLines * sizeof(Line) == kSize);
}
BayesModel::BayesModel(BayesModel&&) noexcept = default;
BayesModel& BayesModel::operator=(BayesModel&&) noexcept = default;
BayesModel::~BayesModel() = default;

BayesModel::Counts BayesModel::of(std::uint64_t feature) const {
  const Line& line = lines_[line_of(feature)];
  const std::size_t place = line.find(check_of(feature));
  return place == kPlaces ? Counts{} : Counts{line.spam[place], line.ham[place]};
}

double BayesModel::odds_of(std::uint64_t feature) const {
  const Counts counts = of(feature);
  const auto n = static_cast<double>(counts.spam + counts.ham);
  if (n == 0) return 0;
  const auto share = [](std::uint64_t count, std::uint64_t of) {
    return static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(of, 1));
  };
  const double spam = share(counts.spam, learned_.spam);
  const double ham = share(counts.ham, learned_.ham);
  const double part = n * spam / (spam + ham);
  return std::log((part + kPrior / 2) / (n - part + kPrior / 2));
}

double BayesModel::judge(std::span<const std::uint64_t> features, std::vector<Say>* says, std::size_t most) const {
  constexpr std::size_t kAhead = 16;  // lines that are fetched while one is looked at
  for (std::size_t i = 0; i < std::min(kAhead, features.size()); ++i) __builtin_prefetch(&lines_[line_of(features[i])]);
  std::vector<Say> all;
  if (says) all.reserve(features.size());
  double weights = 0, sum = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (i + kAhead < features.size()) __builtin_prefetch(&lines_[line_of(features[i + kAhead])]);
    const double odds = odds_of(features[i]);
    if (odds == 0) continue;
    weights += odds * odds;
    sum += odds * odds * odds;
    if (says) all.push_back({i, odds});
  }
  if (says) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(most, all.size()));
    std::partial_sort(all.begin(), end, all.end(), [](const Say& a, const Say& b) {
      return std::abs(a.odds) != std::abs(b.odds) ? std::abs(a.odds) > std::abs(b.odds) : a.feature < b.feature;
    });
    says->assign(all.begin(), end);
  }
  return weights == 0 ? 0 : sum / weights / kCertain;
}

bool BayesModel::learn(std::span<const std::uint64_t> features, bool is_spam) {
  ++(is_spam ? seen_.spam : seen_.ham);
  if (std::min(learned_.spam, learned_.ham) >= kFirst && judge(features) * (is_spam ? 1 : -1) >= 1) return false;
  for (const std::uint64_t feature : features) count(feature, is_spam);
  std::uint64_t& learned = is_spam ? learned_.spam : learned_.ham;
  if (++learned >= kMostLearned) fade();
  return true;
}

void BayesModel::count(std::uint64_t feature, bool is_spam) {
  Line& line = lines_[line_of(feature)];
  const std::uint32_t check = check_of(feature);
  std::size_t place = line.find(check);
  if (place == kPlaces) {
    // Of several of which as little is known, not always the first: it would be the only one that ever goes.
    place = check % kPlaces;
    for (std::size_t i = 1; i < kPlaces; ++i) {
      const std::size_t other = (check + i) % kPlaces;
      if (line.known(other) < line.known(place)) place = other;
    }
    line.checks[place] = check;
    line.spam[place] = line.ham[place] = 0;
  }
  std::uint16_t& times = (is_spam ? line.spam : line.ham)[place];
  if (times < UINT16_MAX) ++times;  // features that somebody made alike count more than once of a message
}

void BayesModel::fade() {
  for (std::size_t i = 0; i < kLines; ++i) {
    Line& line = lines_[i];
    for (std::size_t place = 0; place < kPlaces; ++place) {
      line.spam[place] /= 2;
      line.ham[place] /= 2;
      if (line.spam[place] + line.ham[place] == 0) line.checks[place] = 0;
    }
  }
  learned_ = {learned_.spam / 2, learned_.ham / 2};
}

Result<std::string> BayesModel::bytes() const {
  std::string out;
  auto writer = TRY(store::ZstdWriter::make(
      [&out](std::string_view bytes) -> Result<void> {
        out += bytes;
        return {};
      },
      kLevel));
  const auto counts = [](const Counts& of) { return std::to_string(of.spam) + " ham " + std::to_string(of.ham); };
  TRY(writer.write(std::string(kBayesFile) + " " + std::to_string(kFormat) + " tokens " +
                   std::to_string(BayesTokens::kVersion) + " lines " + std::to_string(kLines) + " seen " +
                   counts(seen_) + " learned " + counts(learned_) + "\n"));
  std::string rows(kRows * kLineBytes, '\0');
  for (std::size_t i = 0; i < kLines; ++i) {
    char* to = rows.data() + i % kRows * kLineBytes;
    for (std::size_t place = 0; place < kPlaces; ++place, to += kPlaceBytes) {
      put(to, lines_[i].checks[place]);
      put(to + 4, lines_[i].spam[place]);
      put(to + 6, lines_[i].ham[place]);
    }
    if ((i + 1) % kRows == 0) TRY(writer.write(rows));
  }
  TRY(writer.finish());
  return out;
}

Result<BayesModel> BayesModel::parse(std::string_view bytes) {
  std::size_t at = 0;
  auto reader = TRY(store::ZstdReader::make([&](char* to, std::size_t size) -> Result<std::size_t> {
    const std::size_t copied = bytes.substr(at).copy(to, size);
    at += copied;
    return copied;
  }));
  const auto line = reader.line(kLongestHead);
  if (!line)
    return line.error().code == Code::corrupt ? damaged_model(line.error().what) : tl::unexpected(line.error());
  const std::string text = " " + line->value_or("");
  std::string_view head = text;
  std::uint64_t format = 0, tokens = 0, lines = 0;
  if (!take_number(head, kBayesFile, format)) return damaged_model("it begins otherwise");
  BayesModel model;
  const bool whole = take_number(head, "tokens", tokens) && take_number(head, "lines", lines) &&
                     take_number(head, "seen", model.seen_.spam) && take_number(head, "ham", model.seen_.ham) &&
                     take_number(head, "learned", model.learned_.spam) &&
                     take_number(head, "ham", model.learned_.ham) && head.empty();
  if (format != kFormat || !whole || tokens != BayesTokens::kVersion || lines != kLines)
    return fail(Code::invalid, "it is a model of another version of maildrop: train a new one");
  Result<std::string> rows;
  for (std::size_t i = 0; i < kLines; ++i) {
    if (i % kRows == 0) rows = reader.bytes(kRows * kLineBytes);
    if (!rows)
      return rows.error().code == Code::corrupt ? damaged_model(rows.error().what) : tl::unexpected(rows.error());
    const char* from = rows->data() + i % kRows * kLineBytes;
    for (std::size_t place = 0; place < kPlaces; ++place, from += kPlaceBytes) {
      model.lines_[i].checks[place] = take<std::uint32_t>(from);
      model.lines_[i].spam[place] = take<std::uint16_t>(from + 4);
      model.lines_[i].ham[place] = take<std::uint16_t>(from + 6);
    }
  }
  const auto end = reader.line(0);
  if (!end || *end) return damaged_model("more follows");
  return model;
}

Result<BayesModel> BayesModel::open(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    Error error = file_error("read", path, errno);
    if (errno == ENOENT) error.code = Code::not_found;
    return tl::unexpected(std::move(error));
  }
  std::string bytes;
  std::array<char, 64 * 1024> buffer;
  while (bytes.size() <= kMostBytes) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    if (got == 0) break;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  auto model = bytes.size() > kMostBytes ? Result<BayesModel>(damaged_model("it is too long")) : parse(bytes);
  if (!model) return fail(model.error().code, "'" + path + "': " + model.error().what);
  return model;
}

}  // namespace maildrop::filter
