/// reserved_test: what is sent to names that prove who owns a domain is shown to nobody, by any route and spelling.
///
/// Goes by the table of routes: a new one with a {name} is asked here by itself.
#include <catch2/catch.hpp>
#include <cctype>

#include "api/http_check.h"
#include "api/json.h"
#include "api/kit.h"
#include "api/route.h"
#include "mail/alias.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Naming = InboxSettings::Naming;
using PlusTag = InboxSettings::PlusTag;

const std::string kSecret = "token-of-the-authority";

/// As a target has it; `refused`: whoever else it may be, this name it cannot be.
struct Spelling {
  std::string text;
  int status = 403;
};

std::string shouted(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string percent(const std::string& text, const std::string& by = "%") {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) out += by + kDigits[static_cast<unsigned char>(c) >> 4] + kDigits[c & 15];
  return out;
}

/// Each letter of ASCII as the wide one of East Asian text.
std::string full_width(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') {
      const auto low = static_cast<unsigned>(0xFF41 + (c - 'a'));
      out += {'\xEF', static_cast<char>(0x80 | (low >> 6 & 63)), static_cast<char>(0x80 | (low & 63))};
    } else {
      out += c;
    }
  }
  return percent(out);
}

std::vector<Spelling> spellings(const std::string& name, Naming naming) {
  std::string mixed = name;
  mixed[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(mixed[0])));
  const std::string quoted = "%22" + name + "%22";
  const std::string escaped = "%22" + name.substr(0, 1) + "%5c" + name.substr(1) + "%22";
  std::vector<Spelling> all;
  for (const std::string& local : {name, mixed, shouted(name), name + "+x", name + "%2Bx", shouted(name) + "+X+y",
                                   name + "+", quoted, escaped, percent(name), percent(shouted(name)) + "+x"}) {
    for (const char* domain :
         {"", "@example.test", "@EXAMPLE.TEST", "@example.test.", "@other.example", "%40example.test"})
      if (naming == Naming::local || std::string_view(domain) != "") all.push_back({local + domain});
  }
  const std::string at = naming == Naming::local ? "" : "@example.test";
  // What no name can be, or is of somebody else: it must not come out where the secret is.
  for (const std::string& other : {name + "%20" + at,
                                   "%20" + name + at,
                                   name + "%09" + at,
                                   name + "%c2%a0" + at,
                                   name + "%e2%80%8b" + at,
                                   "%e2%80%ae" + name + at,
                                   name + "%00" + at,
                                   name + "." + at,
                                   "." + name + at,
                                   name + "%2f" + at,
                                   name + "%252e" + at,
                                   percent(name, "%25") + at,
                                   full_width(name) + at,
                                   name.substr(0, 1) + "." + name.substr(1) + at,
                                   name + "%0d%0a" + at,
                                   "%22" + name + at,
                                   "%3c" + name + at + "%3e",
                                   name + "%20+x" + at,
                                   name + "@",
                                   "@" + name,
                                   "%ef%bb%bf" + name + at,
                                   name + "%cd%8f" + at,
                                   name + "@@example.test",
                                   name + "%20(comment)@example.test",
                                   "%22" + name + "%20%22" + at,
                                   name + ";" + at,
                                   name + "?x=1"})
    all.push_back({other, 0});
  return all;
}

/// `/v2/mailbox/{name}/{id}` for one inbox and message.
std::string target_of(std::string_view pattern, const std::string& name, const std::string& id) {
  std::string target;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t brace = std::min(pattern.find('{', at), pattern.size());
    target += pattern.substr(at, brace - at);
    if (brace == pattern.size()) break;
    at = pattern.find('}', brace) + 1;
    target += pattern.substr(brace, at - brace) == "{name}" ? name : id;
  }
  return target;
}

/// Routes of others' mail.
std::vector<Route> routes_with_a_name() {
  std::vector<Route> found;
  for (const Route& route : routes())
    if (route.pattern.find("{name}") != std::string_view::npos && !route.local) found.push_back(route);
  return found;
}

/// Each name that is reserved by default has a message, in the inbox where SMTP would have put it.
struct Guarded : World {
  explicit Guarded(Naming naming, PlusTag plus_tag) {
    config.inbox.naming = naming;
    config.inbox.plus_tag = plus_tag;
    config.inbox.alias = naming != Naming::domain;
    config.inbox.alias_key = std::string(64, '7');
    for (const std::string& name : config.inbox.reserved) {
      inboxes.push_back(
          mail::Inbox::of({.local = name, .domain = "example.test"}, config.inbox, "example.test")->name());
      store.add(inboxes.back(), message(kFirstId, kSecret, "Subject: " + kSecret + "\r\n\r\n" + kSecret + "\r\n"));
    }
  }

  /// The status; 0: the target is refused before any route sees it.
  int ask(const std::string& method, const std::string& target) {
    const auto parsed = parse_target(target);
    if (!parsed) return 0;
    const Response response = dispatch(request(method, parsed->path, {}, parsed->query), context);
    CHECK(response.body.find(kSecret) == std::string::npos);
    CHECK(response.why.find(kSecret) == std::string::npos);
    for (const auto& [name, value] : response.headers) CHECK(value.find(kSecret) == std::string::npos);
    return response.status;
  }

  std::vector<std::string> inboxes;
};

}  // namespace

TEST_CASE("reserved: no route shows, changes or has an alias for them, however they are spelled") {
  const auto naming = GENERATE(Naming::local, Naming::full, Naming::domain);
  const auto plus_tag = GENERATE(PlusTag::strip, PlusTag::keep);
  Guarded world(naming, plus_tag);
  const std::vector<Route> all = routes_with_a_name();
  REQUIRE(all.size() >= 9);
  std::size_t names = 0;
  for (const std::string& name : world.config.inbox.reserved) {
    std::size_t spelled = 0;
    for (const Spelling& spelling : spellings(name, naming)) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        // Each name on each route, each spelling on each route, and of all three together an eighth.
        if (names != 0 && spelled != 0 && (names + spelled + i) % 8 != 0) continue;
        const Route& route = all[i];
        const std::string target = target_of(route.pattern, spelling.text, (spelled + i) % 2 ? kFirstId : "latest");
        INFO(route.method << " " << target << " naming " << static_cast<int>(naming));
        const int status = world.ask(std::string(route.method), target);
        if (spelling.status != 0) CHECK(status == spelling.status);
      }
      ++spelled;
    }
    ++names;
  }
  for (const std::string& inbox : world.inboxes) CHECK(world.store.count(inbox) == 1);
}

TEST_CASE("reserved: nor does a query that names them") {
  const auto naming = GENERATE(Naming::local, Naming::full, Naming::domain);
  const auto plus_tag = GENERATE(PlusTag::strip, PlusTag::keep);
  Guarded world(naming, plus_tag);
  const std::string one = "(mailbox:$m,id:\"" + kFirstId + "\")";
  const std::vector<std::string> fields = {"inbox(mailbox:$m){subject}", "message" + one + "{data}",
                                           "altinbox(mailbox:$m)", "delete" + one};
  for (const std::string& name : world.config.inbox.reserved) {
    for (const Spelling& spelling : spellings(name, naming)) {
      const auto target = parse_target("/" + spelling.text);
      if (!target) continue;
      for (const std::string& field : fields) {
        Request asked = request("POST", {"graphql"}, {{"content-type", "application/json"}});
        asked.body = to_text(
            Json{{"query", (field.starts_with("delete") ? "mutation" : "query") + ("($m:String!){" + field + "}")},
                 {"variables", {{"m", target->path.at(0)}}}});
        INFO(asked.body << " naming " << static_cast<int>(naming));
        const Response response = dispatch(asked, world.context);
        CHECK(response.body.find(kSecret) == std::string::npos);
        if (spelling.status == 403)
          CHECK(response.body.find("\"message\":\"this inbox is reserved") != std::string::npos);
      }
    }
  }
  for (const std::string& inbox : world.inboxes) CHECK(world.store.count(inbox) == 1);
}

TEST_CASE("reserved: an alias that an operator has made of one shows nothing either") {
  for (const Naming naming : {Naming::local, Naming::full}) {
    Guarded world(naming, PlusTag::strip);
    world.config.inbox.classic_alias_modifier = "20190422";
    const auto made = mail::Aliases::make(world.config.inbox);
    REQUIRE(made);
    std::vector<mail::Inbox> aliases;
    for (const std::string& inbox : world.inboxes)
      aliases.push_back(made->make_alias(mail::Inbox::trusted(inbox)).value());
    aliases.push_back(made->make_classic_alias(mail::Inbox::trusted(world.inboxes.front())).value());
    for (const mail::Inbox& alias : aliases) {
      for (const Route& route : routes_with_a_name()) {
        const std::string target = target_of(route.pattern, alias.name(), kFirstId);
        INFO(route.method << " " << target);
        const int status = world.ask(std::string(route.method), target);
        CHECK(status != 403);  // it would tell of whom it is
      }
    }
    for (const std::string& inbox : world.inboxes) CHECK(world.store.count(inbox) == 1);
  }
}

TEST_CASE(
    "reserved: what proves who owns a domain, and what RFC 2142 and custom keep for the operator, is by default") {
  World world;
  for (const char* name : {"admin", "administrator", "webmaster", "hostmaster", "postmaster", "abuse", "security",
                           "noc", "root", "mailer-daemon", "no-reply", "noreply"}) {
    INFO(name);
    CHECK(mail::Inbox::parse(name, world.config.inbox)->is_reserved(world.config.inbox));
  }
}
