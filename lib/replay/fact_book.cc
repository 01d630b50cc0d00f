/// fact_book.cc: facts, written and found again.
#include "replay/fact_book.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "core/file_error.h"
#include "core/text.h"
#include "dns/recorded.h"
#include "mail/sha256.h"
#include "replay/nameless_file.h"
#include "store/zstd_stream.h"

namespace maildrop::replay {

namespace {

constexpr std::string_view kFirstLine = "maildrop.facts/1";
constexpr std::string_view kMessage = "= ";
constexpr std::size_t kBookKey = 32;              // digits
constexpr std::size_t kLongestFacts = 64 * 1024;  // bytes of a line
constexpr int kLevel = 3;

std::string fact_line(const std::pair<const dns::Question, dns::Answer>& fact) {
  return dns::to_line(fact.first, fact.second) + "\n";
}

bool is_key(std::string_view text) {
  return text.size() == kBookKey &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// REQUIRES: a key.
std::uint64_t hash_of(std::string_view key) {
  std::uint64_t hash = 0;
  std::from_chars(key.data(), key.data() + 16, hash, 16);
  return hash;
}

}  // namespace

std::string fact_key(const Sample& sample) {
  mail::Sha256 digest;
  const Envelope& envelope = sample.envelope;
  const auto add = [&digest](std::string_view part) {
    digest.add(std::to_string(part.size()) + ":");
    digest.add(part);
  };
  add(envelope.peer ? envelope.peer->to_string() : "");
  add(envelope.helo);
  add(envelope.from ? "<" + *envelope.from + ">" : "");
  for (const std::string& to : envelope.to) add(to);
  add(sample.data);
  return digest.hex().substr(0, kBookKey);
}

struct FactWriter::State {
  std::string path;
  FileDescriptor file;
  std::optional<store::ZstdWriter> stream{};
  bool finished = false;
};

FactWriter::FactWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

FactWriter::~FactWriter() {
  if (!state_->finished) ::unlink(state_->path.c_str());
}

Result<std::unique_ptr<FactWriter>> FactWriter::create(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return tl::unexpected(file_error("create", path, errno));
  auto state = std::make_unique<State>(State{path, std::move(file)});
  std::unique_ptr<FactWriter> writer(new FactWriter(std::move(state)));
  State& own = *writer->state_;
  own.stream = TRY(
      store::ZstdWriter::make([&own](std::string_view bytes) { return write_to(own.file, bytes, own.path); }, kLevel));
  TRY(own.stream->write(std::string(kFirstLine) + "\n"));
  return writer;
}

Result<void> FactWriter::add(const std::string& key, const DnsFacts& facts) {
  std::string text = std::string(kMessage) + key + "\n";
  for (const auto& fact : facts) text += fact_line(fact);
  return state_->stream->write(text);
}

Result<void> FactWriter::finish() {
  TRY(state_->stream->finish());
  if (::fsync(state_->file.get()) != 0) return tl::unexpected(file_error("write", state_->path, errno));
  state_->finished = true;
  return {};
}

Result<FactBook> FactBook::open(const std::string& path) {
  const FileDescriptor packed(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!packed) return tl::unexpected(file_error("open", path, errno));
  const auto wrong = [&path](std::size_t line, std::string_view what) {
    return fail(Code::invalid, path + ":" + std::to_string(line) + ": " + std::string(what));
  };
  auto lines = TRY(store::ZstdReader::make([&](char* to, std::size_t size) -> Result<std::size_t> {
    const ssize_t got = ::read(packed.get(), to, size);
    if (got < 0) return tl::unexpected(file_error("read", path, errno));
    return static_cast<std::size_t>(got);
  }));
  FactBook book;
  book.file_ = TRY(nameless_file());
  std::string out;
  std::uint64_t size = 0;
  for (std::size_t number = 1;; ++number) {
    const auto line = lines.line(kLongestFacts);
    if (!line && line.error().code == Code::corrupt) return wrong(number, "not such a file, or damaged");
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    if (number == 1 && **line != kFirstLine) return wrong(number, "does not begin with " + std::string(kFirstLine));
    if (number == 1) continue;
    const bool is_message = (*line)->starts_with(kMessage);
    const std::string_view key = is_message ? std::string_view(**line).substr(kMessage.size()) : std::string_view();
    if (is_message ? !is_key(key) : book.places_.empty()) return wrong(number, "no message where one should be");
    if (is_message && book.places_.size() == kMostMessages) return wrong(number, "too many messages");
    const std::size_t length = (*line)->size() + 1;
    if (is_message) book.places_.push_back({hash_of(key), size, 0});
    Place& place = book.places_.back();
    place.size += static_cast<std::uint32_t>(length);
    if (place.size > kMostOfOne) return wrong(number, "too much about one message");
    size += length;
    if (size > kMostBytes) return wrong(number, "too long");
    out.append(**line).append("\n");
    if (out.size() < kLongestFacts) continue;
    TRY(write_to(book.file_, out, kNameless));
    out.clear();
  }
  TRY(write_to(book.file_, out, kNameless));
  std::stable_sort(book.places_.begin(), book.places_.end(),
                   [](const auto& a, const auto& b) { return a.hash < b.hash; });
  return book;
}

Result<std::optional<DnsFacts>> FactBook::of(const std::string& key) const {
  const std::uint64_t hash = hash_of(key);
  auto place = std::lower_bound(places_.begin(), places_.end(), hash,
                                [](const Place& each, std::uint64_t wanted) { return each.hash < wanted; });
  for (; place != places_.end() && place->hash == hash; ++place) {
    std::string text(place->size, '\0');
    const ssize_t got = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(place->begin));
    if (got != static_cast<ssize_t>(text.size())) return tl::unexpected(file_error("read", kNameless, errno));
    if (text.compare(kMessage.size(), kBookKey, key) != 0) continue;
    std::string_view rest = std::string_view(text).substr(kMessage.size() + kBookKey + 1);
    DnsFacts facts;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      auto fact = dns::parse_line(rest.substr(0, end));
      if (!fact) return fail(Code::corrupt, "the facts of a message: " + fact.error().what);
      facts.insert(std::move(*fact));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::optional(std::move(facts));
  }
  return std::optional<DnsFacts>();
}

}  // namespace maildrop::replay
