/// inbox_test.cc: every spelling of a name, under every policy.
#include "mail/inbox.h"

#include <catch2/catch.hpp>
#include <string>

namespace maildrop::mail {
namespace {

using Naming = InboxSettings::Naming;
using PlusTag = InboxSettings::PlusTag;

InboxSettings policy(Naming naming, PlusTag plus_tag) {
  InboxSettings settings;
  settings.naming = naming;
  settings.plus_tag = plus_tag;
  settings.reserved = {"postmaster", "Admin", "\xC3\x89toile"};
  return settings;
}

const std::string kE = "\xC3\xA9";            // e with acute, composed
const std::string kDecomposed = "e\xCC\x81";  // the same, decomposed
const std::string kInvalid;

/// A local part as typed (quotes and all), and the name under PlusTag::strip and ::keep; empty: refused.
struct Spelling {
  std::string local;
  std::string stripped;
  std::string kept;
  bool reserved = false;
};

const Spelling kSpellings[] = {
    {"bob", "bob", "bob"},
    {"Bob", "bob", "bob"},
    {"\"bob\"", "bob", "bob"},
    {"\"B\\ob\"", "bob", "bob"},
    {"bob+x", "bob", "bob+x"},
    {"Bob+X+y", "bob", "bob+x+y"},
    {"\"bob+x\"", "bob", "bob+x"},
    {"bob+", "bob", "bob+"},
    {"+x", kInvalid, "+x"},
    {"bob=example", "bob=example", "bob=example"},
    {"b.o-b_1", "b.o-b_1", "b.o-b_1"},
    {"\"b o b\"", kInvalid, kInvalid},
    {"\"a@b\"", kInvalid, kInvalid},
    {"\"\"", kInvalid, kInvalid},
    {"\"", kInvalid, kInvalid},
    {"b\"ob", kInvalid, kInvalid},
    {"../x", kInvalid, kInvalid},
    {"..%2f", kInvalid, kInvalid},
    {"\"..\"", kInvalid, kInvalid},
    {"\".\"", kInvalid, kInvalid},
    {"%00", kInvalid, kInvalid},
    {std::string("b\0b", 3), kInvalid, kInvalid},
    {std::string("\"b\0b\"", 5), kInvalid, kInvalid},
    {"*?[]{}", kInvalid, kInvalid},
    {"inbox:{a}:b", kInvalid, kInvalid},
    {"'; drop table", kInvalid, kInvalid},
    {"o'neil", kInvalid, kInvalid},
    {"bob+'x", kInvalid, kInvalid},
    {"$(id)", kInvalid, kInvalid},
    {"%s%n", kInvalid, kInvalid},
    {"a/b", kInvalid, kInvalid},
    {"a\\b", kInvalid, kInvalid},
    {"a b", kInvalid, kInvalid},
    {"a\r\nb", kInvalid, kInvalid},
    {"a\x1B[31mb", kInvalid, kInvalid},
    {"a\x7F", kInvalid, kInvalid},
    {std::string(300, 'a'), kInvalid, kInvalid},
    {std::string(100000, 'a'), kInvalid, kInvalid},
    {std::string(64, 'A'), std::string(64, 'a'), std::string(64, 'a')},
    {std::string(65, 'a'), kInvalid, kInvalid},
    {std::string(60, 'a') + "+1234567", std::string(60, 'a'), kInvalid},
    {"postmaster", "postmaster", "postmaster", true},
    {"POSTMASTER", "postmaster", "postmaster", true},
    {"\"Postmaster\"", "postmaster", "postmaster", true},
    {"postmaster+x", "postmaster", "postmaster+x", true},
    {"Admin", "admin", "admin", true},
    {"e\xCC\x81toile", kE + "toile", kE + "toile", true},
    {"Post.Master+x", "post.master", "post.master+x"},
    {"x+postmaster", "x", "x+postmaster"},
    {"con", "con", "con"},
    {"-rf", kInvalid, kInvalid},
    {"--help", kInvalid, kInvalid},
    {".hidden", kInvalid, kInvalid},
    {"\".hidden\"", kInvalid, kInvalid},
    {"caf" + kE, "caf" + kE, "caf" + kE},
    {"caf" + kDecomposed, "caf" + kE, "caf" + kE},
    {"CAF\xC3\x89", "caf" + kE, "caf" + kE},
    {"CAFE\xCC\x81", "caf" + kE, "caf" + kE},
    {"\"caf\\" + kDecomposed + "\"", "caf" + kE, "caf" + kE},
    {"\xC4\xB1", "\xC4\xB1", "\xC4\xB1"},  // dotless i stays itself
    {"I\xC4\xB1", "i\xC4\xB1", "i\xC4\xB1"},
    {"\xC4\xB0", "i", "i"},            // I with dot above
    {"\xE2\x84\xAAim", "kim", "kim"},  // Kelvin sign
    {"\xEF\xBC\xA2\xEF\xBC\xAF\xEF\xBC\xA2", "\xEF\xBD\x82\xEF\xBD\x8F\xEF\xBD\x82",
     "\xEF\xBD\x82\xEF\xBD\x8F\xEF\xBD\x82"},  // full-width BOB is another name
    {"\xD0\x91\xD0\x9E\xD0\x91", "\xD0\xB1\xD0\xBE\xD0\xB1", "\xD0\xB1\xD0\xBE\xD0\xB1"},  // Cyrillic
    {"\xD9\xA3", "\xD9\xA3", "\xD9\xA3"},                                                  // an Arabic digit
    {"b\xE2\x80\xAEob", kInvalid, kInvalid},                                               // right-to-left override
    {"b\xE2\x81\xA6ob", kInvalid, kInvalid},                                               // left-to-right isolate
    {"b\xE2\x80\x8Bob", kInvalid, kInvalid},                                               // zero-width space
    {"b\xE2\x80\x8Dob", kInvalid, kInvalid},                                               // zero-width joiner
    {"bob\xEF\xB8\x8F", kInvalid, kInvalid},                                               // variation selector
    {"bob\xE3\x85\xA4", kInvalid, kInvalid},  // Hangul filler: a letter that shows nothing
    {"bob\xEF\xBB\xBF", kInvalid, kInvalid},  // byte order mark
    {"b\xC2\xA0"
     "b",
     kInvalid, kInvalid},  // no-break space
    {"b\xC2\x85"
     "b",
     kInvalid, kInvalid},  // C1
    {"b\xE2\x80\xA8"
     "b",
     kInvalid, kInvalid},                      // line separator
    {"\xF0\x9F\x98\x80", kInvalid, kInvalid},  // emoji
    {"\xEF\xBF\xBD", kInvalid, kInvalid},      // U+FFFD
    {"b\xFF", kInvalid, kInvalid},
    {"b\xC0\xAF", kInvalid, kInvalid},
    {"b\xED\xA0\x80", kInvalid, kInvalid},
};

void check(const Result<Inbox>& inbox, const std::string& want) {
  if (want.empty()) {
    REQUIRE_FALSE(inbox);
    CHECK(inbox.error().code == Code::invalid);
  } else {
    REQUIRE(inbox);
    CHECK(inbox->name() == want);
  }
}

/// What the name is for one policy: the local part's table entry put together with the domain.
std::string expected(const Spelling& spelling, Naming naming, PlusTag plus_tag) {
  const std::string& local = plus_tag == PlusTag::strip ? spelling.stripped : spelling.kept;
  if (local.empty() || naming == Naming::local) return local;
  if (naming == Naming::domain && !spelling.reserved) return "example.org";
  return local + "@example.org";
}

TEST_CASE("a spelling has one name, whichever way it comes in") {
  for (const Naming naming : {Naming::local, Naming::full, Naming::domain}) {
    for (const PlusTag plus_tag : {PlusTag::strip, PlusTag::keep}) {
      const InboxSettings settings = policy(naming, plus_tag);
      for (const Spelling& spelling : kSpellings) {
        INFO(spelling.local << " naming " << static_cast<int>(naming) << " plus " << static_cast<int>(plus_tag));
        const std::string want = expected(spelling, naming, plus_tag);
        const auto typed = Inbox::parse(spelling.local + "@Example.ORG", settings);
        check(typed, want);
        if (naming == Naming::local) check(Inbox::parse(spelling.local, settings), want);

        const auto path = parse_path("<" + spelling.local + "@Example.ORG>", {});
        if (path) check(Inbox::of(path->address, settings, "default.example"), want);
        if (!typed) continue;
        CHECK(typed->is_reserved(settings) == spelling.reserved);
        check(Inbox::parse(typed->name(), settings), want);  // a name is its own name
      }
    }
  }
}

TEST_CASE("a name without a domain means what the policy says") {
  CHECK(Inbox::parse("bob", policy(Naming::local, PlusTag::strip))->name() == "bob");
  CHECK_FALSE(Inbox::parse("bob", policy(Naming::full, PlusTag::strip)));
  CHECK(Inbox::parse("M\xC3\xBCnchen.Example", policy(Naming::domain, PlusTag::strip))->name() ==
        "xn--mnchen-3ya.example");
  CHECK_FALSE(Inbox::parse("\"bob\"", policy(Naming::domain, PlusTag::strip)));
  for (const Naming naming : {Naming::local, Naming::full, Naming::domain}) {
    for (const std::string text : {"", "@", "bob@", "@example.org", "bob@a b", "a@b@c", "bob@x\n"}) {
      INFO(text);
      CHECK_FALSE(Inbox::parse(text, policy(naming, PlusTag::keep)));
    }
  }
}

TEST_CASE("postmaster without a domain gets the default one where a domain is needed") {
  const Address postmaster = parse_path("<Postmaster>", {.allow_postmaster = true})->address;
  for (const auto& [naming, want] :
       {std::pair(Naming::local, "postmaster"), std::pair(Naming::full, "postmaster@mx.example"),
        std::pair(Naming::domain, "postmaster@mx.example")}) {
    const InboxSettings settings = policy(naming, PlusTag::strip);
    const auto inbox = Inbox::of(postmaster, settings, "MX.example");
    REQUIRE(inbox);
    CHECK(inbox->name() == want);
    CHECK(inbox->is_reserved(settings));
  }
}

TEST_CASE("the null path has no inbox") {
  for (const Naming naming : {Naming::local, Naming::full, Naming::domain}) {
    CHECK_FALSE(Inbox::of(Address{}, policy(naming, PlusTag::strip), "mx.example"));
  }
}

TEST_CASE("a literal is a domain too") {
  const Address address = parse_path("<bob@[ipv6:2001:DB8::1]>", {})->address;
  const auto inbox = Inbox::of(address, policy(Naming::full, PlusTag::strip), "");
  REQUIRE(inbox);
  CHECK(inbox->name() == "bob@[IPv6:2001:db8::1]");
  check(Inbox::parse(inbox->name(), policy(Naming::full, PlusTag::strip)), inbox->name());
}

TEST_CASE("nothing is reserved when nothing is set, and a domain is no local part") {
  InboxSettings settings = policy(Naming::domain, PlusTag::strip);
  settings.reserved.push_back("example.org");
  CHECK_FALSE(Inbox::parse("example.org", settings)->is_reserved(settings));
  settings.reserved.clear();
  CHECK(Inbox::parse("postmaster@example.org", settings)->name() == "example.org");
  CHECK_FALSE(Inbox::trusted("postmaster").is_reserved(settings));
}

}  // namespace
}  // namespace maildrop::mail
