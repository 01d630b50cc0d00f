/// dialog_run.cc: dialogs against a Session.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>

#include "smtp/dialog.h"
#include "smtp/proxy_protocol.h"

namespace maildrop::smtp::test {

namespace {

/// Who delivers by LMTP is trusted, as the server has it.
mail::Peer peer(bool trusted) {
  mail::Peer peer;
  peer.exempt = trusted;
  peer.address = IpAddress::from_v4(0xC0000207);  // 192.0.2.7
  peer.port = 25000;
  return peer;
}

/// Dialogs are held from here over sockets: settings that name a balancer mean this address.
const IpAddress kLoopback = IpAddress::from_v4(0x7F000001);

/// A Session, and a world that answers by `Answers`: opinion(Phase) and delivery(). From a balancer, the Session begins
/// behind the PROXY header.
template <class Answers>
class Driver {
 public:
  Driver(std::shared_ptr<const Policy> policy, Answers& answers, Record& record)
      : policy_(std::move(policy)), memory_(policy_->config.limits.memory), answers_(answers), transcript_(record) {
    if (!contains(policy_->config.proxy.networks, kLoopback)) begin(peer(record.lmtp), {});
  }

  void give(std::string_view bytes) {
    if (!session_) return introduce(bytes);
    while (!bytes.empty() && session_->want() == Want::input) {
      bytes.remove_prefix(session_->consume(bytes));
      settle();
    }
  }

  /// false: nobody wants one.
  bool shake_hands() {
    if (!session_ || session_->want() != Want::tls) return false;
    session_->tls_started({"TLSv1.3", "TLS_AES_128_GCM_SHA256"});
    settle();
    return true;
  }

 private:
  void begin(mail::Peer peer, mail::Tls balancer_tls) {
    Opening opening{std::move(peer), transcript_.tls, std::move(balancer_tls), transcript_.lmtp};
    session_.emplace(policy_, "session-id", std::move(opening), Means{.memory = &memory_});
    settle();
  }

  /// What server_accept.cc does with the beginning of a balancer's connection.
  void introduce(std::string_view bytes) {
    if (transcript_.closed) return;
    beginning_ += bytes;
    const ProxyHeader header = parse_proxy_header(beginning_);
    mail::Peer client = peer(transcript_.lmtp);
    switch (header.status) {
      case ProxyHeader::Status::more: return;
      case ProxyHeader::Status::done:
        client.health_check = header.health_check;
        client.local = header.local;
        client.exempt |= header.health_check || header.local;
        if (!header.health_check) client.address = header.local ? kLoopback : header.address;
        break;
      case ProxyHeader::Status::no_header:
        if (policy_->config.proxy.on_missing == ProxySettings::Missing::direct) break;
        [[fallthrough]];
      case ProxyHeader::Status::bad:
        append(transcript_.output, reply::bad_proxy, "session-id");
        transcript_.closed = true;
        return;
    }
    begin(std::move(client), header.tls);
    give(std::string_view(beginning_).substr(header.size));
  }

  void settle() {
    for (;;) {
      if (session_->want() == Want::admission) {
        session_->admitted();
      } else if (session_->want() == Want::verdict) {
        judge(answers_.opinion(session_->phase()));
      } else if (session_->want() == Want::delivery) {
        deliver();
      } else {
        break;
      }
    }
    transcript_.output += session_->take_output();
    for (const Refusal& refusal : session_->take_refusals()) transcript_.refusals.push_back(refusal.reason);
    transcript_.closed = session_->want() == Want::close;
  }

  void judge(const Opinion& opinion) {
    if (opinion.kind == Opinion::Kind::verdict) {
      session_->answer(opinion.verdict);
    } else {
      session_->unjudged("as the dialog says");
    }
  }

  void deliver() {
    mail::Transaction transaction = session_->take_transaction();
    const Result<store::MessageId> answer = answers_.delivery();
    if (answer) {
      const bool proxied = transaction.peer.address != peer(false).address;
      transcript_.stored.push_back({envelope_of(transaction), std::move(transaction.data),
                                    proxied ? transaction.peer.to_string() : std::string()});
    }
    session_->answer(answer);
  }

  std::shared_ptr<const Policy> policy_;
  Budget memory_;
  std::optional<Session> session_;
  std::string beginning_;  // of a balancer's connection
  Answers& answers_;
  Record& transcript_;
};

/// Answers as the dialog says at this point, and keeps them.
class Script {
 public:
  explicit Script(Record& record) : transcript_(record) {}

  void next(const Step& step) {
    if (step.kind == Step::Kind::verdict) opinions_[step.phase].push_back(step.opinion);
    if (step.kind == Step::Kind::store) codes_.push_back(step.code);
  }

  Opinion opinion(filter::Phase phase) {
    std::deque<Opinion>& queue = opinions_[phase];
    Opinion opinion;
    if (!queue.empty()) {
      opinion = queue.front();
      queue.pop_front();
    }
    transcript_.verdicts.emplace_back(phase, opinion);
    return opinion;
  }

  Result<store::MessageId> delivery() {
    Result<store::MessageId> answer =
        store::MessageId::trusted("message-" + std::to_string(transcript_.stored.size() + 1));
    if (!codes_.empty()) {
      answer = fail(codes_.front(), "as the dialog says");
      codes_.pop_front();
    }
    transcript_.answers.push_back(answer);
    return answer;
  }

  bool used_up() const {
    for (const auto& [phase, queue] : opinions_)
      if (!queue.empty()) return false;
    return codes_.empty();
  }

 private:
  Record& transcript_;
  std::map<filter::Phase, std::deque<Opinion>> opinions_;
  std::deque<Code> codes_;
};

/// Answers as in an earlier run.
class Replay {
 public:
  Replay(const Record& reference, Record& record) : reference_(reference), transcript_(record) {}

  Opinion opinion(filter::Phase phase) {
    const std::size_t at = transcript_.verdicts.size();
    Opinion opinion;
    if (at < reference_.verdicts.size() && reference_.verdicts[at].first == phase) {
      opinion = reference_.verdicts[at].second;
    } else {
      transcript_.problems.push_back("a verdict was asked that was not asked before");
    }
    transcript_.verdicts.emplace_back(phase, opinion);
    return opinion;
  }

  Result<store::MessageId> delivery() {
    const std::size_t at = transcript_.answers.size();
    Result<store::MessageId> answer = fail(Code::internal, "not delivered before");
    if (at < reference_.answers.size()) {
      answer = reference_.answers[at];
    } else {
      transcript_.problems.push_back("something was delivered that was not delivered before");
    }
    transcript_.answers.push_back(answer);
    return answer;
  }

 private:
  const Record& reference_;
  Record& transcript_;
};

/// The checks of a run in step.
class Checker {
 public:
  explicit Checker(Record& record) : transcript_(record) {}

  void check(const Step& step) {
    switch (step.kind) {
      case Step::Kind::reply:
        for (std::size_t i = 0; i < step.count; ++i) reply(step);
        break;
      case Step::Kind::close:
        if (!transcript_.closed) problem(step, "the server did not close");
        break;
      case Step::Kind::stored: stored(step); break;
      case Step::Kind::envelope:
        if (transcript_.stored.empty() || transcript_.stored.back().envelope != step.text)
          problem(step,
                  "the envelope is " + (transcript_.stored.empty() ? "not there" : transcript_.stored.back().envelope));
        break;
      case Step::Kind::peer:
        if (transcript_.stored.empty() || transcript_.stored.back().peer != step.text)
          problem(step, "the peer is " + (transcript_.stored.empty() ? "not there" : transcript_.stored.back().peer));
        break;
      default: break;
    }
  }

  void end(bool ends_closed, bool used_up) {
    const std::string& output = transcript_.output;
    if (at_ < output.size()) transcript_.problems.push_back("more replies: " + output.substr(at_, 200));
    if (transcript_.closed && !ends_closed) transcript_.problems.push_back("the server closed");
    if (!used_up) transcript_.problems.push_back("a verdict or store line was not used");
  }

 private:
  void problem(const Step& step, const std::string& what) {
    transcript_.problems.push_back("line " + std::to_string(step.line) + ": " + what);
  }

  void reply(const Step& step) {
    const std::size_t end = transcript_.output.find("\r\n", at_);
    if (end == std::string::npos) return problem(step, "no reply, wanted " + step.text);
    const std::string line = transcript_.output.substr(at_, end - at_);
    at_ = end + 2;
    if (!matches(step.text, line)) problem(step, "wanted " + step.text + ", got " + line);
  }

  void stored(const Step& step) {
    const std::vector<Stored>& all = transcript_.stored;
    if (all.size() != step.count) return problem(step, "stored are " + std::to_string(all.size()));
    if (!step.exact || (!all.empty() && all.back().data == step.text)) return;
    problem(step, "stored is something else: " + (all.empty() ? std::string() : all.back().data.substr(0, 300)));
  }

  Record& transcript_;
  std::size_t at_ = 0;  // of the output: what was compared
};

}  // namespace

std::string envelope_of(const mail::Transaction& transaction) {
  std::string out = transaction.from.is_null() ? "<>" : transaction.from.to_string();
  out += " ->";
  for (const mail::Recipient& recipient : transaction.recipients) out += " " + recipient.inbox.name();
  return out;
}

std::string difference(const Record& wanted, const Record& got) {
  if (!got.problems.empty()) return got.problems.front();
  if (wanted.output != got.output) return "replies:\n" + got.output.substr(0, 2000);
  if (wanted.stored != got.stored) return "stored messages";
  if (wanted.closed != got.closed) return got.closed ? "closed" : "not closed";
  if (wanted.refusals != got.refusals) return "refusals";
  return {};
}

Record run_in_step(const Dialog& dialog, std::uint8_t phases) {
  Record record;
  Script script(record);
  Checker checker(record);
  std::unique_ptr<Driver<Script>> driver;
  record.tls = dialog.tls_use();
  record.lmtp = dialog.lmtp;
  const auto policy = std::make_shared<const Policy>(dialog.config, filter::Judge::Terms{phases});
  for (const Step& step : dialog.steps) {
    script.next(step);
    if (step.kind == Step::Kind::verdict || step.kind == Step::Kind::store) continue;
    if (!driver) driver = std::make_unique<Driver<Script>>(policy, script, record);
    if (step.kind == Step::Kind::send) {
      record.input += step.text;
      driver->give(step.text);
    } else if (step.kind == Step::Kind::tls) {
      record.handshakes.push_back(record.input.size());
      if (!driver->shake_hands()) record.problems.push_back("nobody wants TLS");
    } else {
      checker.check(step);
    }
  }
  checker.end(dialog.ends_closed(), script.used_up());
  return record;
}

Record run_in_pieces(const std::shared_ptr<const Policy>& policy, const Record& reference,
                     const std::vector<std::size_t>& cuts) {
  Record record;
  record.tls = reference.tls;
  record.lmtp = reference.lmtp;
  Replay replay(reference, record);
  Driver<Replay> driver(policy, replay, record);
  const std::string_view input = reference.input;
  std::vector<std::size_t> all = cuts;
  all.insert(all.end(), reference.handshakes.begin(), reference.handshakes.end());
  std::sort(all.begin(), all.end());
  std::size_t at = 0;
  std::size_t handshakes = 0;
  for (const std::size_t cut : all) {
    driver.give(input.substr(at, cut - at));
    at = cut;
    while (handshakes < reference.handshakes.size() && reference.handshakes[handshakes] == at) {
      if (!driver.shake_hands()) record.problems.push_back("nobody wants TLS now");
      ++handshakes;
    }
  }
  driver.give(input.substr(at));
  return record;
}

}  // namespace maildrop::smtp::test
