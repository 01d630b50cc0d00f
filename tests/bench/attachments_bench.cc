/// attachments_bench.cc: what mail.attachments costs a message on its loop, of ordinary mail and of the worst.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "mail/attachments.h"

using namespace maildrop::mail;

namespace {

using Clock = std::chrono::steady_clock;

/// The median of some rounds, in microseconds.
template <class Work>
double micros(Work work) {
  std::vector<double> rounds;
  for (int round = 0; round < 7; ++round) {
    int times = 0;
    const auto start = Clock::now();
    do {
      for (int i = 0; i < 10; ++i) work();
      times += 10;
    } while (Clock::now() - start < std::chrono::milliseconds(50));
    rounds.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count() / times);
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[rounds.size() / 2];
}

std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  return out;
}

const std::string kHeader =
    "Received: from a.test by b.test with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "From: Somebody <a@b.test>\r\nTo: bob@example.org\r\nSubject: hello\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n"
    "Message-ID: <1@b.test>\r\nMIME-Version: 1.0\r\n";
const std::string kMixed = kHeader + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
const std::string kLine = "SGVsbG8sIHRoaXMgaXMgYSBsaW5lIG9mIGJhc2U2NCB0aGF0IGlzIDc2IGxvbmcsIGFzIHVzdWE=\r\n";

const char* const kCharsets[] = {"ISO-2022-KR", "EUC-TW",    "KOI8-R", "BIG5",   "GB18030", "EUC-JP",
                                 "ISO-2022-JP", "SHIFT_JIS", "CP1250", "CP1251", "TIS-620", "KOI8-U",
                                 "EUC-KR",      "HZ",        "CP1255", "CP1256"};

void measure(const char* name, const std::string& message) {
  Removal removal;
  const double plan = micros([&] { removal = plan_removal(message); });
  std::size_t size = 0;
  const double edit = micros([&] { size += remove_attachments(message, removal).size(); });
  const double copy = micros([&] { size += std::string(message).size(); });
  std::printf("%-34s %8zu %6zu %8zu %10.1f us %8.1f us %8.1f us\n", name, message.size(), removal.attachments.size(),
              removal.size, plan, removal.attachments.empty() ? 0 : edit, copy);
}

}  // namespace

int main() {
  constexpr std::size_t kMost = 500'000;
  std::printf("%-34s %8s %6s %8s %13s %11s %11s\n", "message", "bytes", "found", "left", "plan", "edit", "a copy");
  measure("1 KB of text", kHeader + "\r\n" + repeated("some words and a line end\r\n", 700));
  measure("1 KB of text, Content-Type",
          kHeader + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + repeated("x\r\n", 700));
  measure("10 KB, text and HTML", kMixed + "--b\r\n\r\n" + repeated("words and words\r\n", 4000) +
                                      "--b\r\nContent-Type: text/html\r\n\r\n" + repeated("<p>words</p>\r\n", 5000) +
                                      "--b--\r\n");
  const std::string pdf = "--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: ";
  measure("500 KB, a PDF in base64",
          kMixed + "--b\r\n\r\ntext\r\n" + pdf + "base64\r\n\r\n" + repeated(kLine, kMost) + "--b--\r\n");
  measure("500 KB, in quoted-printable",
          kMixed + pdf + "quoted-printable\r\n\r\n" + repeated("=00=01=02abc=\r\n", kMost) + "--b--\r\n");
  measure("500 KB, binary", kMixed + pdf + "binary\r\n\r\n" + std::string(kMost, '\0') + "\r\n--b--\r\n");
  measure("500 KB, 80 empty attachments",
          kMixed + repeated("--b\r\nContent-Type: a/b\r\n\r\n", 2000) + "--b--\r\n" + repeated(kLine, kMost));
  measure("500 KB, 990 small attachments",
          kMixed + repeated("--b\r\nContent-Type: a/b\r\n\r\n" + std::string(480, 'x') + "\r\n", 496'000));
  measure("500 KB, too many parts", kMixed + repeated("--b\r\n", kMost));
  std::string deep = kHeader;
  for (int i = 0; i < 19; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    deep += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  measure("500 KB, lines that are no boundary", deep + "\r\n" + repeated("--bx\r\n", kMost));
  std::string words;
  for (int i = 0; i < 650; ++i) words += std::string("=?") + kCharsets[i % 16] + "?Q?a?=\r\n ";
  measure("500 KB of names in 16 charsets",
          kMixed + repeated("--b\r\nContent-Type: a/b\r\nContent-Disposition: x; filename=\"" + words + "\"\r\n\r\n",
                            kMost));
  measure("500 KB of types that differ",
          kMixed + repeated("--b\r\nContent-Type: text/plain; x=\"" + std::string(15'000, 'a') + "\"\r\n" +
                                repeated("Content-Type:text\r\n", 18'800) + "\r\n",
                            kMost));
  measure("500 KB of line ends", kMixed + std::string(kMost, '\n'));
  measure("500 KB of header fields", repeated("A:\r\n", kMost) + "Content-Type: a/b\r\n\r\n");
}
