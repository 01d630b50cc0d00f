/// server_test.cc: every dialog over a socket against the real server, with filters and a store that answer as it says.
#include "smtp/server.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "core/log.h"
#include "mail/attachments.h"
#include "smtp/dialog.h"
#include "smtp/loop_state.h"
#include "smtp/running_server.h"
#include "store/packed_body.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;

namespace {

/// Gives the verdicts of an earlier run again, to one session.
class ScriptedJudge final : public filter::Judge {
 public:
  explicit ScriptedJudge(const Record& reference) : reference_(reference) {}
  Terms terms() const override { return {kAllPhases}; }
  std::unique_ptr<filter::Trial> begin(std::size_t, const Terms&) override { return std::make_unique<Scripted>(*this); }

  bool as_before() const { return !out_of_order_ && asked_ == reference_.verdicts.size(); }

 private:
  struct Scripted final : filter::Trial {
    explicit Scripted(ScriptedJudge& j) : script(j) {}
    void judge(filter::Phase phase, const mail::Transaction&, Done done) override {
      Opinion opinion = script.next(phase);
      if (opinion.kind == Opinion::Kind::throws) throw std::runtime_error("as the dialog says");
      if (opinion.kind == Opinion::Kind::verdict) done(std::move(opinion.verdict));
    }
    ScriptedJudge& script;
  };

  Opinion next(filter::Phase phase) {
    const std::size_t at = asked_++;
    if (at < reference_.verdicts.size() && reference_.verdicts[at].first == phase)
      return reference_.verdicts[at].second;
    out_of_order_ = true;
    return {};
  }

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
    const std::string data = store::unpack_body(form_of(packed), packed.bytes, packed.data_size)->data;
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

/// The time, but for one call after break_once(): something that throws in the midst of a session.
class BreakingClock final : public Clock {
 public:
  Time now() const override {
    if (breaks_.exchange(false)) throw std::runtime_error("as the test says");
    return clock_.now();
  }
  Monotonic monotonic() const override { return clock_.monotonic(); }
  void break_once() { breaks_ = true; }

 private:
  SystemClock clock_;
  mutable std::atomic<bool> breaks_{false};
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
    RunningServer server(config, store, clock, &judge);
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

TEST_CASE("a session in which something throws ends with 421, and its loop serves the next") {
  log::open({.level = LogSettings::Level::error, .format = LogSettings::Format::text});
  Config config;
  config.smtp.hostname = "mx.example.org";
  config.mail.domains = {"example.org"};
  const SystemClock time;
  BreakingClock clock;
  const auto store = memory_store(config, time);
  RunningServer server(config, *store, clock, nullptr);
  for (const bool breaks : {true, false}) {
    Client client(server.name());
    client.say("HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n");
    REQUIRE_THAT(client.hear(5), Catch::Matchers::Contains("\n354 "));
    if (breaks) clock.break_once();  // where the message is stamped
    client.say("Subject: x\r\n\r\nx\r\n.\r\n");
    CHECK_THAT(client.hear(),
               Catch::Matchers::StartsWith(breaks ? "421 4.3.0 internal error" : "250 2.0.0 stored as "));
    if (breaks) CHECK(client.hears_close());
    CHECK(store->stats()->messages == (breaks ? 0u : 1u));
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
