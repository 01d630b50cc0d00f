/// filter_bench.cc: what filters cost a message of 5 KB, all answers of the DNS being there.
///
///     filter_bench [MESSAGES]     2,000
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "filter/case.h"
#include "filter/dkim_kit.h"
#include "filter/filters.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

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

using Records = std::map<std::string, std::string>;

void judge(Case& session, const mail::Transaction& transaction, const Records& records) {
  session.begin(Phase::message, transaction);
  while (!session.advance())
    for (const dns::Question& question : session.take_questions())
      session.know(question, {.status = dns::Status::found, .records = {{.text = records.at(question.name)}}});
  session.decide();
}

void measure(const char* what, const std::string& message, const Records& records, std::size_t messages) {
  const SystemClock clock;
  const auto kinds = filter_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [](const auto& each) { return each.name == "dkim"; });
  const auto chain = Chain::make(Config(), {&*kind, 1});
  mail::Transaction transaction;
  transaction.data = message;
  const double start = cpu_seconds();
  std::string told;
  for (std::size_t i = 0; i < messages; ++i) {
    Case session(*chain, clock);
    judge(session, transaction, records);
    told = session.told("dkim_results");
  }
  std::printf("%-9s %7zu messages of %5zu bytes  %8.1f us of CPU each  %s\n", what, messages, message.size(),
              (cpu_seconds() - start) * 1e6 / static_cast<double>(messages), told.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 2000;
  const DkimSigner rsa = DkimSigner::rsa(), ed25519 = DkimSigner::ed25519();
  const Records records{{"rsa._domainkey.example.com", rsa.record()}, {"ed._domainkey.example.com", ed25519.record()}};
  const DkimSigning by_rsa{.selector = "rsa"}, by_ed25519{.selector = "ed"};
  const std::string plain = message_of(5000);
  measure("unsigned", plain, records, messages);
  measure("rsa", signed_by(rsa, by_rsa, plain), records, messages);
  measure("ed25519", signed_by(ed25519, by_ed25519, plain), records, messages);
  measure("both", signed_by(ed25519, by_ed25519, signed_by(rsa, by_rsa, plain)), records, messages);
}
