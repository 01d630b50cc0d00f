/// server_test.cc: every dialog over a socket against the real server, with filters and a store that answer as it says.
#include "smtp/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <future>
#include <mutex>
#include <random>

#include "core/log.h"
#include "mail/attachments.h"
#include "smtp/dialog.h"
#include "smtp/loop_state.h"
#include "store/backends.h"
#include "store/packed_body.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;

namespace {

constexpr int kPatience = 10000;  // ms that a reply may take before the test fails

/// Gives the verdicts of an earlier run again.
class ScriptedJudge final : public filter::Judge {
 public:
  explicit ScriptedJudge(const Record& reference) : reference_(reference) {}
  std::uint8_t phases() const override { return kAllPhases; }

  void judge(filter::Phase phase, const mail::Transaction&, Done done) override {
    filter::Verdict verdict;
    const std::size_t at = asked_++;
    if (at < reference_.verdicts.size() && reference_.verdicts[at].first == phase) {
      verdict = reference_.verdicts[at].second;
    } else {
      out_of_order_ = true;
    }
    done(std::move(verdict));
  }

  bool as_before() const { return !out_of_order_ && asked_ == reference_.verdicts.size(); }

 private:
  const Record& reference_;
  std::size_t asked_ = 0;
  bool out_of_order_ = false;
};

/// A memory store that fails when an earlier run did, and remembers what it took.
class ScriptedStore final : public store::Store {
 public:
  ScriptedStore(std::unique_ptr<store::Store> inner, const Record& reference)
      : inner_(std::move(inner)), reference_(reference) {}

  std::vector<Result<store::MessageId>> put(std::span<const store::Delivery> deliveries) override {
    std::vector<Result<store::MessageId>> results;
    for (const store::Delivery& delivery : deliveries) {
      const std::size_t at = puts_++;
      if (at < reference_.answers.size() && !reference_.answers[at]) {
        results.push_back(tl::unexpected(reference_.answers[at].error()));
        continue;
      }
      results.push_back(inner_->put({&delivery, 1}).front());
      if (results.back()) stored_.push_back(as_stored(delivery));
    }
    return results;
  }

  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    return inner_->list(inbox, query);
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    return inner_->get(inbox, id);
  }
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    return inner_->remove(inbox, id);
  }
  Result<store::PurgeReport> purge(const store::PurgeQuery& query) override { return inner_->purge(query); }
  Result<store::StoreStats> stats() override { return inner_->stats(); }
  Result<void> ready() override { return inner_->ready(); }
  void apply(const InboxSettings& settings) override { inner_->apply(settings); }

  const std::vector<Stored>& stored() const { return stored_; }

 private:
  /// Without our trace fields: Return-Path, one of what was removed, and a Received of three lines, one more for one
  /// recipient and one for TLS.
  static Stored as_stored(const store::Delivery& delivery) {
    const store::PackedBody& packed = delivery.packed.value();
    const std::string data = store::unpack_body(packed.dictionary, packed.bytes, packed.data_size)->data;
    std::string envelope = (delivery.summary.from.empty() ? "<>" : delivery.summary.from) + " ->";
    for (const auto& target : delivery.targets) envelope += " " + target.inbox.name();
    std::size_t start = 0;
    const int more = (delivery.targets.size() == 1) + !delivery.summary.tls.empty() + !mail::removal_note(data).empty();
    for (int lines = 4 + more; lines > 0; --lines) start = data.find('\n', start) + 1;
    const bool proxied = delivery.summary.peer != "127.0.0.1";
    return {envelope, data.substr(start), proxied ? delivery.summary.peer : std::string()};
  }

  std::unique_ptr<store::Store> inner_;
  const Record& reference_;
  std::size_t puts_ = 0;
  std::vector<Stored> stored_;
};

std::unique_ptr<store::Store> memory_store(const Config& config, const Clock& clock) {
  store::OpenOptions options;
  options.url = "memory:";
  options.role = store::Role::writer;
  options.settings = config.store;
  options.inbox = config.inbox;
  options.clock = &clock;
  auto store = store::open_store(options);
  REQUIRE(store);
  return std::move(*store);
}

/// A client's socket: sends a text in pieces while it reads, until it heard what it waits for.
class Client {
 public:
  explicit Client(const std::string& name) {
    const auto endpoint = Endpoint::parse(name);
    REQUIRE(endpoint);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(endpoint->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;

  /// Sends `input` in pieces of 1 to `most` bytes (all at once: 0), reads until `lines` lines came and then says that
  /// nothing more follows, and reads to the end. With `to_end`, says nothing and waits for the server to close.
  void talk(std::string_view input, std::size_t most, std::size_t lines, bool to_end) {
    std::mt19937 random(5);
    std::uniform_int_distribution<std::size_t> piece(1, most ? most : 1);
    bool finished = false;
    while (!ended_) {
      if (input.empty() && !to_end && !finished && lines_ >= lines) {
        finished = true;
        ::shutdown(fd_, SHUT_WR);
      }
      pollfd wait{fd_, static_cast<short>(POLLIN | (input.empty() ? 0 : POLLOUT)), 0};
      if (::poll(&wait, 1, kPatience) <= 0) {
        timed_out_ = true;
        return;
      }
      if (wait.revents & (POLLIN | POLLHUP | POLLERR)) read_some();
      if ((wait.revents & POLLOUT) && !ended_) send_some(input, most ? piece(random) : input.size());
    }
  }

  const std::string& heard() const { return heard_; }
  bool timed_out() const { return timed_out_; }

 private:
  void read_some() {
    char buffer[4096];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
      ended_ = true;
      return;
    }
    heard_.append(buffer, static_cast<std::size_t>(n));
    lines_ += static_cast<std::size_t>(std::count(buffer, buffer + n, '\n'));
  }

  void send_some(std::string_view& input, std::size_t size) {
    const std::string_view piece = input.substr(0, size);
    const ssize_t n = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 && errno != EAGAIN && errno != EINTR) input = {};  // it hung up; what it said is still to be read
  }

  int fd_ = -1;
  std::string heard_;
  std::size_t lines_ = 0;
  bool ended_ = false;
  bool timed_out_ = false;
};

/// A server on a port that the system picks, for as long as it lives.
class RunningServer {
 public:
  RunningServer(const Config& config, store::Store& store, filter::Judge* judge)
      : memory_(config.limits.memory), loops_(1), committer_(store, config.store, registry_) {
    const auto endpoint = Endpoint::parse("127.0.0.1:0");
    auto listeners = service::open_listeners({*endpoint}, 1);
    auto lmtp_listeners = service::open_listeners({*endpoint}, 1);
    REQUIRE(listeners);
    REQUIRE(lmtp_listeners);
    name_ = listeners->front().front().name();
    lmtp_name_ = lmtp_listeners->front().front().name();
    const ServerParts parts{loops_, committer_, memory_, clock_, registry_, judge};
    ServerListeners all;
    all.plain = std::move(*listeners);
    all.lmtp = std::move(*lmtp_listeners);
    auto tls = service::TlsContext::make(config.tls, "mx.example.org");
    REQUIRE(tls);
    server_ = std::make_unique<Server>(parts, config, std::move(all), *tls);
    server_->start();
    loops_.start();
  }

  /// Waits for the sessions to end.
  ~RunningServer() {
    std::promise<void> drained;
    server_->drain([&] { drained.set_value(); });
    drained.get_future().wait();
    loops_.finish();
    loops_.join();
  }

  const std::string& name(bool lmtp) const { return lmtp ? lmtp_name_ : name_; }

 private:
  metrics::Registry registry_;
  SystemClock clock_;
  Budget memory_;
  service::Loops loops_;
  store::Committer committer_;
  std::string name_;
  std::string lmtp_name_;
  std::unique_ptr<Server> server_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  for (std::size_t end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", at)) {
    lines.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  if (at < text.size()) lines.push_back(text.substr(at) + " (no line end)");
  return lines;
}

/// Empty, or what was not as the dialog says.
std::string run(const Dialog& dialog, std::size_t most) {
  Config config = dialog.config;
  config.limits.exempt.clear();  // the peer is on loopback, and must be judged
  const Record reference = run_in_step(dialog, kAllPhases);
  if (!reference.problems.empty()) return "in step: " + reference.problems.front();
  SystemClock clock;
  ScriptedJudge judge(reference);
  ScriptedStore store(memory_store(config, clock), reference);
  const std::vector<std::string> wanted = dialog.patterns();
  std::string heard;
  {
    RunningServer server(config, store, &judge);
    Client client(server.name(dialog.lmtp));
    client.talk(reference.input, most, wanted.size(), reference.closed);
    if (client.timed_out()) return "nothing more came behind: " + client.heard();
    heard = client.heard();
  }
  const std::vector<std::string> got = lines_of(heard);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= got.size()) return "no reply, wanted " + wanted[i];
    if (!matches(wanted[i], got[i])) return "wanted " + wanted[i] + ", got " + got[i];
  }
  if (got.size() > wanted.size()) return "more replies: " + got[wanted.size()];
  if (!judge.as_before()) return "other verdicts were asked for";
  if (store.stored() != reference.stored) return "other messages were stored";
  return {};
}

}  // namespace

TEST_CASE("every dialog over a socket, in one piece and in small writes") {
  log::open({.level = LogSettings::Level::error, .format = LogSettings::Format::text});
  for (const auto& file : dialog_files()) {
    const auto dialogs = read_dialogs(file);
    REQUIRE(dialogs);
    for (const Dialog& dialog : *dialogs) {
      if (dialog.has_tls()) continue;  // tests/e2e has a client that can
      const std::size_t size = run_in_step(dialog, kAllPhases).input.size();
      for (const std::size_t most : {std::size_t{0}, size < 5000 ? std::size_t{13} : std::size_t{5000}}) {
        const std::string problem = run(dialog, most);
        if (!problem.empty()) FAIL_CHECK(dialog.name << (most ? " in pieces: " : " in one piece: ") << problem);
      }
    }
  }
}

TEST_CASE("what is to come again is deferred, and not refused") {
  metrics::Registry registry;
  Metrics metrics(registry);
  const auto messages = [&](const char* result) {
    return registry.total("maildrop_smtp_messages_total", std::string("result=\"") + result + "\"");
  };
  metrics.refused(Refusal{452, "memory", Refusal::Of::message});
  metrics.refused(Refusal{450, "filter", Refusal::Of::recipient});
  CHECK(messages("deferred") == 1);
  CHECK(messages("refused") == 0);
  CHECK(registry.total("maildrop_smtp_refused_recipients_total") == 0);
  metrics.refused(Refusal{552, "size", Refusal::Of::message});
  metrics.refused(Refusal{550, "relaying", Refusal::Of::recipient});
  CHECK(messages("refused") == 1);
  CHECK(registry.total("maildrop_smtp_refused_recipients_total") == 1);
}
