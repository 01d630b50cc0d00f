/// fuzz_bdat.cc: any message in any chunks: the reader's sums add up, the session stores what was sent and nothing
/// else, each chunk has its one reply, and no split of the bytes changes any of it.
///
/// The first byte says whether BINARYMIME is declared. Then chunks follow, a byte for the size and its octets each.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/chunk_reader.h"
#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

constexpr std::string_view kReady = "EHLO c.test\r\nMAIL FROM:<a@b.test>";
constexpr std::size_t kMost = 8192;  // bytes of input: each split of them is a run of its own
constexpr std::size_t kSplits = 4;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Input {
  bool binary = false;
  std::vector<std::string_view> chunks;
  std::string content;
};

std::uint8_t take(std::string_view& bytes) {
  if (bytes.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  return byte;
}

Input read(std::string_view bytes) {
  Input input;
  input.binary = (take(bytes) & 1) != 0;
  do {
    const std::size_t size = take(bytes);
    input.chunks.push_back(bytes.substr(0, size));
    input.content += input.chunks.back();
    bytes.remove_prefix(input.chunks.back().size());
  } while (!bytes.empty());
  return input;
}

bool has_bare_newline(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
  }
  return false;
}

/// The header ends behind the first empty line; without one all of it is header.
std::size_t header_size(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  const std::size_t end = text.find("\r\n\r\n");
  return end == std::string_view::npos ? text.size() : end + 4;
}

void check_reader(const Input& input) {
  ChunkReader reader;
  std::string out;
  unsigned header_ends = 0;
  for (const std::string_view chunk : input.chunks) {
    reader.begin(chunk.size());
    std::string_view rest = chunk;
    while (reader.left() > 0) {
      std::size_t used = 0;
      const ChunkReader::Status status = reader.read(rest, used, out);
      require(used > 0 && used <= rest.size());
      rest.remove_prefix(used);
      header_ends += status == ChunkReader::Status::header_end;
    }
    require(rest.empty());
  }
  require(out == input.content && reader.size() == out.size());
  require(reader.bare_newline() == has_bare_newline(out));
  require(reader.header_size() == header_size(out));
  require(header_ends == (reader.in_header() ? 0 : 1));
  require(reader.longest_line() <= out.size());
}

std::string wire_of(const Input& input) {
  std::string wire(kReady);
  wire += input.binary ? " BODY=BINARYMIME\r\n" : "\r\n";
  wire += "RCPT TO:<u@example.org>\r\n";
  for (std::size_t i = 0; i < input.chunks.size(); ++i) {
    wire += "BDAT " + std::to_string(input.chunks[i].size()) + (i + 1 == input.chunks.size() ? " LAST\r\n" : "\r\n");
    wire += input.chunks[i];
  }
  return wire + "NOOP\r\n";
}

std::shared_ptr<const Policy> policy() {
  static const std::shared_ptr<const Policy> made = [] {
    Config config;
    config.smtp.hostname = "mx.example.org";
    config.mail.domains = {"example.org"};
    config.limits.hops = 10000;  // limits have dialogs of their own
    config.limits.junk_commands = 10000;
    return std::make_shared<const Policy>(config, filter::Judge::Terms{});
  }();
  return made;
}

struct Run {
  std::string output;
  std::vector<std::string> messages;
  friend bool operator==(const Run&, const Run&) = default;
};

void feed(Session& session, std::string_view bytes, Run& run) {
  while (!bytes.empty() && session.want() != Want::close) {
    bytes.remove_prefix(session.consume(bytes));
    if (session.want() != Want::delivery) continue;
    run.messages.push_back(session.take_transaction().data);
    session.answer(Result<store::MessageId>(store::MessageId::trusted("0123456789abcdefghjkmnpqrs")));
  }
  run.output += session.take_output();
}

/// In pieces of `piece` bytes, the first one of `first`.
Run play(std::string_view wire, std::size_t first, std::size_t piece) {
  Run run;
  Session session(policy(), "session", {});
  feed(session, wire.substr(0, first), run);
  for (std::size_t at = first; at < wire.size(); at += piece) feed(session, wire.substr(at, piece), run);
  return run;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMost) return 0;
  const Input input = read({reinterpret_cast<const char*>(data), size});
  check_reader(input);
  const std::string wire = wire_of(input);
  const Run whole = play(wire, wire.size(), 1);
  const bool wanted = input.binary || !has_bare_newline(input.content);
  require(whole.messages == (wanted ? std::vector{input.content} : std::vector<std::string>{}));
  require(count(whole.output, " octets received\r\n") == input.chunks.size() - 1);
  require(count(whole.output, "250 2.0.0 stored as ") == (wanted ? 1 : 0));
  require(count(whole.output, "554 5.6.0 ") == (wanted ? 0 : 1));
  require(whole.output.ends_with("250 2.0.0 ok\r\n"));
  if (wire.size() < 2048) require(play(wire, 0, 1) == whole);
  for (std::size_t i = 1; i <= kSplits; ++i) require(play(wire, wire.size() * i / (kSplits + 1), wire.size()) == whole);
  require(play(wire, size ? data[size - 1] : 0, 7 + input.chunks.size()) == whole);
  return 0;
}
