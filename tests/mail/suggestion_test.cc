/// suggestion_test.cc: names that are suggested.
#include "mail/suggestion.h"

#include <catch2/catch.hpp>
#include <set>

#include "mail/inbox.h"

using namespace maildrop;
using namespace maildrop::mail;

TEST_CASE("suggested names are clean, never the same, and names of inboxes under any policy") {
  std::set<std::string> names, syllables;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = suggest_name();
    CHECK(is_clean(name));
    CHECK(names.insert(name).second);
    REQUIRE(name.size() == 17);
    CHECK(name[8] == '-');
    for (std::size_t at = 0; at < name.size(); at += at == 6 ? 3 : 2) syllables.insert(name.substr(at, 2));
    for (const auto naming : {InboxSettings::Naming::local, InboxSettings::Naming::full}) {
      const std::string text = naming == InboxSettings::Naming::local ? name : name + "@example.org";
      InboxSettings settings;
      settings.naming = naming;
      const auto inbox = Inbox::parse(text, settings);
      REQUIRE(inbox);
      CHECK(inbox->name() == text);
    }
  }
  CHECK(syllables.size() == 60);  // 16,000 of them: none is left out
}

TEST_CASE("what one would rather not be called is found over the hyphen, too") {
  CHECK_FALSE(is_clean("ranazilo-tutututu"));
  CHECK_FALSE(is_clean("tutututu-hatebodo"));
  CHECK_FALSE(is_clean("tutujuna-zigulogu"));
  CHECK(is_clean("rabodinu-velozita"));
}
