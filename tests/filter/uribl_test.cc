/// uribl_test.cc: what lists are asked, and what they are not. What is found is in tests/filter/samples/uribl-*.
#include "core/text.h"
#include "filter/filters.h"
#include "filter/kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

const FilterKind& uribl() {
  for (const FilterKind& kind : filter_kinds())
    if (kind.name == "uribl") return kind;
  throw std::logic_error("no uribl");
}

Config with_lists(std::size_t count) {
  Config config;
  config.filter.uribl.lists.clear();
  for (std::size_t i = 0; i < count; ++i) config.filter.uribl.lists.push_back("uri" + std::to_string(i) + ".example");
  return config;
}

/// What is asked about a message, but the tests of lists; `evil.test.uri0.example` and so on.
std::vector<std::string> asked(const Config& config, const mail::Transaction& transaction) {
  FakeClock clock;
  TableWorld world(clock);
  const auto chain = Chain::make(config, {&uribl(), 1});
  REQUIRE(chain);
  Case session(*chain, clock);
  world.judge(session, Phase::message, transaction);
  CHECK(world.asked.size() <= Facts::kMostQuestions);
  CHECK(session.findings().trace().entries.front().reason.find("asks for too much") == std::string::npos);
  std::erase_if(world.asked, [](const std::string& each) {
    return each.starts_with("A test.uri") || each.starts_with("A invalid.uri") || each.starts_with("A 2.0.0.127.uri");
  });
  return world.asked;
}

mail::Transaction message(const std::string& data) {
  mail::Transaction transaction = transaction_of("192.0.2.1", "a@bounces.sender.test");
  transaction.helo = "mx.helo.test";
  transaction.data = data;
  return transaction;
}

std::string many_urls(std::size_t count) {
  std::string text = "\r\n";
  for (std::size_t i = 0; i < count; ++i) text += "http://www.d" + std::to_string(i) + ".test/ ";
  return text;
}

}  // namespace

TEST_CASE("uribl: organisational domains of who sends, and then of URLs, each once") {
  CHECK(
      asked(with_lists(1),
            message("From: Joe <joe@a.from.test>\r\nReply-To: b@reply.test, c@from.test\r\nMessage-ID: <1@id.test>\r\n"
                    "\r\nhttp://www.link.test/ http://x.link.test/ http://198.51.100.7/ http://192.168.1.1/ "
                    "http://co.uk/ http://localhost/ http://8.8.8.8/\r\n")) ==
      std::vector<std::string>{"A sender.test.uri0.example", "A from.test.uri0.example", "A reply.test.uri0.example",
                               "A id.test.uri0.example", "A helo.test.uri0.example", "A link.test.uri0.example",
                               "A 8.8.8.8.uri0.example"});
}

TEST_CASE("uribl: our own domains are nobody's business") {
  Config config = with_lists(1);
  config.mail.domains = {"mail.sender.test"};
  config.smtp.hostname = "mx.helo.test";
  CHECK(asked(config, message("\r\nhttp://x.sender.test/")).empty());
}

TEST_CASE("uribl: without a list nothing is asked") {
  CHECK(asked(with_lists(0), message(many_urls(10))).empty());
  CHECK(asked(Config(), message(many_urls(10))).empty());
}

TEST_CASE("uribl: bounds of names, and of questions") {
  Config config = with_lists(1);
  CHECK(asked(config, message(many_urls(30))).size() == 20);
  config.filter.uribl.most = 3;
  CHECK(asked(config, message(many_urls(30))).size() == 3);
  config = with_lists(10);
  config.filter.uribl.most = 100;
  CHECK(asked(config, message(many_urls(30))).size() == 120);
}

TEST_CASE("uribl: settings that cannot be") {
  const auto error = [](const Config& config) {
    const auto chain = Chain::make(config, {&uribl(), 1});
    return chain ? std::string() : chain.error().what;
  };
  CHECK(error(with_lists(10)).empty());
  CHECK(error(with_lists(11)) == "filter.uribl.lists: more than 10 zones");
  Config config;
  config.filter.uribl.lists = {"uri.example/127.0.0.&0"};
  CHECK(error(config).find("&0") != std::string::npos);
}

TEST_CASE("uribl: as many names as are said to be too many") {
  FakeClock clock;
  TableWorld world(clock);
  world.put("test.uri0.example", dns::Type::a, address("127.0.0.2"));
  for (const char* name : {"d0", "d1"})
    world.put(std::string(name) + ".test.uri0.example", dns::Type::a, address("127.0.0.2"));
  Config config = with_lists(1);
  config.filter.uribl.mode = FilterUse::Mode::enforce;
  const auto judge = [&] {
    const auto chain = Chain::make(config, {&uribl(), 1});
    Case session(*chain, clock);
    const mail::Transaction transaction = message(many_urls(3));
    return world.judge(session, Phase::message, transaction);
  };
  CHECK(judge().reply == "550 5.7.1 d0.test is listed by uri0.example");
  config.filter.uribl.reject_at = 2;
  CHECK(judge().action == Action::reject);
  config.filter.uribl.reject_at = 3;
  CHECK(judge().action == Action::pass);
  config.filter.uribl.reject_at = 0;
  CHECK(judge().action == Action::pass);
}
