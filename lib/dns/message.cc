/// message.cc: header, question, answers, and of the authority what limits a negative answer.
#include "dns/message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace maildrop::dns {

namespace {

constexpr std::uint16_t kInternet = 1;  // the class
constexpr std::uint16_t kSoa = 6;
constexpr unsigned kNoName = 3;              // NXDOMAIN, of the codes in the header
constexpr std::size_t kLongestOnWire = 255;  // on the wire (RFC 1035 2.3.4)
constexpr unsigned kMostJumps = 127;         // a name has no more labels, each may be elsewhere

using Bytes = std::span<const std::uint8_t>;

/// Reads forwards; what goes beyond the end makes it fail, and all that is read then is 0 or empty.
class Reader {
 public:
  Reader(Bytes message, std::size_t at, std::size_t end) : message_(message), at_(at), end_(end) {}

  bool failed() const { return failed_; }
  std::size_t at() const { return at_; }
  bool at_end() const { return failed_ || at_ == end_; }

  unsigned number(std::size_t size) {
    unsigned value = 0;
    for (const std::uint8_t byte : bytes(size)) value = value << 8 | byte;
    return value;
  }
  Bytes bytes(std::size_t size) {
    if (failed_ || end_ - at_ < size) {
      failed_ = true;
      return {};
    }
    at_ += size;
    return message_.subspan(at_ - size, size);
  }
  void skip(std::size_t size) { static_cast<void>(bytes(size)); }
  Reader part(std::size_t size) {
    const std::size_t from = at_;
    skip(size);
    return failed_ ? Reader(message_, 0, 0) : Reader(message_, from, from + size);
  }
  std::string name();

 private:
  Bytes message_;
  std::size_t at_, end_;
  bool failed_ = false;
};

void add_label(std::string& name, Bytes label) {
  if (!name.empty()) name += '.';
  for (const std::uint8_t byte : label) {
    const char c = static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    if (byte > ' ' && byte < 0x7f && c != '.' && c != '\\') {
      name += c;
      continue;
    }
    const std::string code = std::to_string(byte);
    name += "\\" + std::string(3 - code.size(), '0') + code;
  }
}

/// The rest of a compressed name lies further ahead in the message each time (RFC 1035 4.1.4): such that point anywhere
/// else could go in circles.
std::string Reader::name() {
  std::string name;
  std::size_t size = 1, at = at_, limit = end_;
  bool jumped = false;
  for (unsigned jumps = 0; !failed_;) {
    if (at >= limit) break;
    const std::uint8_t length = message_[at++];
    if (length == 0) {
      if (!jumped) at_ = at;
      return name;
    }
    if (length >= 0xc0) {
      if (at >= limit) break;
      const std::size_t to = (length & 0x3fU) << 8 | message_[at++];
      if (!jumped) at_ = at;
      if (to >= at - 2 || ++jumps > kMostJumps) break;
      jumped = true;
      at = to;
      limit = message_.size();
      continue;
    }
    size += length + 1U;
    if (length > 63 || size > kLongestOnWire || limit - at < length) break;
    add_label(name, message_.subspan(at, length));
    at += length;
  }
  failed_ = true;
  return {};
}

std::optional<Record> read_record(Type type, Reader data) {
  Record record;
  switch (type) {
    case Type::a: record.address = IpAddress::from_v4(data.number(4)); break;
    case Type::aaaa: {
      std::array<std::uint8_t, 16> address{};
      const Bytes bytes = data.bytes(address.size());
      std::copy(bytes.begin(), bytes.end(), address.begin());
      record.address = IpAddress::from_v6(address);
      break;
    }
    case Type::mx: record.preference = data.number(2); [[fallthrough]];
    case Type::ns:
    case Type::cname:
    case Type::ptr: record.text = data.name(); break;
    case Type::txt:
      while (!data.at_end()) {
        const Bytes text = data.bytes(data.number(1));
        record.text.append(text.begin(), text.end());
      }
      break;
  }
  if (data.failed() || !data.at_end()) return std::nullopt;
  return record;
}

/// What stands before the data of a record.
struct Head {
  unsigned type = 0, in_class = 0, ttl = 0;
};

Head read_head(Reader& reader) {
  static_cast<void>(reader.name());
  Head head;
  head.type = reader.number(2);
  head.in_class = reader.number(2);
  head.ttl = reader.number(4);
  if (head.ttl > INT32_MAX) head.ttl = 0;  // RFC 2181 8
  return head;
}

bool read_answers(Reader& reader, unsigned count, Type type, unsigned expired_ttl, Answer& answer) {
  unsigned ttl = INT32_MAX;
  for (; count > 0; --count) {
    const Head head = read_head(reader);
    Reader data = reader.part(reader.number(2));
    if (reader.failed()) return false;
    ttl = std::min(ttl, head.ttl);
    if (head.ttl == expired_ttl) answer.source = Source::stale;
    if (head.in_class != kInternet || head.type != static_cast<unsigned>(type)) continue;
    std::optional<Record> record = read_record(type, data);
    if (!record) return false;
    answer.records.push_back(std::move(*record));
  }
  if (!answer.records.empty()) answer.ttl = std::chrono::seconds(ttl);
  std::sort(answer.records.begin(), answer.records.end());
  answer.records.erase(std::unique(answer.records.begin(), answer.records.end()), answer.records.end());
  if (answer.records.size() > Answer::kMostRecords) answer.records.resize(Answer::kMostRecords);
  return true;
}

/// How long it may be kept that there is nothing. What cannot be read limits nothing.
std::chrono::seconds negative_ttl(Reader& reader, unsigned count, unsigned expired_ttl, Answer& answer) {
  for (; count > 0; --count) {
    const Head head = read_head(reader);
    Reader data = reader.part(reader.number(2));
    if (reader.failed()) break;
    if (head.type != kSoa) continue;
    static_cast<void>(data.name());
    static_cast<void>(data.name());
    data.skip(16);
    const unsigned minimum = data.number(4);
    if (head.ttl == expired_ttl) answer.source = Source::stale;
    if (!data.failed()) return std::chrono::seconds(std::min({head.ttl, minimum, unsigned{INT32_MAX}}));
  }
  return std::chrono::seconds(0);
}

}  // namespace

Result<Answer> parse_message(Bytes message, Type type, unsigned expired_ttl) {
  const auto corrupt = [](const char* what) { return fail(Code::corrupt, what); };
  Reader reader(message, 0, message.size());
  reader.skip(2);
  const unsigned code = reader.number(2) & 15U;
  unsigned questions = reader.number(2);
  const unsigned answers = reader.number(2), authorities = reader.number(2);
  reader.skip(2);
  for (; questions > 0 && !reader.failed(); --questions) {
    static_cast<void>(reader.name());
    reader.skip(4);
  }
  if (reader.failed()) return corrupt("the reply is cut off");
  Answer answer;
  if (code != 0 && code != kNoName) return answer;
  if (!read_answers(reader, answers, type, expired_ttl, answer)) return corrupt("a record in the reply makes no sense");
  answer.status = code == kNoName ? Status::no_name : answer.records.empty() ? Status::no_data : Status::found;
  if (answer.status == Status::no_name) answer.records.clear();
  if (answer.status != Status::found) answer.ttl = negative_ttl(reader, authorities, expired_ttl, answer);
  if (answer.source == Source::stale) answer.ttl = std::chrono::seconds(0);
  return answer;
}

}  // namespace maildrop::dns
