/// filter_bench.cc: what filters cost a message of 5 KB, all answers of the DNS being there, with a
/// ledger in memory.
///
///     filter_bench [MESSAGES]     2,000
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "cpu.h"
#include "dns/recorded.h"
#include "filter/bayes_model.h"
#include "filter/bayes_tokens.h"
#include "filter/case.h"
#include "filter/dkim_kit.h"
#include "filter/filters.h"
#include "filter/message_urls.h"
#include "filter/tcp_kit.h"
#include "store/memory_ledger.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

using bench::cpu_seconds;

std::string message_of(std::size_t size) {
  std::string message =
      "Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mx.example.org; Tue, 14 Nov 2023 "
      "22:13:20 "
      "+0000\r\nFrom: Joe SixPack <joe@example.com>\r\nTo: Suzie Q <suzie@example.org>\r\nSubject: Is dinner ready?\r\n"
      "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  while (message.size() < size)
    message += "We lost the game. Are you hungry yet? It is late, and we have not had a bite.\r\n";
  return message;
}

/// The same with a header as mail has it that came a long way: 30 fields.
std::string long_way(const std::string& message) {
  std::string trace;
  for (int i = 0; i < 22; ++i)
    trace += "X-Trace-" + std::to_string(i) + ": checked by mail.example.com\r\n\tand let go on\r\n";
  return trace + message.substr(0, message.size() - trace.size());
}

/// As newsletters are: ten links, of six hosts.
std::string html_message_of(std::size_t size) {
  std::string message =
      "From: News <news@example.com>\r\nTo: Suzie Q <suzie@example.org>\r\nSubject: News\r\nMIME-Version: 1.0\r\n"
      "Message-ID: <1@example.com>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n";
  for (int i = 0; i < 10; ++i)
    message += "<p class=\"news\"><a href=\"https://click" + std::to_string(i % 6) +
               ".example.net/track?id=1234567890abcdef\" style=\"color: #336699\">Read more</a></p>\r\n";
  while (message.size() < size - 20)
    message += "<p>We lost the game. Are you hungry yet? It is late, and we have not had a <b>bite</b>.</p>\r\n";
  return message + "</body></html>\r\n";
}

std::string_view wanted;  // one case alone; empty: all

/// What it costs to find the URLs of a message.
void measure_urls(const char* what, const std::string& message, std::size_t times) {
  if (!wanted.empty() && wanted != what) return;
  const double start = cpu_seconds();
  std::size_t found = 0;
  for (std::size_t i = 0; i < times; ++i) found = message_urls(message).urls.size();
  std::printf("%-26s %zu hosts, %6zu bytes: %7.1f us of CPU\n", what, found, message.size(),
              (cpu_seconds() - start) * 1e6 / static_cast<double>(times));
}

/// What it costs to look at the words of a message, find them in a model, and tell the strongest.
void measure_bayes(const char* what, const std::string& message, std::size_t times) {
  if (!wanted.empty() && wanted != what) return;
  BayesModel model;
  for (int i = 0; i < 100; ++i) {
    model.learn(BayesTokens(message_of(5000) + std::to_string(i)).features(), false);
    model.learn(BayesTokens(html_message_of(5000) + std::to_string(i)).features(), true);
  }
  const double start = cpu_seconds();
  std::size_t seen = 0;
  std::vector<BayesModel::Say> says;
  for (std::size_t i = 0; i < times; ++i) {
    const BayesTokens tokens(message);
    model.judge(tokens.features(), &says, 6);
    for (const BayesModel::Say& say : says) seen += tokens.text_of(say.feature).size() / 1000;
    seen = tokens.features().size();
  }
  std::printf("%-26s %zu features, %6zu bytes: %7.1f us of CPU\n", what, seen, message.size(),
              (cpu_seconds() - start) * 1e6 / static_cast<double>(times));
}

/// What the DNS says of a sender who has all in order.
std::string facts(const std::string& rsa, const std::string& ed25519) {
  return "PTR 1.2.0.192.in-addr.arpa = mail.example.com\nA mail.example.com = 192.0.2.1\n"
         "MX example.com = 10 mail.example.com, 20 mail2.example.com\nA mail2.example.com = 192.0.2.2\n"
         "TXT example.com = \"v=spf1 include:_spf.example.com mx -all\"\n"
         "TXT _spf.example.com = \"v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/24 ?all\"\n"
         "A 2.0.0.127.one.example = 127.0.0.2\nA 2.0.0.127.two.example = 127.0.0.2\n"
         "A 2.0.0.127.three.example = 127.0.0.2\nA 2.0.0.127.four.example = 127.0.0.2\n"
         "TXT _dmarc.example.com = \"v=DMARC1; p=reject; rua=mailto:dmarc@example.com\"\n"
         "A test.uri.example = 127.0.0.2\nA 2.0.0.127.multi.example = 127.0.0.254\n"
         "TXT rsa._domainkey.example.com = \"" +
         rsa + "\"\nTXT ed._domainkey.example.com = \"" + ed25519 + "\"\n";
}

struct Questions {
  std::size_t dns = 0, ledger = 0;
};

void judge(Case& session, Phase phase, const mail::Transaction& transaction, const dns::Recorded& world,
           store::Ledger& ledger, Questions& questions) {
  session.begin(phase, transaction);
  while (!session.advance()) {
    for (const dns::Question& question : session.take_questions()) {
      session.know(question, world.answer(question));
      ++questions.dns;
    }
    for (const Knowledge::Errand* errand : session.take_errands()) {
      session.know(errand->number, ledger.run(errand->operation));
      ++questions.ledger;
    }
  }
  session.decide();
}

struct Judged {
  std::string message;
  const dns::Recorded& world;
  std::size_t messages;
};

/// All phases before a chain of these kinds, and the trace that is kept.
void measure(const char* what, const Judged& judged, std::span<const FilterKind> kinds,
             std::span<const std::shared_ptr<const LuaScript>> scripts = {}) {
  if (!wanted.empty() && wanted != what) return;
  constexpr Phase kPhases[] = {Phase::connect, Phase::helo, Phase::mail, Phase::rcpt, Phase::headers, Phase::message};
  const SystemClock clock;
  Config config;
  config.filter.uribl.lists = {"uri.example", "multi.example/127.0.0.&8"};
  config.filter.dnsbl.lists = {"one.example", "two.example", "three.example", "four.example"};
  config.filter.rate.limits = {"client=100000/1s", "sender=100000/1s", "recipient=100000/1s"};
  const auto chain = Chain::make(config, kinds, scripts);
  const auto ledger = store::make_memory_ledger(clock, 1000);
  mail::Transaction transaction;
  transaction.peer.address = *IpAddress::parse("192.0.2.1");
  transaction.peer.syn = Syn{}.v4();
  transaction.helo = "mail.example.com";
  transaction.from = *mail::parse_address("joe@example.com");
  transaction.recipients.push_back({*mail::parse_address("bob@localhost"), mail::Inbox::trusted("bob")});
  transaction.data = judged.message;
  transaction.declared_size = judged.message.size();
  const double start = cpu_seconds();
  std::size_t trace = 0;
  Questions questions;
  for (std::size_t i = 0; i < judged.messages; ++i) {
    Case session(*chain, clock);
    for (const Phase phase : kPhases) judge(session, phase, transaction, judged.world, *ledger, questions);
    session.settle_recipient();
    trace = format_trace(session.findings().trace()).size();
  }
  std::printf(
      "%-26s %zu filters, %5zu bytes: %7.1f us of CPU a message, %zu questions of the DNS and %zu of the ledger, a "
      "trace "
      "of %zu bytes\n",
      what, kinds.size() + scripts.size(), judged.message.size(),
      (cpu_seconds() - start) * 1e6 / static_cast<double>(judged.messages), questions.dns / judged.messages,
      questions.ledger / judged.messages, trace);
}

/// An operator's filter that is asked at five phases, each time about something else.
constexpr const char* kFiveHooks = R"(
local bad = { zip = true, xyz = true }
function connect(tx, facts) if tx.address == "192.0.2.99" then return reject("5.7.1 not you", "a known address") end end
function helo(tx, facts) if not tx.helo:find(".", 1, true) then return score(1, "HELO without a dot") end end
function mail(tx, facts) if bad[tx.from_domain:match("[^.]+$")] then return score(2, "a cheap domain") end end
function rcpt(tx, facts) if tx.recipients > 20 then return score(1, "many recipients") end end
function message(tx, facts) if tx.subject:lower():find("lottery", 1, true) then return score(3, "a lottery") end end
)";

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2000;
  if (messages == 0) return std::puts("filter_bench [MESSAGES [CASE]]"), 64;
  if (argc > 2) wanted = argv[2];
  const DkimSigner rsa = DkimSigner::rsa(), ed25519 = DkimSigner::ed25519();
  const auto world = dns::Recorded::parse(facts(rsa.record(), ed25519.record()));
  if (!world) return std::puts(world.error().what.c_str()), 1;
  const DkimSigning by_rsa{.selector = "rsa"}, by_ed25519{.selector = "ed"};
  const std::string plain = message_of(5000);
  const std::string one = signed_by(rsa, by_rsa, plain);
  const std::string both = signed_by(ed25519, by_ed25519, one);
  const auto kinds = filter_kinds();
  measure("all, unsigned", {plain, *world, messages}, kinds);
  measure("all, RSA", {one, *world, messages}, kinds);
  measure("all, RSA and Ed25519", {both, *world, messages}, kinds);
  measure("nobody", {plain, *world, messages}, {});
  const auto script = LuaScript::make("five", kFiveHooks, {}, {});
  if (!script) return std::puts(script.error().what.c_str()), 1;
  measure("Lua, five hooks", {plain, *world, messages}, {}, {&*script, 1});
  std::vector<FilterKind> of_envelope_and_header;
  for (const FilterKind& kind : kinds)
    for (const std::string_view name : {"bounce", "reserved", "size", "headers"})
      if (kind.name == name) of_envelope_and_header.push_back(kind);
  measure("envelope and header", {long_way(plain), *world, messages}, of_envelope_and_header);
  const std::string html = html_message_of(5000);
  measure("all, HTML with links", {html, *world, messages}, kinds);
  measure_urls("URLs of HTML", html, messages);
  measure_urls("URLs of a plain text", plain, messages);
  measure_bayes("bayes, plain text", plain, messages);
  measure_bayes("bayes, HTML", html, messages);
  std::string words = "\r\n";
  for (std::size_t i = 0; words.size() < 256 * 1024; ++i) {
    words += ' ';
    for (std::size_t left = i; left > 0; left /= 26) words += static_cast<char>('a' + left % 26);
  }
  measure_bayes("bayes, hostile", words, 20);
  std::string nested = "\r\n", tags = "Content-Type: text/html\r\n\r\n";
  while (nested.size() < 256 * 1024) nested += "http://\xC3\xBC.example%2F";
  while (tags.size() < 256 * 1024) tags += "<font color=x><p><a href=http://\xC3\xBC.example>";
  measure_urls("URLs in URLs, hostile", nested, 20);
  measure_urls("URLs of HTML, hostile", tags, 20);
  for (const FilterKind& kind : kinds) measure(std::string(kind.name).c_str(), {both, *world, messages}, {&kind, 1});
}
