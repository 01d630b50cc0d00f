/// config_test.cc: where values come from, which of them counts, and what is said about wrong ones.
#include "core/config.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/settings.h"

using namespace maildrop;
namespace fs = std::filesystem;

namespace {

/// A folder of its own for each test, gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "maildrop-config-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()));
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }

 private:
  fs::path path_;
};

std::string problems(const ConfigSources& sources) {
  const auto loaded = load_config(sources);
  return loaded ? std::string("none") : loaded.error().what;
}

}  // namespace

TEST_CASE("flag before environment before drop-in before file before default") {
  const Folder folder;
  const std::string file =
      folder.write("m.toml", "[inbox]\nmax_messages = 1\nmax_age = \"1h\"\n[mail]\nmax_size = 2048\n");
  folder.write("conf.d/20.toml", "[inbox]\nmax_messages = 3\n");
  folder.write("conf.d/10.toml", "[inbox]\nmax_messages = 2\n");
  folder.write("conf.d/30.txt", "not toml");
  ConfigSources sources{file, {}, {}};

  auto loaded = load_config(sources);
  REQUIRE(loaded);
  CHECK(loaded->config.inbox.max_messages == 3);
  CHECK(loaded->config.inbox.max_age == std::chrono::hours(1));
  CHECK(loaded->config.mail.max_size == 2048);
  CHECK(loaded->files.size() == 3);
  CHECK(loaded->origins["inbox.max_age"] == file + ":3:1");
  CHECK(loaded->origins["smtp.listen"] == "default");

  sources.environment["MAILDROP_INBOX_MAX_MESSAGES"] = "4";
  CHECK(load_config(sources)->config.inbox.max_messages == 4);
  sources.sets = {"inbox.max_messages=5"};
  loaded = load_config(sources);
  CHECK(loaded->config.inbox.max_messages == 5);
  CHECK(loaded->origins["inbox.max_messages"] == "--set");
}

TEST_CASE("lists are arrays in files and words elsewhere") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "[mail]\ndomains = \"Example.ORG\"\n[inbox]\nreserved = []\n");
  CHECK(load_config({file, {}, {}})->config.mail.domains == std::vector<std::string>{"example.org"});
  CHECK(load_config({file, {}, {}})->config.inbox.reserved.empty());
  const auto loaded = load_config({file, {}, {{"MAILDROP_MAIL_DOMAINS", "a.org, b.org c.org"}}});
  CHECK(loaded->config.mail.domains == std::vector<std::string>{"a.org", "b.org", "c.org"});
}

TEST_CASE("a value may come from a file") {
  const Folder folder;
  const std::string config = folder.write("m.toml", "");
  const std::string value = folder.write("url", "memory:\n");
  ConfigSources sources{config, {}, {{"MAILDROP_STORE_URL_FILE", value}}};
  CHECK(load_config(sources)->config.store.url == "memory:");
  sources.environment["MAILDROP_STORE_URL"] = "sqlite:";
  CHECK_THAT(problems(sources), Catch::Contains("MAILDROP_STORE_URL_FILE"));
}

TEST_CASE("all problems are told at once, each with its place and the nearest name") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "[smtp]\nlisen = []\n[mial]\nx = 1\n[inbox]\nmax_messages = 0\n");
  const std::string what =
      problems({file, {"log.levle=info", "nonsense"}, {{"MAILDROP_LOG_FORMTA", "json"}, {"OTHER", "x"}}});
  CAPTURE(what);
  for (const char* part : {":2:1: smtp.lisen: unknown setting, did you mean 'smtp.listen'?", "mial", "1..1000",
                           "did you mean 'log.level'?", "--set nonsense", "did you mean 'MAILDROP_LOG_FORMAT'?"})
    CHECK_THAT(what, Catch::Contains(part));
  CHECK_THAT(what, !Catch::Contains("OTHER"));
}

TEST_CASE("a problem is one line, whatever a key holds") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "\"a\\nb\\u001b[31m\" = 1\n");
  CHECK(problems({file, {}, {}}) == file + ":1:1: a\xEF\xBF\xBD" + "b\xEF\xBF\xBD[31m: unknown setting");
}

TEST_CASE("problems come from top to bottom, and each element of a list has its own") {
  const Folder folder;
  const std::string file = folder.write("m.toml",
                                        "[smtp]\n"
                                        "nonsense = 1\n"
                                        "listen = [\"127.0.0.1:0\",\n"
                                        "  \"localhost:25\", \"127.0.0.1:99999\"]\n"
                                        "bare_newline = \"maybe\"\n"
                                        "[api]\n"
                                        "workers = 0\n");
  const std::string what = problems({file, {"mail.domains=ok.example,a..b,c*d"}, {}});
  CAPTURE(what);
  std::size_t at = 0;
  for (const std::string& part : {file + ":2:1: smtp.nonsense: unknown", file + ":4:3: smtp.listen: 'localhost:25'",
                                  file + ":4:19: smtp.listen: '127.0.0.1:99999'", file + ":5:1: smtp.bare_newline: ",
                                  file + ":7:1: api.workers: ", std::string("--set: mail.domains: 'a..b'"),
                                  std::string("--set: mail.domains: 'c*d'")}) {
    INFO(part);
    const std::size_t found = what.find(part, at);
    CHECK(found != std::string::npos);
    if (found != std::string::npos) at = found;
  }
  CHECK(std::count(what.begin(), what.end(), '\n') == 6);
}

TEST_CASE("what a higher floor refuses is a problem among the others") {
  const Folder folder;
  const std::string file = folder.write("m.toml",
                                        "[mail]\n"
                                        "domains = [\"good.example\",\n"
                                        "  \"bad!.example\"]\n"
                                        "[api]\n"
                                        "workers = 0\n");
  const auto loaded = load_config({file, {"smtp.hostname=mx.example"}, {}},
                                  [](std::string_view key, const std::string& value) -> Result<void> {
                                    if (value.find('!') == std::string::npos && key != "smtp.hostname") return {};
                                    return fail(Code::invalid, "'" + value + "' is not for me");
                                  });
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Code::invalid);
  CHECK_THAT(loaded.error().what, Catch::StartsWith(file + ":3:3: mail.domains: 'bad!.example' is not for me\n" + file +
                                                    ":5:1: api.workers: ") &&
                                      Catch::EndsWith("\n--set: smtp.hostname: 'mx.example' is not for me"));
}

TEST_CASE("wrong values are refused") {
  const Folder folder;
  for (const char* text :
       {"[inbox]\nmax_messages = \"many\"", "[inbox]\nmax_messages = 10001", "[inbox]\nmax_messages = -1",
        "[inbox]\nmax_messages = 1.5", "[inbox]\nmax_messages = [1]", "[mail]\nmax_size = 1023",
        "[mail]\nmax_size = \"2GiB\"", "[smtp]\ncommand_timeout = 5", "[smtp]\ncommand_timeout = \"25h\"",
        "[smtp]\nbare_newline = \"maybe\"", "[smtp]\nlisten = [\"localhost:25\"]", "smtp = 1", "[smtp",
        "[limits]\nexempt = [\"10.0.0.1/8\"]", "[mail]\ndomains = [\"a b\"]", "[mail]\ndomains = [[]]"}) {
    CAPTURE(text);
    CHECK_THAT(problems({folder.write("m.toml", text), {}, {}}), Catch::Contains("m.toml:"));
  }
}

TEST_CASE("settings that contradict each other are refused, at the place of the one that is too small") {
  const Folder folder;
  const std::string file =
      folder.write("m.toml", "[mail]\nmax_size = \"40MiB\"\n[api]\nmemory = \"2GiB\"\n[limits]\nmemory = \"79MiB\"\n");
  CHECK_THAT(problems({file, {}, {}}),
             Catch::Contains(file + ":6:1: limits.memory: 79MiB is too small for mail.max_size"));
  CHECK(problems({file, {"limits.memory=80MiB"}, {}}) != "none");  // trace fields and stubs are not in it
  CHECK(problems({file, {"limits.memory=81MiB"}, {}}) == "none");
  CHECK_THAT(problems({file, {"limits.memory=81MiB"}, {{"MAILDROP_STORE_MAX_SIZE", "100MiB"}}}),
             Catch::Contains("MAILDROP_STORE_MAX_SIZE: store.max_size: 100MiB is too small"));
  CHECK_THAT(problems({file, {}, {}}), Catch::Contains("a message of that size needs 81960KiB"));
}

TEST_CASE("no filter has more time than all of them together") {
  const Folder folder;
  const std::string file = folder.write("m.toml", "[filter.rspamd]\ntimeout = \"1800ms\"\n");
  CHECK_THAT(problems({file, {}, {}}),
             Catch::Contains(file + ":2:1: filter.rspamd.timeout: 1800ms is more than filter.timeout = 1500ms"));
  CHECK(problems({file, {"filter.timeout=1800ms"}, {}}) == "none");
  CHECK(problems({"", {"filter.timeout=1s"}, {}}) == "none");
  CHECK(problems({"", {"filter.timeout=1s", "filter.dkim.timeout=1s"}, {}}) == "none");
  for (const char* key : {"access", "dkim", "http", "milter", "lua"})
    CHECK_THAT(problems({"", {"filter." + std::string(key) + ".timeout=1501ms"}, {}}),
               Catch::Contains("--set: filter." + std::string(key) + ".timeout: 1501ms is more than"));
}

TEST_CASE("the cap of a network is 0 or at least that of a source in it") {
  for (const auto& [around, source] : {std::pair{"connections_per_ipv4_24", "connections_per_ipv4"},
                                       std::pair{"connections_per_ipv6_48", "connections_per_ipv6_64"}}) {
    const std::string of_network = "limits." + std::string(around), of_source = "limits." + std::string(source);
    CAPTURE(of_network);
    CHECK_THAT(problems({"", {of_source + "=201"}, {}}), Catch::Contains(of_network + ": 200 is below " + of_source));
    CHECK(problems({"", {of_source + "=201", of_network + "=201"}, {}}) == "none");
    CHECK(problems({"", {of_source + "=201", of_network + "=0"}, {}}) == "none");
  }
}

TEST_CASE("a file that was named must be there") {
  const auto loaded = load_config({"/nonexistent/m.toml", {}, {}});
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == Code::not_found);
  CHECK_FALSE(load_config({"", {}, {{"MAILDROP_CONFIG", "/nonexistent/m.toml"}}}));
  CHECK(config_file({"a.toml", {}, {{"MAILDROP_CONFIG", "b.toml"}}}) == "a.toml");
  CHECK(config_file({"", {}, {{"MAILDROP_CONFIG", "b.toml"}}}) == "b.toml");
}

TEST_CASE("the state folder") {
  CHECK(resolve_store_url("memory:", {}) == "memory:");
  CHECK(resolve_store_url("sqlite:/x.db", {}) == "sqlite:/x.db");
  CHECK(resolve_store_url("sqlite:", {{"STATE_DIRECTORY", "/a:/b"}}) == "sqlite:/a/mail.db");
}

TEST_CASE("every setting reads back what it writes, and the sample is the defaults") {
  const Config defaults;
  std::string bare;
  for (const Setting& setting : settings()) {
    CAPTURE(setting.key);
    Config config;
    CHECK(setting.set(config, setting.get(defaults)));
    CHECK(setting.get(config) == setting.get(defaults));
    CHECK_FALSE(setting.help.empty());
  }
  std::istringstream sample(sample_toml());
  for (std::string line; std::getline(sample, line);) {
    CHECK((line.rfind("# ", 0) != 0 || line.size() <= 100));
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    bare += (setting ? line.substr(1) : line) + "\n";
  }
  const Folder folder;
  CHECK(problems({folder.write("m.toml", bare), {}, {}}) == "none");
}

TEST_CASE("a TOML value has the type of its setting") {
  struct Row {
    const char* toml;
    const char* wanted;  // empty: fine
  };
  const Row rows[] = {
      {"[smtp]\nhostname = 5\n", "smtp.hostname: a string is needed"},
      {"[smtp]\nhostname = 'mx example'\n", "is no host name"},
      {"[smtp]\ncommand_timeout = 300\n", "a duration"},
      {"[inbox]\nmax_messages = '10'\n", "a whole number is needed"},
      {"[inbox]\nmax_messages = -1\n", "a whole number is needed"},
      {"[mail]\nmax_size = 4096\n", ""},
      {"[mail]\nmax_size = true\n", "a size"},
      {"[mail]\ndomains = ['a.example', 5]\n", "a list of strings is needed"},
      {"[mail]\ndomains = 'a.example'\n", ""},
  };
  char folder[] = "/tmp/maildrop-config-XXXXXX";
  REQUIRE(mkdtemp(folder));
  const std::string file = std::string(folder) + "/m.toml";
  for (const Row& row : rows) {
    INFO(row.toml);
    std::ofstream(file) << row.toml;
    maildrop::ConfigSources sources;
    sources.file = file;
    const auto loaded = maildrop::load_config(sources);
    CHECK(loaded.has_value() == (*row.wanted == '\0'));
    if (!loaded) CHECK(loaded.error().what.find(row.wanted) != std::string::npos);
  }
  std::remove(file.c_str());
  rmdir(folder);
}

TEST_CASE("a filter has a section within a section, and numbers with and without a point") {
  const Folder folder;
  const std::string file = folder.write(
      "m.toml", "[filter]\ntag = 3.5\nreject = 12\n[filter.access]\nmode = \"score\"\ndeny = [\"192.0.2.0/24\"]\n");
  ConfigSources sources{file, {"filter.defer=.5"}, {{"MAILDROP_FILTER_ACCESS_WEIGHT", "0.25"}}};
  const auto loaded = load_config(sources);
  REQUIRE(loaded);
  const FilterSettings& filter = loaded->config.filter;
  CHECK(filter.tag == 3.5);
  CHECK(filter.reject == 12);
  CHECK(filter.defer == 0.5);
  CHECK(filter.access.mode == FilterUse::Mode::score);
  CHECK(filter.access.weight == 0.25);
  CHECK(filter.access.deny == std::vector<std::string>{"192.0.2.0/24"});
  for (const char* wrong : {"nan", "inf", "-1", "1e9", "5,5", "0x10", "five", ""}) {
    INFO(wrong);
    CHECK(problems({"", {std::string("filter.tag=") + wrong}, {}}).find("filter.tag: ") != std::string::npos);
  }
  const std::string text = folder.write("t.toml", "[filter]\ntag = \"5\"\naccess = 7\nacces.mode = \"off\"\n");
  const std::string told = problems({text, {}, {}});
  CHECK(told.find("t.toml:2:1: filter.tag: a number is needed") != std::string::npos);
  CHECK(told.find("t.toml:3:1: filter.access: is a section: write [filter.access]") != std::string::npos);
  CHECK(told.find("filter.acces: unknown setting, did you mean 'filter.access'?") != std::string::npos);
  const char* script = "unknown setting; a script of filter.lua.folder has its mode and the like in its own file";
  const std::string section = folder.write("s.toml", "[filter.links]\nmode = \"score\"\n");
  CHECK(problems({section, {}, {}}).find("s.toml:1:9: filter.links: " + std::string(script)) != std::string::npos);
  CHECK(problems({"", {"filter.links.mode=off"}, {}}).find(script) != std::string::npos);
  CHECK(problems({"", {"filter.mine.mode=off"}, {}}).find(script) != std::string::npos);
  CHECK(problems({"", {"filter.acces.mode=off"}, {}}).find("did you mean 'filter.access.mode'?") != std::string::npos);
  CHECK(problems({"", {"filter.access.moed=off"}, {}}).find("did you mean 'filter.access.mode'?") != std::string::npos);
  CHECK(problems({"", {"filter.nonsense=off"}, {}}).find("script") == std::string::npos);
  CHECK(problems({"", {"filter.access.nonsense=off"}, {}}).find("script") == std::string::npos);
}
