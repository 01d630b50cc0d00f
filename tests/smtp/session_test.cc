/// session_test.cc: every dialog against the Session: in step, in one piece, byte by byte, and split in every way.
#include "smtp/session.h"

#include <catch2/catch.hpp>
#include <random>

#include "smtp/dialog.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;

namespace {

constexpr std::size_t kWork = 250000;    // bytes fed to try each split point near both ends: all up to 700 bytes
constexpr std::size_t kSomeSplits = 50;  // random ones between
constexpr std::size_t kRandom = 20;      // splits into many pieces
constexpr std::size_t kLarge = 100000;   // bytes beyond which few splits must do

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 1; at < size; ++at) cuts.push_back(at);
  return cuts;
}

/// Pieces of 1 to `most` bytes.
std::vector<std::size_t> random_cuts(std::mt19937& random, std::size_t size, std::size_t most) {
  std::uniform_int_distribution<std::size_t> step(1, most);
  std::vector<std::size_t> cuts;
  for (std::size_t at = step(random); at < size; at += step(random)) cuts.push_back(at);
  return cuts;
}

std::vector<std::vector<std::size_t>> all_splits(std::size_t size) {
  std::mt19937 random(20);
  if (size > kLarge) return {{}, random_cuts(random, size, 5000), random_cuts(random, size, size / 4)};
  std::vector<std::vector<std::size_t>> splits{{}, every_byte(size)};
  const std::size_t edge = kWork / std::max<std::size_t>(size, 1);
  for (std::size_t at = 1; at < size; ++at)
    if (at <= edge || at + edge > size) splits.push_back({at});
  std::uniform_int_distribution<std::size_t> anywhere(1, size - 1);
  for (std::size_t i = 0; size > 2 * edge && i < kSomeSplits; ++i) splits.push_back({anywhere(random)});
  for (std::size_t i = 0; i < kRandom; ++i)
    splits.push_back(random_cuts(random, size, i % 2 ? 7 : std::max<std::size_t>(8, size / 4)));
  return splits;
}

/// The first split that ends otherwise than `reference` is told.
void check_splits(const std::shared_ptr<const Policy>& policy, const Record& reference) {
  for (const auto& cuts : all_splits(reference.input.size())) {
    const std::string other = difference(reference, run_in_pieces(policy, reference, cuts));
    if (other.empty()) continue;
    UNSCOPED_INFO("in " << cuts.size() + 1 << " pieces, first cut " << (cuts.empty() ? 0 : cuts.front()));
    FAIL_CHECK(other);
    return;
  }
}

void run(const Dialog& dialog, std::uint8_t phases) {
  const Record reference = run_in_step(dialog, phases);
  for (const std::string& problem : reference.problems) FAIL_CHECK(problem);
  if (!reference.problems.empty()) return;
  check_splits(std::make_shared<const Policy>(dialog.config, filter::Judge::Terms{phases}), reference);
}

}  // namespace

TEST_CASE("every dialog gives its replies, however its bytes are split") {
  const auto files = dialog_files();
  REQUIRE(files.size() > 50);
  for (const auto& file : files) {
    DYNAMIC_SECTION(file.filename().string()) {
      const auto dialogs = read_dialogs(file);
      if (!dialogs) FAIL(dialogs.error().what);
      for (const Dialog& dialog : *dialogs) {
        INFO(dialog.name);
        run(dialog, kAllPhases);
        if (!dialog.has_verdicts()) run(dialog, 0);
      }
    }
  }
}

TEST_CASE("a dialog that is not as it says is found out") {
  const char* const cases[] = {
      "# no reply\n< 220 *\n< 250 *\n",
      "# another reply\n< 220 *\n> EHLO a\n< 500 *\n",
      "# more replies\n< 220 *\n> NOOP\n",
      "# no close\n< 220 *\n< <close>\n",
      "# an unexpected close\n< 220 *\n> QUIT\n< 221 *\n",
      "# nothing stored\n< 220 *\nstored 1\n",
      "# an unused verdict\nverdict rcpt defer\n< 220 *\n",
      "# an unused answer\nstore unavailable\n< 220 *\n",
  };
  for (const char* text : cases) {
    const auto dialogs = parse_dialogs(text, "x", {});
    REQUIRE(dialogs);
    CAPTURE(text);
    CHECK_FALSE(run_in_step(dialogs->front(), kAllPhases).problems.empty());
  }
  CHECK_FALSE(parse_dialogs("< 220 *\n", "x", {}));
  CHECK_FALSE(parse_dialogs("# x\nset mail.max_sizes 4\n", "x", {}));
  CHECK_FALSE(parse_dialogs("# x\n> \\q\n", "x", {}));
}

TEST_CASE("patterns") {
  CHECK(matches("250 *", "250 ok"));
  CHECK(matches("250*", "250"));
  CHECK(matches("*[*]", "450 later [id]"));
  CHECK_FALSE(matches("250 *", "550 no"));
  CHECK_FALSE(matches("250 ok", "250 ok "));
  CHECK_FALSE(matches("*[*] x", "450 later [id]"));
}

TEST_CASE("a session that was ended stays so, whatever arrives later") {
  Session session(default_policy(bit(filter::Phase::helo)), "id", {});
  session.take_output();
  session.consume("EHLO a\r\n");
  REQUIRE(session.want() == Want::verdict);
  session.end(reply::shutting_down);
  CHECK(session.take_output() == "421 4.3.2 shutting down, try again [id]\r\n");
  session.answer(filter::Verdict{});
  CHECK(session.want() == Want::close);
  CHECK(session.consume("QUIT\r\n") == 0);
  CHECK(session.take_output().empty());
}

TEST_CASE("a message brings what was said for it") {
  const std::string name = default_policy()->hostname;
  Session session(default_policy(), "abc", {});
  session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n");
  session.take_output();
  session.consume("x\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  CHECK(session.take_transaction().transcript ==
        "session abc, message 1\nS: 220 " + name + " ESMTP maildrop\nC: EHLO a\nS: 250-" + name +
            "\n"
            "C: MAIL FROM:<>\nS: 250 2.1.0 sender ok\nC: RCPT TO:<x@elsewhere.example>\n"
            "S: 550 5.7.1 relaying denied [abc]\nC: RCPT TO:<u@example.org>\nS: 250 2.1.5 recipient ok\n"
            "C: DATA\nS: 354 end with <CRLF>.<CRLF>\nC: (3 bytes)\n");
  session.answer(store::MessageId::trusted("m"));
  session.consume("RSET\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nBDAT 3 LAST\r\nabc");
  REQUIRE(session.want() == Want::delivery);
  CHECK(session.take_transaction().transcript ==
        "session abc, message 2\nS: 250 2.0.0 stored as m\nC: RSET\nS: 250 2.0.0 ok\n"
        "C: MAIL FROM:<>\nS: 250 2.1.0 sender ok\nC: RCPT TO:<u@example.org>\nS: 250 2.1.5 recipient ok\n"
        "C: BDAT 3 LAST\nC: (3 bytes)\n");
}

TEST_CASE("what was said before XCLIENT is another client's, and not kept with this one's message") {
  auto policy = std::make_shared<Policy>(*default_policy());
  policy->config.xclient.networks = {Network::parse("::").value()};
  Session session(policy, "abc", {});
  session.consume("EHLO proxy\r\nMAIL FROM:<secret@example.net>\r\nRSET\r\nXCLIENT ADDR=192.0.2.1\r\n");
  REQUIRE(session.want() == Want::admission);
  session.admitted();
  session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  const std::string kept = session.take_transaction().transcript;
  CHECK(kept.find("secret") == std::string::npos);
  CHECK(kept.rfind("session abc, message 1\nS: 220 ", 0) == 0);
}

TEST_CASE("smtp.transcript_size is the most that is kept, and counted with the message") {
  const std::size_t limit = GENERATE(0U, 100U, 4096U);
  auto policy = std::make_shared<Policy>(*default_policy());
  policy->config.smtp.transcript_size = limit;
  Budget memory(1 << 20);
  Means means;
  means.memory = &memory;
  Session session(policy, "abc", {}, means);
  for (int i = 0; i < 60; ++i) session.consume("HELO " + std::string(100, 'a') + "\r\n");
  CHECK(memory.used() == 0);  // not of a session that is idle
  session.consume("MAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\n");
  CHECK(memory.used() >= limit * 9 / 10);
  CHECK(memory.used() <= 2 * limit + 1024);
  session.consume("DATA\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  const std::string kept = session.take_transaction().transcript;
  CHECK(kept.size() <= limit);
  CHECK(kept.size() >= limit * 9 / 10 - std::min<std::size_t>(limit, 60));
}

TEST_CASE("a delivery that ends after the session did says nothing") {
  Session session(default_policy(), "id", {});
  session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\nx\r\n.\r\n");
  REQUIRE(session.want() == Want::delivery);
  CHECK_FALSE(session.idle());
  session.take_transaction();
  session.end(reply::timed_out);
  session.take_output();
  session.answer(store::MessageId::trusted("m"));
  CHECK(session.want() == Want::close);
  CHECK(session.take_output().empty());
}

TEST_CASE("when a session may be ended without loss") {
  Session session(default_policy(), "id", {});
  const std::pair<const char*, bool> steps[] = {
      {"EHLO a\r\n", true},
      {"MAIL FROM:<>\r\n", false},
      {"RSET\r\n", true},
      {"MAIL FROM:<>\r\n", false},
      {"RCPT TO:<u@example.org>\r\n", false},
      {"DATA\r\nx\r\n", false},
  };
  CHECK(session.idle());
  for (const auto& [bytes, idle] : steps) {
    session.consume(bytes);
    CAPTURE(bytes);
    CHECK(session.idle() == idle);
  }
  CHECK(session.in_data());
}

TEST_CASE("a refused message gives its memory back at once") {
  Config config;
  config.mail.domains = {"example.org"};
  config.mail.max_size = 200000;
  Session session(std::make_shared<const Policy>(config, filter::Judge::Terms{}), "id", {});
  session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u@example.org>\r\nDATA\r\n");
  const std::string line(998, 'x');
  for (int i = 0; i < 300; ++i) session.consume(line + "\r\n");
  CHECK(session.transaction().data.capacity() < 1000);
}

TEST_CASE("what a session holds in memory is counted, and given back") {
  Budget memory(1 << 20);
  {
    Session session(default_policy(0), "id", {}, {.memory = &memory});
    session.consume("EHLO a\r\nMAIL FROM:<>\r\n");
    CHECK(memory.used() == 0);
    session.consume("RCPT TO:<u1@example.org>\r\nRCPT TO:<u2@example.org>\r\n");
    const std::uint64_t recipients = memory.used();
    CHECK(recipients >= 2 * sizeof(mail::Recipient));
    session.consume("DATA\r\n" + std::string(500, 'x') + "\r\n");
    CHECK(memory.used() >= recipients + session.transaction().data.capacity());
    session.consume(".\r\n");
    REQUIRE(session.want() == Want::delivery);
    {
      const mail::Transaction taken = session.take_transaction();
      CHECK(memory.used() == taken.memory.held());
      CHECK(memory.used() > 500);
      // Our trace fields go in front without moving it to a larger place.
      CHECK(taken.data.capacity() - taken.data.size() >= 1000);
    }
    CHECK(memory.used() == 0);
    session.answer(Result<store::MessageId>(store::MessageId::trusted("x")));
    session.consume("MAIL FROM:<>\r\nRCPT TO:<u1@example.org>\r\nDATA\r\nxxx\r\n");
    CHECK(memory.used() > 0);
  }
  CHECK(memory.used() == 0);
}

TEST_CASE("without memory recipients are refused for now, and what is full for all is so at MAIL") {
  Budget memory(200 * 1024);
  BudgetShare others(memory);
  Session session(default_policy(0), "id", {}, {.memory = &memory});
  session.consume("EHLO a\r\nMAIL FROM:<>\r\n");
  REQUIRE(others.resize(200 * 1024));
  session.take_output();
  session.consume("RCPT TO:<u1@example.org>\r\nRSET\r\nMAIL FROM:<>\r\n");
  CHECK(session.take_output().find("452 4.3.1 ") == 0);
  CHECK(session.idle());  // the second MAIL was refused, too
  others.resize(0);
  session.consume("MAIL FROM:<>\r\nRCPT TO:<u1@example.org>\r\n");
  CHECK(session.take_output().find("452") == std::string::npos);
}

TEST_CASE("a message for which there is no memory is refused at its dot, for now, and the session goes on") {
  for (const bool chunks : {false, true}) {
    CAPTURE(chunks);
    Budget memory(100 * 1024);
    Session session(default_policy(0), "id", {}, {.memory = &memory});
    session.consume("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<u1@example.org>\r\n");
    std::string message = "Subject: x\r\n\r\n";
    while (message.size() < 200 * 1024) message += std::string(98, 'x') + "\r\n";
    session.take_output();
    session.consume(chunks ? "BDAT " + std::to_string(message.size()) + " LAST\r\n" : "DATA\r\n");
    std::string_view rest = message;
    while (!rest.empty()) {
      const std::string_view piece = rest.substr(0, 30000);
      REQUIRE(session.consume(piece) == piece.size());
      rest.remove_prefix(piece.size());
      CHECK(memory.used() <= 100 * 1024);
    }
    if (!chunks) session.consume(".\r\n");
    CHECK(session.take_output().find("452 4.3.1 ") != std::string::npos);
    CHECK(memory.used() == 0);
    session.consume("MAIL FROM:<>\r\nRCPT TO:<u1@example.org>\r\nDATA\r\nsmall\r\n.\r\n");
    CHECK(session.want() == Want::delivery);
  }
}

TEST_CASE("refusals tell whose they are") {
  Session session(default_policy(0), "id", {});
  session.consume(
      "EHLO a\r\nFROB\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@elsewhere.test>\r\nRCPT TO:<u@example.org>\r\n");
  session.consume("DATA\r\n" + std::string(200 * 1024, 'x') + "\r\n.\r\n");
  const std::vector<Refusal> refusals = session.take_refusals();
  REQUIRE(refusals.size() == 3);
  CHECK(refusals[0].of == Refusal::Of::command);
  CHECK(refusals[1].of == Refusal::Of::recipient);
  CHECK(refusals[1].code == 550);
  CHECK(refusals[1].from == "a@b.test");
  CHECK(refusals[1].to == "x@elsewhere.test");
  CHECK(refusals[1].argument.empty());
  CHECK(refusals[2].of == Refusal::Of::message);
  CHECK(refusals[2].reason == "header_size");
  CHECK(refusals[2].to == "u@example.org");
}

TEST_CASE("a recipient that was refused is told by its address, and where it is none as it came") {
  struct Case {
    const char* argument;
    const char* to;
    const char* told;
  };
  const Case cases[] = {
      {"TO:<\"x y\"@elsewhere.test> NOTIFY=NEVER", "", "TO:<\"x y\"@elsewhere.test> NOTIFY=NEVER"},
      {"TO:<\"x y\"@ELSEWHERE.test>", "\"x y\"@elsewhere.test", ""},
      {"TO:<@relay.test:x@elsewhere.test>", "x@elsewhere.test", ""},
      {"TO:<\"a<b\"@example.org>", "\"a<b\"@example.org", ""},
      {"TO:x", "", "TO:x"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.argument);
    Session session(default_policy(0), "id", {});
    session.consume("HELO a\r\nMAIL FROM:<>\r\nRCPT " + std::string(c.argument) + "\r\n");
    const std::vector<Refusal> refusals = session.take_refusals();
    REQUIRE(refusals.size() == 1);
    CHECK(refusals[0].of == Refusal::Of::recipient);
    CHECK(refusals[0].to == c.to);
    CHECK(refusals[0].argument == c.told);
  }
}

TEST_CASE("what the domains of a policy accept") {
  struct Case {
    std::vector<std::string> domains;
    const char* recipient;
    bool accepted;
  };
  const Case cases[] = {
      {{"example.org"}, "<u@example.org>", true},
      {{"example.org"}, "<u@EXAMPLE.org>", true},
      {{"Example.ORG"}, "<u@example.org>", true},
      {{"example.org"}, "<u@sub.example.org>", false},
      {{"example.org"}, "<u@example.org.evil.test>", false},
      {{"example.org"}, "<postmaster>", true},
      {{"example.org"}, "<postmaster@other.test>", false},
      {{"*"}, "<u@anything.test>", true},
      {{"*"}, "<u@[192.0.2.1]>", true},
      {{"[192.0.2.1]"}, "<u@[192.0.2.1]>", true},
      {{"example.org"}, "<u@[192.0.2.1]>", false},
      {{"b\xc3\xbc"
        "cher.example"},
       "<u@b\xc3\xbc"
       "cher.example>",
       true},
      {{"b\xc3\xbc"
        "cher.example"},
       "<u@xn--bcher-kva.example>",
       true},
      {{"xn--bcher-kva.example"},
       "<u@b\xc3\xbc"
       "cher.example>",
       true},
  };
  for (const Case& c : cases) {
    Config config;
    config.mail.domains = c.domains;
    const Policy policy(config, filter::Judge::Terms{});
    const auto path = mail::parse_path(c.recipient, {.allow_null = false, .allow_postmaster = true});
    CAPTURE(c.domains.front(), c.recipient);
    REQUIRE(path);
    CHECK(policy.accepts(path->address) == c.accepted);
  }
}

TEST_CASE("STARTTLS can be withdrawn until the peer has heard of it") {
  Opening opening;
  opening.tls = TlsUse::offered;
  Session early(default_policy(), "id", opening);
  CHECK(early.offers_tls());
  early.withdraw_tls();
  early.consume("EHLO a\r\n");
  CHECK(early.take_output().find("STARTTLS") == std::string::npos);

  Session late(default_policy(), "id", opening);
  late.consume("EHLO a\r\n");
  CHECK(late.take_output().find("STARTTLS") != std::string::npos);
  late.withdraw_tls();
  late.consume("STARTTLS\r\n");
  CHECK(late.want() == Want::tls);
}
