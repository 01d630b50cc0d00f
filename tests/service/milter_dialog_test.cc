/// milter_dialog_test.cc: messages before a milter that says what a test wants.
#include "service/milter_dialog.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace maildrop;
using namespace maildrop::service;
using Says = MilterAnswer::Says;
using Want = Exchange::Want;

namespace {

constexpr std::uint32_t kAllQuiet = 0x80 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x40000 | 0x80000;

std::string packet(char command, std::string_view data = {}) {
  std::string bytes;
  append_packet(bytes, command, {data});
  return bytes;
}

std::string greeting(std::uint32_t protocol = 0, std::uint32_t version = 6, std::uint32_t actions = 0x31) {
  return packet('O', four_bytes(version) + four_bytes(actions) + four_bytes(protocol));
}

const std::string kText = "Subject: hello\r\nTo: x\r\n\r\nhi\r\n";

MilterRequest request_of() {
  MilterRequest request{*Endpoint::parse("127.0.0.1:8891")};
  request.host = "mail.example.com";
  request.address = *IpAddress::parse("192.0.2.1");
  request.port = 0x1234;
  request.helo = "helo.example.com";
  request.from = "<a@example.com>";
  request.to = {"<bob@localhost>", "<eve@localhost>"};
  request.fields = {{"Subject", " hello"}, {"To", " x"}};
  request.body = kText.find("\r\n\r\n") + 4;
  request.our_name = "mx.example.org";
  request.session = "abc";
  return request;
}

/// A milter: what it answers to each command; nothing: it goes on.
struct Milter {
  std::string options = greeting();
  std::map<char, std::vector<std::string>> answers{};  // of a command, each time the next; the last for ever
  bool quiet = false;
  std::vector<std::string> heard{};  // `L Subject\0 hello\0`

  std::string answer(const MilterPacket& said) {
    heard.push_back(said.command + std::string(" ") + std::string(said.data));
    if (said.command == 'O') return options;
    if (said.command == 'D') return {};
    auto& told = answers[said.command];
    if (told.empty()) return quiet && said.command != 'E' ? "" : packet('c');
    const std::string now = told.front();
    if (told.size() > 1) told.erase(told.begin());
    return now;
  }
};

/// What comes of it; what the milter says comes in pieces of `size` bytes.
Result<MilterAnswer> play(Milter& milter, const MilterRequest& request, const std::string& text, std::size_t size = 7) {
  MilterDialog dialog(request, text);
  MilterPacketReader reader;
  for (;;) {
    const Result<std::string_view> said = dialog.next();
    if (!said) return tl::unexpected(said.error());
    if (said->empty()) return fail(Code::internal, "it hangs");
    CHECK(said->size() < 2 * MilterDialog::kPiece + 2000);
    reader.feed(*said);
    std::string answers;
    while (const auto packet = *reader.next()) answers += milter.answer(*packet);
    for (std::size_t at = 0; at < answers.size(); at += size) {
      const Result<Want> want = dialog.consume(std::string_view(answers).substr(at, size));
      if (!want) return tl::unexpected(want.error());
      if (*want == Want::nothing) return std::get<MilterAnswer>(dialog.take());
    }
  }
}

MilterAnswer said(std::map<char, std::vector<std::string>> answers, std::string options = greeting()) {
  Milter milter{std::move(options), std::move(answers)};
  const Result<MilterAnswer> answer = play(milter, request_of(), kText);
  REQUIRE(answer);
  return *answer;
}

/// What is wrong with what it says; "" when nothing is.
std::string fault_of(std::map<char, std::vector<std::string>> answers, std::string options = greeting()) {
  Milter milter{std::move(options), std::move(answers)};
  const Result<MilterAnswer> answer = play(milter, request_of(), kText);
  return answer ? "" : answer.error().what;
}

std::string nul(std::string text) {
  std::replace(text.begin(), text.end(), '|', '\0');
  return text;
}

}  // namespace

TEST_CASE("a milter hears all of a message, step by step") {
  for (const std::size_t size : {1, 3, 1000}) {
    Milter milter;
    const auto answer = play(milter, request_of(), kText, size);
    REQUIRE(answer);
    CHECK(answer->says == Says::pass);
    const std::vector<std::string> wanted{
        nul("O ") + four_bytes(6) + four_bytes(0x1ff) + four_bytes(0x1ff7ff),
        nul("D Cj|mx.example.org|{daemon_name}|maildrop|{client_name}|mail.example.com|{client_addr}|192.0.2.1|"
            "{client_port}|4660|"),
        nul("C mail.example.com|4\x12\x34"
            "192.0.2.1|"),
        nul("H helo.example.com|"),
        nul("D Mi|abc|{mail_addr}|a@example.com|"),
        nul("M <a@example.com>|"),
        nul("D R{rcpt_addr}|bob@localhost|"),
        nul("R <bob@localhost>|"),
        nul("D R{rcpt_addr}|eve@localhost|"),
        nul("R <eve@localhost>|"),
        "T ",
        nul("L Subject|hello|"),
        nul("L To|x|"),
        "N ",
        "B hi\r\n",
        nul("D Ei|abc|"),
        "E "};
    CHECK(milter.heard == wanted);
  }
}

TEST_CASE("what a milter wants no part in it does not hear but for its macros, and is not asked") {
  Milter milter{greeting(0x7f | 0x200)};
  REQUIRE(play(milter, request_of(), kText));
  std::string heard;
  for (const std::string& each : milter.heard)
    heard += each.starts_with("D") ? each.substr(0, 3) + " " : each[0] + std::string(" ");
  CHECK(heard == "O D C D M D R D R D E E ");
  CHECK(milter.heard.at(2) == nul("D Mi|abc|{mail_addr}|a@example.com|"));
}

TEST_CASE("what a milter does not answer is not waited for, and an old one knows no DATA") {
  Milter quiet{greeting(kAllQuiet | 0x100000)};
  quiet.quiet = true;
  REQUIRE(play(quiet, request_of(), kText));
  CHECK(quiet.heard.size() == 17);
  CHECK(quiet.heard.at(11) == nul("L Subject| hello|"));
  Milter old{greeting(0, 2)};
  REQUIRE(play(old, request_of(), kText));
  CHECK(old.heard.size() == 16);  // without DATA
}

TEST_CASE("a client without address or TLS has none, and one with TLS tells") {
  MilterRequest request = request_of();
  request.address.reset();
  request.host = "localhost";
  request.tls_protocol = "TLSv1.3";
  request.tls_cipher = "X";
  Milter milter;
  REQUIRE(play(milter, request, kText));
  CHECK(milter.heard.at(2) == nul("C localhost|U"));
  CHECK(milter.heard.at(3) == nul("D H{tls_version}|TLSv1.3|{cipher}|X|"));
  request.address = *IpAddress::parse("2001:db8::1");
  Milter six;
  REQUIRE(play(six, request, kText));
  CHECK(six.heard.at(2) == nul("C localhost|6\x12\x34"
                               "2001:db8::1|"));
}

TEST_CASE("a body goes in pieces until the milter has enough") {
  const std::string text = "A: b\r\n\r\n" + std::string(3 * MilterDialog::kPiece + 1, 'x');
  MilterRequest request = request_of();
  request.body = 8;
  const auto bodies = [&](Milter milter) {
    const auto answer = play(milter, request, text, 1000);
    REQUIRE(answer);
    CHECK(answer->says == Says::reject);
    std::size_t bytes = 0, pieces = 0;
    for (const std::string& heard : milter.heard)
      if (heard[0] == 'B') bytes += heard.size() - 2, ++pieces;
    return std::pair(pieces, bytes);
  };
  const std::vector<std::string> reject{packet('r')};
  CHECK(bodies({greeting(), {{'E', reject}}}) == std::pair(std::size_t{4}, text.size() - 8));
  CHECK(bodies({greeting(kAllQuiet), {{'E', reject}}, true}) == std::pair(std::size_t{4}, text.size() - 8));
  CHECK(bodies({greeting(), {{'B', {packet('c'), packet('s')}}, {'E', reject}}}).first == 2);
}

TEST_CASE("what a milter says at a step is said of the message") {
  CHECK(said({{'C', {packet('a')}}}).says == Says::pass);
  CHECK(said({{'H', {packet('t')}}}).says == Says::defer);
  CHECK(said({{'M', {packet('d')}}}).says == Says::discard);
  const MilterAnswer reject = said({{'L', {packet('c'), packet('r')}}});
  CHECK((reject.says == Says::reject && reject.at == "header" && reject.text.empty()));
  const MilterAnswer reply = said({{'E', {packet('y', nul("550 5.7.1 not today|"))}}});
  CHECK((reply.says == Says::reject && reply.at == "message" && reply.text == "5.7.1 not today"));
  CHECK(said({{'T', {packet('y', "451 4.7.1 later")}}}).says == Says::defer);
  CHECK(said({{'N', {packet('y', "550-5.7.1 one\r\n550 5.7.1 two")}}}).text == "5.7.1 one");
  CHECK(said({{'E', {packet('y', "550 " + std::string(1000, 'x'))}}}).text.size() == 300);
  CHECK(said({{'E', {packet('y', "550 5.7.1 100%% spam")}}}).text == "5.7.1 100% spam");
  CHECK(said({{'E', {packet('y', "550 5.7.1 %s %%%% %%%d%")}}}).text == "5.7.1 s %% %d");
  const MilterAnswer kept = said({{'E', {packet('q', nul("a virus|")) + packet('c')}}});
  CHECK((kept.says == Says::quarantine && kept.text == "a virus"));
  CHECK(said({{'E', {packet('q', nul("a virus|")) + packet('r')}}}).says == Says::reject);
  CHECK(said({{'E', {packet('p') + packet('p') + packet('a')}}}).says == Says::pass);
  CHECK(said({{'E', {packet('h', nul("X-Spam|yes|")) + packet('i') + packet('m') + packet('c')}}}).says == Says::pass);
}

TEST_CASE("a message is refused when all its recipients are") {
  const auto later = packet('y', "450 4.2.1 later");
  CHECK(said({{'R', {packet('r'), packet('c')}}}).says == Says::pass);
  CHECK(said({{'R', {packet('c'), packet('r')}}}).says == Says::pass);
  const MilterAnswer both = said({{'R', {later, packet('r')}}});
  CHECK((both.says == Says::defer && both.at == "rcpt" && both.text == "4.2.1 later"));
  CHECK(said({{'R', {packet('c'), packet('d')}}}).says == Says::discard);
}

TEST_CASE("a message is not refused for recipients it heard of while there are others") {
  MilterRequest request = request_of();
  request.more_to = true;
  Milter milter{greeting(), {{'R', {packet('r')}}}};
  const auto answer = play(milter, request, kText);
  REQUIRE(answer);
  CHECK((answer->says == Says::pass && milter.heard.back() == "E "));
}

TEST_CASE("what is not the protocol, or more than is done here, is an error") {
  CHECK(fault_of({}, packet('c')) == "it does not negotiate as milters do");
  CHECK(fault_of({}, packet('O', "\1\2")) == "it does not negotiate as milters do");
  CHECK(fault_of({}, greeting(0, 7)) == "it speaks version 7 of the protocol");
  CHECK(fault_of({}, greeting(0, 1)) == "it speaks version 1 of the protocol");
  CHECK(fault_of({}, greeting(0x800)) == "it wants what was not offered");
  CHECK(fault_of({}, greeting(0, 6, 0x200)) == "it wants what was not offered");
  CHECK(fault_of({}, "HTTP/1.1 400 Bad Request\r\n\r\n") == "it does not speak as milters do");
  CHECK(fault_of({{'C', {packet('x')}}}) == "its answer at connect means nothing");
  CHECK(fault_of({{'C', {packet('s')}}}) == "its answer at connect means nothing");
  CHECK(fault_of({{'C', {packet('h', nul("A|b|"))}}}) == "its answer at connect means nothing");
  CHECK(fault_of({{'E', {packet('s')}}}) == "its answer at message means nothing");
  CHECK(fault_of({{'E', {packet('b', "x")}}}) == "it wants the body to be another one, which is not done");
  CHECK(fault_of({{'E', {packet('e', "x")}}}) == "it wants the sender to be another one, which is not done");
  for (const char command : {'+', '2', '-'})
    CHECK(fault_of({{'E', {packet(command, "x")}}}) == "it wants other recipients, which is not done");
  for (const char* none : {"", "250 fine", "650 x", "55", "55x y", "550", "no\r\n550 x"})
    CHECK(fault_of({{'M', {packet('y', none)}}}) == "its reply is none");
  CHECK(fault_of({{'C', {packet('c') + packet('c')}}}) == "it answers what was not asked");
  CHECK(fault_of({{'C', {packet('4')}}}) == "it says that it cannot");
  CHECK(fault_of({{'C', {packet('d')}}}) == "it discards at connect, before there is a message");
  CHECK(fault_of({{'H', {packet('d')}}}) == "it discards at helo, before there is a message");
}

TEST_CASE("who ends before his answer is not there, and who negotiated is told that it is over") {
  const MilterRequest request = request_of();
  MilterDialog dialog(request, kText);
  CHECK(dialog.is_blank());
  CHECK(dialog.farewell().empty());
  REQUIRE(dialog.next());
  REQUIRE(dialog.consume(greeting()));
  CHECK_FALSE((dialog.is_blank() || dialog.keeps_alive()));
  CHECK(dialog.farewell() == std::string("\0\0\0\1Q", 5));
  const auto ended = dialog.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == Code::unavailable);
}

TEST_CASE("a text that changes under way ends it") {
  const MilterRequest request = request_of();
  std::string text = kText;
  MilterDialog dialog(request, text);
  CHECK(dialog.next());
  text += "x";
  CHECK_FALSE(dialog.next());
}

TEST_CASE("whatever a milter says, there is an end") {
  std::mt19937 random(1);
  const std::string commands = "acdrtypqshimb+-2e4fO\0x";
  for (int round = 0; round < 3000; ++round) {
    Milter milter{greeting(static_cast<std::uint32_t>(random()) & 0x1ff7ff, 2 + random() % 5)};
    for (const char command : std::string("CHMRTLNBE")) {
      std::string answer;
      for (unsigned i = random() % 3; i-- != 0;) answer += packet(commands[random() % commands.size()], "550 5.7.1 x");
      if (random() % 8 == 0) answer.resize(random() % (answer.size() + 1));
      milter.answers[command].push_back(answer);
    }
    play(milter, request_of(), kText, 1 + random() % 20);
  }
  SUCCEED();
}
