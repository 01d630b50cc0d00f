/// baseline.cc: lines of JSON, there and back.
#include "replay/baseline.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/descriptor.h"
#include "core/file_error.h"
#include "core/text.h"
#include "filter/scoring.h"
#include "replay/nameless_file.h"

namespace maildrop::replay {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "maildrop.baseline/1";
constexpr std::size_t kKeyDigits = 32;            // digits
constexpr std::size_t kLongestLine = 4096;        // bytes of a line
constexpr std::size_t kWriteLinesAt = 64 * 1024;  // bytes

std::string head_line() { return Json{{"schema", kSchema}}.dump() + "\n"; }

std::optional<std::uint64_t> number_of(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

struct BaselineWriter::State {
  std::string path;
  FileDescriptor file;
  std::string waiting{};
  bool finished = false;

  Result<void> write() { return write_to(file, std::exchange(waiting, {}), path); }
};

BaselineWriter::BaselineWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

BaselineWriter::~BaselineWriter() {
  if (!state_->finished) ::unlink(state_->path.c_str());
}

Result<std::unique_ptr<BaselineWriter>> BaselineWriter::create(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return tl::unexpected(file_error("create", path, errno));
  auto state = std::make_unique<State>(State{path, std::move(file), head_line()});
  return std::unique_ptr<BaselineWriter>(new BaselineWriter(std::move(state)));
}

Result<void> BaselineWriter::add(const std::string& key, const Outcome& outcome) {
  Json line;
  line["key"] = key;
  line["fate"] = kFateNames[static_cast<std::size_t>(outcome.fate)];
  line["by"] = outcome.by;
  line["score"] = filter::rounded_score(outcome.score);
  state_->waiting += line.dump() + "\n";
  return state_->waiting.size() < kWriteLinesAt ? Result<void>() : state_->write();
}

Result<void> BaselineWriter::finish() {
  TRY(state_->write());
  if (::fsync(state_->file.get()) != 0) return tl::unexpected(file_error("write", state_->path, errno));
  state_->finished = true;
  return {};
}

bool Baseline::is_one(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line(kLongestLine, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  return line.starts_with("{\"schema\":\"maildrop.baseline/");
}

Result<Baseline> Baseline::open(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::unavailable, "cannot read '" + path + "'");
  Baseline baseline;
  std::string line;
  std::size_t number = 1;
  const auto wrong = [&](std::string_view what) {
    return fail(Code::invalid, path + ":" + std::to_string(number) + ": " + std::string(what));
  };
  if (!std::getline(in, line) || line + "\n" != head_line())
    return wrong("does not begin with " + std::string(trim(head_line())));
  while (std::getline(in, line)) {
    ++number;
    if (line.size() > kLongestLine) return wrong("too long");
    if (baseline.rows_.size() == kMostMessages) return wrong("too many messages");
    const Json object = Json::parse(line, nullptr, false);
    const auto text = [&object](const char* name) {
      const auto at = object.is_object() ? object.find(name) : object.end();
      return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
    };
    const std::string key = text("key"), by = text("by");
    const auto fate = std::find(kFateNames.begin(), kFateNames.end(), text("fate"));
    const auto high =
        key.size() == kKeyDigits ? number_of(std::string_view(key).substr(0, kKeyDigits / 2)) : std::nullopt;
    const auto low = high ? number_of(std::string_view(key).substr(kKeyDigits / 2)) : std::nullopt;
    if (!low || fate == kFateNames.end() || !object.contains("score") || !object["score"].is_number())
      return wrong("no line of a baseline");
    auto name = std::find(baseline.by_.begin(), baseline.by_.end(), by);
    if (name == baseline.by_.end()) {
      if (baseline.by_.size() == kMostFilters) return wrong("too many filters");
      name = baseline.by_.insert(baseline.by_.end(), by);
    }
    baseline.rows_.push_back({*high, *low, object["score"].get<double>(),
                              static_cast<std::uint16_t>(name - baseline.by_.begin()),
                              static_cast<Fate>(fate - kFateNames.begin())});
  }
  if (in.bad()) return fail(Code::unavailable, "cannot read '" + path + "'");
  std::stable_sort(baseline.rows_.begin(), baseline.rows_.end(),
                   [](const Row& a, const Row& b) { return std::pair(a.high, a.low) < std::pair(b.high, b.low); });
  return baseline;
}

std::optional<Verdict> Baseline::of(const std::string& key) const {
  const auto high = number_of(std::string_view(key).substr(0, kKeyDigits / 2));
  const auto low = number_of(std::string_view(key).substr(std::min(key.size(), kKeyDigits / 2)));
  if (!high || !low) return std::nullopt;
  const auto before = [](const Row& row, const std::pair<std::uint64_t, std::uint64_t>& wanted) {
    return std::pair(row.high, row.low) < wanted;
  };
  const auto row = std::lower_bound(rows_.begin(), rows_.end(), std::pair(*high, *low), before);
  if (row == rows_.end() || row->high != *high || row->low != *low) return std::nullopt;
  return Verdict{row->fate, by_[row->by], row->score};
}

}  // namespace maildrop::replay
