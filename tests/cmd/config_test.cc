/// config_test.cc: maildrop config and maildrop version, run as main() runs them.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "core/settings.h"
#include "core/text.h"
#include "run_words.h"

namespace maildrop::cmd {
namespace {

using Words = std::vector<std::string>;

using test::run_words;

std::string write(const test::Folder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder / name) << text;
  return folder / name;
}

TEST_CASE("config check tells what was read, or every problem") {
  const test::Folder folder;
  const std::string good = write(folder, "good.toml", "[inbox]\nmax_messages = 20\n");
  test::Ran outcome = run_words({"config", "check", "--config", good});
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "ok\n" + good + "\n");

  const std::string bad = write(folder, "bad.toml", "[inbox]\nmax_mesages = 20\nmax_age = \"soon\"\n");
  outcome = run_words({"--config", bad, "config", "check"});
  CHECK(outcome.status == 78);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err,
             Catch::Contains(bad + ":2:1: ") && Catch::Contains("max_messages") && Catch::Contains(bad + ":3:"));
  CHECK(run_words({"config", "check", "--config", folder / "none.toml"}).status == 66);
  CHECK(run_words({"config", "check", "--set", "no.such=1"}).status == 78);
  outcome = run_words({"inbox", "bob", "--set", "inbox.max_age=soon"});
  CHECK(outcome.status == 78);
}

TEST_CASE("config check tells what filters say of their settings where these are written") {
  const test::Folder folder;
  for (const auto& [filter, setting, value] :
       std::vector<std::array<const char*, 3>>{{"http", "url", "'http://localhost:1/x'"},
                                               {"rspamd", "url", "'ftp://127.0.0.1/'"},
                                               {"milter", "endpoint", "'nowhere'"},
                                               {"access", "allow", "['/(/']"},
                                               {"access", "deny", "['/(/']"},
                                               {"content", "rules", "['x']"},
                                               {"dnsbl", "lists", "['a b']"},
                                               {"uribl", "lists", "['a b']"},
                                               {"headers", "except", "['x']"},
                                               {"urls", "deny", "['/(/']"},
                                               {"reserved", "refuse", "['postmaster']"},
                                               {"greylist", "except", "['/(/']"},
                                               {"rate", "limits", "['x']"},
                                               {"place", "networks", "['x']"},
                                               {"place", "files", "['/no/such/file']"},
                                               {"tcp", "database", "'/no/such/file'"},
                                               {"bayes", "model", "'/no/such/file'"}}) {
    const std::string name(filter), key = name + "." + setting;
    const std::string mode = name == "reserved" ? "enforce" : "score";
    const std::string file =
        write(folder, "f.toml", "[filter." + name + "]\nmode = '" + mode + "'\n\n" + setting + " = " + value + "\n");
    const test::Ran outcome = run_words({"config", "check", "--config", file});
    CAPTURE(outcome.err);
    CHECK(outcome.status == 78);
    CHECK_THAT(outcome.err, Catch::Contains(file + ":4:") && Catch::Contains(": filter." + key + ": "));
  }
}

TEST_CASE("config check tells what is wrong with the files of filters, which the daemon goes on without") {
  const test::Folder folder;
  const std::string p0f = write(folder, "p0f.fp", "[tcp:request]\nsig = 1\n");
  write(folder, "one.lua", "function");
  const test::Ran outcome = run_words(
      {"config", "check", "--set", "filter.tcp.database=" + p0f, "--set", "filter.lua.folder=" + (folder / "")});
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "ok\n");
  CHECK_THAT(outcome.err, Catch::Contains(p0f + ": line 2: no label is above it") && Catch::Contains("one.lua: "));
}

TEST_CASE("names that the mail module would never match are problems, each at its place") {
  const test::Folder folder;
  const std::string bad = write(folder, "bad.toml",
                                "[mail]\n"
                                "domains = [\"good.example\", \"ex!ample.org\",\n"
                                "  \"-bad-.example\", \"[foo]\"]\n"
                                "[inbox]\n"
                                "reserved = [\"root\", \"a+b\", \"x y\"]\n"
                                "max_messages = 0\n");
  const test::Ran outcome = run_words({"config", "check", "--config", bad, "--set", "smtp.hostname=x<y>"});
  CHECK(outcome.status == 78);
  CHECK(outcome.out.empty());
  for (const char* part :
       {":2:28: mail.domains: 'ex!ample.org' is no domain", ":3:3: mail.domains: '-bad-.example' is no domain",
        ":3:20: mail.domains: '[foo]' is no domain", ":5:21: inbox.reserved: 'a+b' would never match",
        ":5:28: inbox.reserved: 'x y' is no inbox name",
        ":6:1: inbox.max_messages: ", "--set: smtp.hostname: 'x<y>' is no host name"})
    CHECK_THAT(outcome.err, Catch::Contains(part));
  const std::string good = "mail.domains=example.org,Example.COM,\xc3\xa9.example,_x.example,[192.0.2.1],[IPv6:::1],*";
  CHECK(run_words({"config", "check", "--set", good}).status == 0);
  CHECK(run_words({"serve", "--set", "mail.domains=ex!ample.org", "--set", "store.url=memory:"}).status == 78);
}

TEST_CASE("config check tells of an api.memory in which the largest message has no room") {
  const test::Ran outcome = run_words({"config", "check", "--set", "mail.max_size=25MiB"});
  CHECK(outcome.status == 78);
  CHECK_THAT(outcome.err, Catch::Contains("api.memory: 64MiB is too small for mail.max_size = 25MiB: a message of that "
                                          "size needs 832MiB"));
  CHECK(run_words({"config", "check", "--set", "mail.max_size=25MiB", "--set", "api.memory=832MiB"}).status == 0);
}

TEST_CASE("config check loads certificates and keys as the daemon does, and tells of each beside all else") {
  const test::Folder folder;
  const std::string text = write(folder, "text.pem", "no certificate\n");
  const std::string bad = write(folder, "bad.toml",
                                "[tls]\n"
                                "certificates = [\"/nonexistent/a.pem\", \"" +
                                    text +
                                    "\"]\n"
                                    "[inbox]\n"
                                    "max_mesages = 20\n");
  test::Ran outcome = run_words({"config", "check", "--config", bad});
  CHECK(outcome.status == 78);
  CHECK(outcome.out.empty());
  for (const std::string& part :
       {bad + ":2:1: tls.certificates: cannot use the certificate '/nonexistent/a.pem': No such file or directory\n",
        bad + ":2:1: tls.certificates: cannot use the certificate '" + text + "': ", bad + ":4:1: inbox.max_mesages: "})
    CHECK_THAT(outcome.err, Catch::Contains(part));
  outcome = run_words({"config", "check", "--set", "tls.certificates=" + text, "--set", "tls.keys=/a,/b"});
  CHECK(outcome.status == 78);  // the number of keys alone
  CHECK_THAT(outcome.err, Catch::Contains("tls.keys: 2 for 1 ") && !Catch::Contains("cannot use"));
  CHECK(run_words({"config", "check", "--set", "tls.self_signed=true"}).status == 0);
  // What only looks at the configuration has no need of them, nor the right to read keys.
  CHECK(run_words({"config", "show", "--config", write(folder, "tls.toml", "[tls]\ncertificates = [\"/none.pem\"]\n")})
            .status == 0);
}

TEST_CASE("a bad variable is blamed by its name") {
  ::setenv("MAILDROP_INBOX_MAX_AGE", "soon", 1);
  const test::Ran outcome = run_words({"config", "check"});
  ::unsetenv("MAILDROP_INBOX_MAX_AGE");
  CHECK(outcome.status == 78);
  CHECK_THAT(outcome.err, Catch::Contains("MAILDROP_INBOX_MAX_AGE: ") && !Catch::Contains("--"));
}

TEST_CASE("config show is a configuration that says the same") {
  const test::Folder folder;
  const std::string empty = write(folder, "empty.toml", "");
  const Words set = {"--set", "inbox.max_age=90m",           "--set", "mail.domains=example.org,*",
                     "--set", "smtp.hostname=mx.example.org"};
  Words words = {"config", "show", "--config", empty};
  words.insert(words.end(), set.begin(), set.end());
  const test::Ran first = run_words(words);
  REQUIRE(first.status == 0);
  const test::Ran second = run_words({"config", "show", "--config", write(folder, "shown.toml", first.out)});
  CHECK(second.err.empty());
  CHECK(second.out == first.out);
  CHECK_THAT(first.out, Catch::Contains("inbox.max_age = \"1h30m\"\n"));
  const auto lines = split(first.out, '\n');
  CHECK(lines.size() == settings().size() + 1);
}

TEST_CASE("config show tells where each value is from") {
  const test::Folder folder;
  const std::string file = write(folder, "x.toml", "[inbox]\nmax_messages = 20\n");
  ::setenv("MAILDROP_MAIL_MAX_SIZE", "1MiB", 1);
  const Words words = {"config", "show", "--config", file, "--set", "inbox.max_age=1h"};
  Words with_origin = words, as_json = words;
  with_origin.push_back("--origin");
  as_json.push_back("--json");
  const test::Ran text = run_words(with_origin);
  const test::Ran json = run_words(as_json);
  ::unsetenv("MAILDROP_MAIL_MAX_SIZE");
  const std::vector<std::pair<std::string, std::string>> origins = {{"inbox.max_messages", file + ":2:"},
                                                                    {"inbox.max_age", "--set"},
                                                                    {"mail.max_size", "MAILDROP_MAIL_MAX_SIZE"},
                                                                    {"smtp.hostname", "default"}};
  std::size_t found = 0;
  for (const std::string_view line : split(json.out, '\n')) {
    if (line.empty()) continue;
    const auto object = nlohmann::json::parse(line);
    CHECK(object["schema"] == "maildrop.setting/1");
    for (const auto& [key, origin] : origins) {
      if (object["key"] != key) continue;
      ++found;
      CHECK_THAT(object["origin"].get<std::string>(), Catch::StartsWith(origin));
      CHECK_THAT(text.out, Catch::Contains(key + " = ") && Catch::Contains("  # " + origin));
    }
    if (object["key"] == "mail.domains") CHECK(object["value"] == nlohmann::json{"localhost"});
  }
  CHECK(found == origins.size());
}

TEST_CASE("config defaults is the sample file, which is a configuration") {
  const test::Folder folder;
  const test::Ran outcome = run_words({"config", "defaults"});
  CHECK(outcome.out == sample_toml());
  CHECK(run_words({"config", "check", "--config", write(folder, "sample.toml", outcome.out)}).status == 0);
}

TEST_CASE("version tells what it is made of") {
  const test::Ran text = run_words({"version"});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, Catch::StartsWith("maildrop ") && Catch::Contains("\nlibrary   SQLite 3."));
  const auto json = nlohmann::json::parse(run_words({"version", "--json"}).out);
  CHECK(json["schema"] == "maildrop.version/1");
  CHECK(run_words({"--version"}).out == "maildrop " + json["version"].get<std::string>() + "\n");
  CHECK(json["libraries"].size() == 23);
  for (const auto& [name, version] : json["libraries"].items()) {
    CAPTURE(name);
    CHECK(!version.get<std::string>().empty());
  }
}

}  // namespace
}  // namespace maildrop::cmd
