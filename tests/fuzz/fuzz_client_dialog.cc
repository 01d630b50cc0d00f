/// fuzz_client_dialog.cc: any bytes at all as a server's replies, line by line and byte by byte: the same is said and
/// comes out, each recipient has one outcome when the connection is gone, and none is accepted that no 2xx was said to.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/client_dialog.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::string_view kData = "Subject: x\r\n\r\n.body\r\n";

struct Run {
  std::string said;
  std::string outcomes;
  friend bool operator==(const Run&, const Run&) = default;
};

class Player {
 public:
  explicit Player(const ClientOptions& options) : dialog_(options) {}

  /// Each reply when all is said that it answers, by lines or by bytes.
  void feed(std::string_view bytes, bool by_lines) {
    pump();
    while (!bytes.empty()) {
      const std::size_t piece = by_lines ? std::min(bytes.find('\n'), bytes.size() - 1) + 1 : 1;
      dialog_.consume(bytes.substr(0, piece));
      pump();
      bytes.remove_prefix(piece);
    }
  }

  /// All at once: a server that does not wait.
  void flood(std::string_view bytes) {
    pump();
    dialog_.consume(bytes);
    pump();
  }

  Run end() {
    dialog_.lost("gone");
    pump();
    require(dialog_.state() == ClientDialog::State::ended);
    require(!busy_);
    return run_;
  }

 private:
  void pump() {
    if (dialog_.state() == ClientDialog::State::ready && !busy_ && messages_ < 3) {
      busy_ = true;
      ++messages_;
      dialog_.begin({"a@example.com", {"b@example.org", "c@example.org"}, kData});
    }
    while (!dialog_.output().empty() && dialog_.state() != ClientDialog::State::ended) {
      run_.said += dialog_.output();
      dialog_.wrote(dialog_.output().size());
    }
    const auto outcomes = dialog_.take_outcomes();
    if (!outcomes) return;
    require(busy_ && outcomes->size() == 2);
    busy_ = false;
    for (const Outcome& each : *outcomes) {
      require(each.fate != Fate::accepted || each.text.at(0) == '2');
      run_.outcomes += std::to_string(static_cast<int>(each.fate)) + each.text + "\n";
    }
    pump();  // the next message
  }

  ClientDialog dialog_;
  Run run_;
  bool busy_ = false;
  int messages_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool lmtp : {false, true}) {
    ClientOptions options;
    options.lmtp = lmtp;
    options.helo = "me.test";
    options.client = lmtp ? IpAddress::parse("2001:db8::1").value() : std::optional<IpAddress>();
    Player lines(options), each(options), at_once(options);
    lines.feed(bytes, true);
    each.feed(bytes, false);
    require(lines.end() == each.end());
    at_once.flood(bytes);
    at_once.end();
  }
  return 0;
}
