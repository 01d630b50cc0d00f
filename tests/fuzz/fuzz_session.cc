/// fuzz_session.cc: any bytes at all to a Session, SMTP and LMTP, of a peer that may say XCLIENT, whole and in two
/// pieces: the replies and messages must be the same, none that is not declared binary may hold a bare newline, and
/// every reply must be lines of a code and text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Run {
  std::string output;
  std::vector<std::string> messages;
  friend bool operator==(const Run&, const Run&) = default;
};

bool has_bare_newline(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return true;
  }
  return false;
}

std::shared_ptr<const Policy> policy() {
  static const std::shared_ptr<const Policy> made = [] {
    Config config;
    config.smtp.hostname = "mx.example.org";
    config.mail.domains = {"example.org"};
    config.mail.max_size = 4096;
    config.limits.header_size = 1024;
    config.xclient.networks = {Network::parse("::").value()};  // the address of a Peer that has none
    return std::make_shared<const Policy>(config, filter::Judge::Terms{});
  }();
  return made;
}

void feed(Session& session, std::string_view bytes, Run& run) {
  while (!bytes.empty() && session.want() != Want::close) {
    bytes.remove_prefix(session.consume(bytes));
    if (session.want() == Want::admission) session.admitted();
    if (session.want() == Want::tls) session.tls_started({"TLSv1.3", "TLS_AES_128_GCM_SHA256"});
    if (session.want() != Want::delivery) continue;
    mail::Transaction transaction = session.take_transaction();
    require(transaction.binary || !has_bare_newline(transaction.data));
    require(transaction.transcript.size() <= session.policy().config.smtp.transcript_size);
    run.messages.push_back(std::move(transaction.data));
    run.messages.push_back(std::move(transaction.transcript));
    session.answer(Result<store::MessageId>(store::MessageId::trusted("0123456789abcdefghjkmnpqrs")));
  }
  run.output += session.take_output();
}

Run play(std::string_view bytes, std::size_t cut, bool lmtp) {
  Run run;
  Session session(policy(), "session", {.tls = TlsUse::offered, .lmtp = lmtp});
  feed(session, bytes.substr(0, cut), run);
  feed(session, bytes.substr(cut), run);
  return run;
}

void check_replies(std::string_view output) {
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t end = output.find("\r\n", at);
    require(end != std::string::npos && end - at >= 4 && end - at <= 510);
    require(output[at] >= '2' && output[at] <= '5');
    require(output[at + 3] == ' ' || output[at + 3] == '-');
    at = end + 2;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = size == 0 ? 0 : data[size - 1] * size / 256;
  for (const bool lmtp : {false, true}) {
    const Run whole = play(bytes, size, lmtp);
    require(play(bytes, cut, lmtp) == whole);
    check_replies(whole.output);
  }
  return 0;
}
