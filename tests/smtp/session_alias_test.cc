/// session_alias_test: recipients that are aliases: to which inbox their mail goes, and what senders hear of it.
#include <catch2/catch.hpp>

#include "smtp/dialog.h"
#include "smtp/session.h"

using namespace maildrop;
using namespace maildrop::smtp;
using namespace maildrop::smtp::test;

namespace {

constexpr std::chrono::hours kDay{24};

struct Postbox {
  explicit Postbox(InboxSettings::Naming naming = InboxSettings::Naming::local) : config(default_policy()->config) {
    config.inbox.alias = true;
    config.inbox.alias_key = std::string(64, 'c');
    config.inbox.naming = naming;
  }

  mail::Aliases aliases() const { return mail::Aliases::make(config.inbox).value(); }
  std::string alias_of(const std::string& inbox, std::optional<Time> expires = {}) const {
    return aliases().make_alias(mail::Inbox::parse(inbox, config.inbox).value(), expires)->name();
  }

  /// The answer to each RCPT, as far as its enhanced code; `taken` has the transaction.
  std::vector<std::string> send_to(const std::vector<std::string>& recipients, bool lmtp = false) {
    Opening opening;
    opening.lmtp = lmtp;
    Session session(std::make_shared<const Policy>(config, filter::Judge::Terms{}), "id", opening, {.clock = &clock});
    session.consume(lmtp ? "LHLO a\r\nMAIL FROM:<s@b.test>\r\n" : "EHLO a\r\nMAIL FROM:<s@b.test>\r\n");
    session.take_output();
    std::vector<std::string> heard;
    for (const std::string& each : recipients) {
      session.consume("RCPT TO:<" + each + ">\r\n");
      said += session.take_output();
      heard.push_back(said.substr(said.rfind('\n', said.size() - 2) + 1, 9));
    }
    session.consume("DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n");
    taken = {};
    if (session.want() == Want::delivery) {
      taken = session.take_transaction();
      session.answer(store::MessageId::make(clock.now()));
    }
    said += session.take_output();
    refusals = session.take_refusals();
    return heard;
  }

  Config config;
  FakeClock clock;
  mail::Transaction taken;
  std::string said;
  std::vector<Refusal> refusals;
};

using Heard = std::vector<std::string>;
const std::string kTaken = "250 2.1.5", kNone = "550 5.1.1";

}  // namespace

TEST_CASE("alias: its mail goes to the inbox it is of, with the address that was written") {
  const bool lmtp = GENERATE(false, true);
  Postbox box;
  const std::string alias = box.alias_of("the-hidden-name");
  CHECK(box.send_to({alias + "@example.org"}, lmtp) == Heard{kTaken});
  REQUIRE(box.taken.recipients.size() == 1);
  CHECK(box.taken.recipients[0].inbox.name() == "the-hidden-name");
  CHECK(box.taken.recipients[0].address.to_string() == alias + "@example.org");
  CHECK(box.said.find("hidden") == std::string::npos);
}

TEST_CASE("alias: a full transaction does not tell whose it is") {
  Postbox box;
  box.config.limits.recipients = 2;
  const std::string alias = box.alias_of("the-hidden-name");
  const Heard heard = box.send_to({alias + "@example.org", "filler@example.org", "a-guess@example.org",
                                   "the-hidden-name@example.org", alias + "@example.org"});
  CHECK(heard[2] == heard[3]);
  CHECK(heard[4] == kTaken);  // the same name once more
}

TEST_CASE("alias: a name and its alias are two recipients and one inbox") {
  Postbox box;
  const std::string alias = box.alias_of("the-hidden-name");
  CHECK(box.send_to({alias + "@example.org", "the-hidden-name@example.org"}) == Heard{kTaken, kTaken});
  REQUIRE(box.taken.recipients.size() == 2);
  CHECK(box.taken.recipients[0].alias->name() == alias);
  CHECK_FALSE(box.taken.recipients[1].alias);
  CHECK(box.taken.recipients[0].inbox == box.taken.recipients[1].inbox);
}

TEST_CASE("alias: forged, of another key or expired it is no inbox, and senders hear the same of all") {
  Postbox box;
  std::string forged = box.alias_of("bob");
  forged.back() = forged.back() == '0' ? '1' : '0';
  const std::string expiring = box.alias_of("bob", box.clock.now() + kDay);
  const std::string good = box.alias_of("bob");
  const std::string plain = "d-no-alias-of-ours-but-as-long-as-one";
  CHECK(box.send_to({forged + "@example.org", expiring + "@example.org", good + "@example.org",
                     plain + "@example.org"}) == Heard{kNone, kTaken, kTaken, kTaken});
  REQUIRE(box.taken.recipients.size() == 3);
  CHECK(box.taken.recipients[2].inbox.name() == plain);
  REQUIRE(box.refusals.size() == 1);
  CHECK(box.refusals[0].reason == "alias");
  CHECK(box.refusals[0].to == forged + "@example.org");

  box.clock.advance(2 * kDay);
  const std::string revoked = good;
  box.config.inbox.alias_key = std::string(64, 'd');
  CHECK(box.send_to({revoked + "@example.org"}) == Heard{kNone});
  box.config.inbox.alias_key += "\n" + std::string(64, 'c');
  box.said.clear();
  CHECK(box.send_to({good + "@example.org", expiring + "@example.org", forged + "@example.org"}) ==
        Heard{kTaken, kNone, kNone});
  const auto line = [&](std::size_t n) {
    std::size_t at = 0;
    while (n-- > 0) at = box.said.find('\n', at) + 1;
    return box.said.substr(at, box.said.find('\n', at) - at);
  };
  CHECK(line(1) == line(2));
}

TEST_CASE("alias: where they are off, what looks like one is an inbox") {
  Postbox box;
  const std::string alias = box.alias_of("bob");
  box.config.inbox.alias = false;
  CHECK(box.send_to({alias + "@example.org"}) == Heard{kTaken});
  CHECK(box.taken.recipients[0].inbox.name() == alias);
}

TEST_CASE("alias: of a whole address it is good at that domain alone") {
  Postbox box(InboxSettings::Naming::full);
  box.config.mail.domains = {"a.example", "b.example"};
  const std::string alias = box.alias_of("bob@a.example");
  const std::string local = alias.substr(0, alias.find('@'));
  CHECK(box.send_to({alias, local + "@b.example"}) == Heard{kTaken, kNone});
  REQUIRE(box.taken.recipients.size() == 1);
  CHECK(box.taken.recipients[0].inbox.name() == "bob@a.example");
}

TEST_CASE("alias: a classic one is its inbox, reserved or not, and other names with d- are their own") {
  Postbox box;
  box.config.inbox.classic_alias_modifier = "20190422";
  const bool both = GENERATE(false, true);
  box.config.inbox.alias = both;
  const std::string forged = "d-" + std::string(32, 'q');
  CHECK(box.send_to({"D-c36c5@example.org", "d-39gcanggmuc@example.org", "d-bob@example.org",
                     forged + "@example.org"}) == Heard{kTaken, kTaken, kTaken, both ? kNone : kTaken});
  const auto& taken = box.taken.recipients;
  REQUIRE(taken.size() == (both ? 3 : 4));
  CHECK(taken[0].inbox.name() == "bob");
  CHECK(taken[0].alias->name() == "d-c36c5");
  CHECK(taken[0].address.to_string() == "D-c36c5@example.org");
  CHECK(taken[1].inbox.name() == "postmaster");
  CHECK(taken[1].inbox.is_reserved(box.config.inbox));  // who reads in public is refused
  CHECK(taken[2].inbox.name() == "d-bob");
  CHECK_FALSE(taken[2].alias);
  CHECK(box.said.find("postmaster") == std::string::npos);
}

TEST_CASE("alias: a guess counts as an error, so that nobody guesses for long") {
  Postbox box;
  box.config.limits.errors = 3;
  const std::string guess = "d-" + std::string(32, 'q') + "@example.org";
  CHECK(box.send_to({guess, guess, guess}).back() == "421 4.7.0");
}
