/// by_date.cc: samples in a file, and where each lies.
#include "replay/by_date.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/file_error.h"
#include "mail/sha256.h"
#include "replay/nameless_file.h"

namespace maildrop::replay {

namespace {

constexpr std::size_t kWriteAt = 256 * 1024;  // bytes

/// Numbers and texts with their lengths, in this machine's own form: nobody else reads it.
class Packer {
 public:
  void number(std::uint64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void text(std::string_view text) {
    number(text.size());
    bytes_.append(text);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    rest_.copy(reinterpret_cast<char*>(&value), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = static_cast<std::size_t>(number());
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

 private:
  std::string_view rest_;
};

std::string packed(const Error& error) {
  Packer out;
  out.number(1);
  out.number(static_cast<std::uint64_t>(error.code));
  out.text(error.what);
  return out.take();
}

std::string packed(const Sample& sample) {
  const Envelope& envelope = sample.envelope;
  Packer out;
  out.number(0);
  out.text(sample.name);
  out.number(static_cast<std::uint64_t>(sample.label));
  out.number(envelope.from ? 1 : 0);
  out.text(envelope.from.value_or(""));
  out.number(envelope.to.size());
  for (const std::string& to : envelope.to) out.text(to);
  out.text(envelope.peer ? envelope.peer->to_string() : "");
  out.text(envelope.helo);
  out.number(envelope.received ? 1 : 0);
  out.number(static_cast<std::uint64_t>(envelope.received ? to_millis(*envelope.received) : 0));
  out.text(sample.data);
  return out.take();
}

Result<Sample> unpacked(std::string_view bytes) {
  Unpacker in(bytes);
  if (in.number() == 1) {
    const auto code = static_cast<Code>(in.number());
    return fail(code, in.text());
  }
  Sample sample;
  Envelope& envelope = sample.envelope;
  sample.name = in.text();
  sample.label = static_cast<Label>(in.number());
  const bool has_from = in.number() != 0;
  std::string from = in.text();
  if (has_from) envelope.from = std::move(from);
  for (auto left = in.number(); left > 0; --left) envelope.to.push_back(in.text());
  if (const auto peer = IpAddress::parse(in.text())) envelope.peer = *peer;
  envelope.helo = in.text();
  const bool has_time = in.number() != 0;
  const auto millis = static_cast<std::int64_t>(in.number());
  if (has_time) envelope.received = from_millis(millis);
  sample.data = in.text();
  return sample;
}

std::int64_t by_time(const Sample& sample) {
  return sample.envelope.received ? to_millis(*sample.envelope.received) : INT64_MIN;
}

std::int64_t by_chance(const Sample& sample) {
  constexpr std::size_t kDigits = 15;  // of 60 bits
  mail::Sha256 hash;
  hash.add(sample.data);
  return std::stoll(hash.hex().substr(0, kDigits), nullptr, 16);
}

class Ordered final : public Source {
 public:
  using Key = std::int64_t (*)(const Sample&);

  Ordered(std::unique_ptr<Source> source, Key key, std::function<bool(std::uint64_t)> go_on)
      : source_(std::move(source)), key_(key), go_on_(std::move(go_on)) {}

  std::optional<Result<Sample>> next() override {
    if (source_) {
      const Result<void> read = read_all();
      source_.reset();
      if (!read) {
        places_.clear();
        return tl::unexpected(read.error());
      }
    }
    if (given_ == places_.size()) return std::nullopt;
    return read_at(places_[given_++]);
  }

  std::optional<std::uint64_t> left() const override {
    return source_ ? std::nullopt : std::optional<std::uint64_t>(places_.size() - given_);
  }

 private:
  struct Place {
    std::int64_t key;
    std::uint64_t begin;
    std::uint64_t size;
  };

  Result<void> read_all() {
    file_ = TRY(nameless_file());
    std::string waiting;
    std::uint64_t size = 0;
    while (go_on_(places_.size())) {
      std::optional<Result<Sample>> next = source_->next();
      if (!next) break;
      const Result<Sample>& sample = *next;
      if (places_.size() == kMostByDate) return fail(Code::over_limit, "too many messages to put in order");
      const std::string bytes = sample ? packed(*sample) : packed(sample.error());
      places_.push_back({sample ? key_(*sample) : INT64_MIN, size, bytes.size()});
      size += bytes.size();
      waiting += bytes;
      if (waiting.size() >= kWriteAt) TRY(write_to(file_, std::exchange(waiting, {}), kNameless));
    }
    TRY(write_to(file_, waiting, kNameless));
    std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.key < b.key; });
    return {};
  }

  Result<Sample> read_at(const Place& place) const {
    std::string bytes(place.size, '\0');
    for (std::size_t got = 0; got < bytes.size();) {
      const ssize_t more =
          ::pread(file_.get(), bytes.data() + got, bytes.size() - got, static_cast<off_t>(place.begin + got));
      if (more < 0 && errno == EINTR) continue;
      if (more <= 0) return tl::unexpected(file_error("read", kNameless, more < 0 ? errno : EIO));
      got += static_cast<std::size_t>(more);
    }
    return unpacked(bytes);
  }

  std::unique_ptr<Source> source_;
  const Key key_;
  const std::function<bool(std::uint64_t)> go_on_;
  FileDescriptor file_;
  std::vector<Place> places_;
  std::size_t given_ = 0;
};

}  // namespace

std::unique_ptr<Source> by_date(std::unique_ptr<Source> source, std::function<bool(std::uint64_t)> go_on) {
  return std::make_unique<Ordered>(std::move(source), by_time, std::move(go_on));
}

std::unique_ptr<Source> mixed(std::unique_ptr<Source> source, std::function<bool(std::uint64_t)> go_on) {
  return std::make_unique<Ordered>(std::move(source), by_chance, std::move(go_on));
}

}  // namespace maildrop::replay
