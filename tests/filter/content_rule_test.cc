/// content_rule_test.cc: how rules are said, and what is wrong with those that are none.
#include "filter/content_rule.h"

#include <catch2/catch.hpp>

using namespace maildrop;
using namespace maildrop::filter;
using Where = ContentRule::Where;

namespace {

std::string error(const std::string& text) {
  const auto rule = ContentRule::parse(text);
  return rule ? "" : rule.error().what;
}

}  // namespace

TEST_CASE("a rule says where, what, and what it is worth") {
  const auto rule = ContentRule::parse("Subject:/free (money|gold)/=3.5");
  REQUIRE(rule);
  CHECK(rule->where() == Where::subject);
  CHECK(rule->score() == 3.5);
  CHECK(rule->text() == "Subject:/free (money|gold)/=3.5");
  CHECK(rule->matches("get FREE gold now"));
  CHECK_FALSE(rule->matches("free silver"));
  CHECK(ContentRule::parse("text:/x/")->score() == ContentRule::kScore);
  CHECK(ContentRule::parse("text:/x/=-1")->score() == -1);
  CHECK(ContentRule::parse("BODY:/a/b/")->where() == Where::body);
  CHECK(ContentRule::parse("body:/a/b/")->matches("a/b"));
  CHECK(ContentRule::parse("X-Mailer:/x/")->where() == Where::field);
  CHECK(ContentRule::parse("X-Mailer:/x/")->field() == "X-Mailer");
}

TEST_CASE("what is no rule") {
  CHECK(error("money") == "'money' is no rule such as 'subject:/money/=2'");
  CHECK(error("subject:money") == "'subject:money' is no rule such as 'subject:/money/=2'");
  CHECK(error("subject://") == "'subject://' is no rule such as 'subject:/money/=2'");
  CHECK(error("a b:/x/") == "'a b' is no field of a header");
  CHECK(error("subject:/(/").find("is no expression") != std::string::npos);
  CHECK(error("subject:/x/2") == "'2' is no score such as '=2', from -100 to 100");
  CHECK(error("subject:/x/=101") == "'=101' is no score such as '=2', from -100 to 100");
  CHECK(error("subject:/x/=") == "'=' is no score such as '=2', from -100 to 100");
  const auto many = ContentRule::parse(std::vector<std::string>(ContentRule::kMost + 1, "subject:/x/"));
  CHECK(many.error().what == "has more than 200 rules");
}

TEST_CASE("no more than the first bytes of a text are looked at") {
  const std::string text = std::string(ContentRule::kMostText, 'a') + "b";
  CHECK_FALSE(ContentRule::parse("body:/b/")->matches(text));
  CHECK(ContentRule::parse("body:/a/")->matches(text));
}
