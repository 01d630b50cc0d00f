/// settings_test.cc: each row reads what it writes, and the texts made from the table hold every key.
#include "core/settings.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>

#include "core/text.h"

using namespace maildrop;

TEST_CASE("each setting reads back what it shows") {
  Config config;
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    const auto shown = setting.get(config);
    REQUIRE(setting.set(config, shown));
    CHECK(setting.get(config) == shown);
  }
}

TEST_CASE("the names of modes, and of what is done about errors, are in the order of their values") {
  Config config;
  FilterUse& use = config.filter.spf;
  const auto set = [&](std::string_view key, const char* value) { return find_setting(key)->set(config, {value}); };
  const std::pair<const char*, FilterUse::Mode> modes[] = {{"off", FilterUse::Mode::off},
                                                           {"observe", FilterUse::Mode::observe},
                                                           {"score", FilterUse::Mode::score},
                                                           {"enforce", FilterUse::Mode::enforce}};
  for (const auto& [name, mode] : modes) CHECK((set("filter.spf.mode", name) && use.mode == mode));
  const std::pair<const char*, FilterUse::OnError> does[] = {
      {"pass", FilterUse::OnError::pass}, {"defer", FilterUse::OnError::defer}, {"reject", FilterUse::OnError::reject}};
  for (const auto& [name, what] : does) CHECK((set("filter.spf.on_error", name) && use.on_error == what));
  CHECK(set("filter.spf.mode", "on").error().what == "'on' is not one of off | observe | score | enforce");
}

TEST_CASE("keys and environment names are unique and belong to a section") {
  std::set<std::string> keys, variables;
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    CHECK(setting.key.find('.') != std::string_view::npos);
    CHECK(keys.insert(std::string(setting.key)).second);
    CHECK(variables.insert(environment_name(setting.key)).second);
    CHECK_FALSE(setting.help.empty());
    CHECK(setting.help.back() == '.');
    CHECK(find_setting(setting.key) == &setting);
  }
  CHECK(environment_name("mail.max_size") == "MAILDROP_MAIL_MAX_SIZE");
  CHECK(find_setting("mail.max") == nullptr);
}

TEST_CASE("values out of range and of the wrong form are refused, and change nothing") {
  struct Row {
    const char* key;
    const char* value;
  };
  const Row rows[] = {
      {"inbox.max_messages", "0"},
      {"inbox.max_messages", "10001"},
      {"inbox.max_messages", "ten"},
      {"mail.max_size", "1"},
      {"mail.max_size", "2GiB"},
      {"mail.max_size", "-1"},
      {"smtp.command_timeout", "0"},
      {"smtp.command_timeout", "90"},
      {"smtp.command_timeout", "25h"},
      {"smtp.bare_newline", "maybe"},
      {"smtp.listen", "localhost:25"},
      {"mail.domains", "a b"},
      {"mail.domains", "*.example"},
      {"limits.exempt", "10.0.0.1/8"},
      {"log.level", "loud"},
      {"store.url", "postgres://x"},
      {"smtp.hostname", "mx\r\nX: y"},
      {"inbox.reserved", "a@b"},
      {"smtp.hostname", "x<y>"},
      {"smtp.hostname", "--"},
      {"smtp.hostname", "a..b"},
      {"smtp.hostname", "mx."},
      {"smtp.hostname", "mx-.example"},
      {"smtp.hostname", "[]"},
      {"smtp.hostname", "[mx]"},
      {"smtp.hostname", "[2001:db8::1]"},
      {"smtp.hostname", "[IPv6:192.0.2.1]"},
  };
  for (const Row& row : rows) {
    INFO(row.key << " = " << row.value);
    Config config;
    const Setting* setting = find_setting(row.key);
    REQUIRE(setting);
    const auto before = setting->get(config);
    const Result<void> set = setting->set(config, {row.value});
    REQUIRE_FALSE(set);
    CHECK(set.error().code == Code::invalid);
    CHECK(setting->get(config) == before);
  }
}

TEST_CASE("host names and address literals are taken") {
  const Setting* setting = find_setting("smtp.hostname");
  REQUIRE(setting);
  const std::string longest = std::string(63, 'a') + ".example";
  for (const std::string& name :
       {std::string(), std::string("mx"), std::string("MX-1.example.org"), std::string("my_host"),
        std::string("1.example"), std::string("[192.0.2.1]"), std::string("[IPv6:2001:db8::1]"), longest}) {
    INFO(name);
    Config config;
    CHECK(setting->set(config, {name}));
    CHECK(config.smtp.hostname == name);
  }
  Config config;
  CHECK_FALSE(setting->set(config, {"a" + longest}));
}

TEST_CASE("hosts and origins of the wrong form are refused") {
  Config scratch;
  for (const char* host : {"a:80", "::1", "", "*.example", "a/b", "a b"})
    CHECK_FALSE(find_setting("api.hosts")->set(scratch, {host}));
  for (const char* origin : {"example.org", "https://a/", "https://", "https://*.a", "://a", ""})
    CHECK_FALSE(find_setting("api.cors")->set(scratch, {origin}));
  Config config;
  REQUIRE(find_setting("api.hosts")->set(config, {"Mail.example.org", "192.0.2.1", "[2001:db8::1]", "*"}));
  CHECK(config.api.hosts == std::vector<std::string>{"mail.example.org", "192.0.2.1", "[2001:db8::1]", "*"});
  REQUIRE(find_setting("api.cors")->set(config, {"https://App.example.org", "http://[::1]:3000", "*"}));
  CHECK(config.api.cors == std::vector<std::string>{"https://app.example.org", "http://[::1]:3000", "*"});
}

TEST_CASE("a resolver to ask is an address, with or without a port") {
  Config config;
  REQUIRE(find_setting("dns.servers")->set(config, {"192.0.2.53", "2001:db8::53", "192.0.2.53:5353", "[::1]:5300"}));
  std::vector<std::string> servers;
  for (const Endpoint& server : config.dns.servers) servers.push_back(server.to_string());
  CHECK(servers == std::vector<std::string>{"192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.53:5353", "[::1]:5300"});
  for (const char* server :
       {"", "resolver.example", "*:53", ":53", "192.0.2.53:0", "unix:/run/x", "fd:dns", "192.0.2.53/32"}) {
    INFO(server);
    CHECK_FALSE(find_setting("dns.servers")->set(config, {server}));
  }
}

TEST_CASE("lists without which nothing works are not emptied by an unset variable") {
  for (const char* key : {"smtp.listen", "api.listen", "mail.domains"}) {
    INFO(key);
    Config config;
    const Setting* setting = find_setting(key);
    REQUIRE(setting);
    const auto before = setting->get(config);
    const Result<void> set = setting->set(config, {});
    REQUIRE_FALSE(set);
    CHECK_THAT(set.error().what, Catch::StartsWith("is empty, and "));
    CHECK(setting->get(config) == before);
  }
}

TEST_CASE("keys of aliases are 64 hexadecimal digits, one a line") {
  const Setting* setting = find_setting("inbox.alias_key");
  REQUIRE(setting);
  CHECK(setting->secret);
  const std::string key(64, 'a');
  std::string many;
  for (int i = 0; i < 16; ++i) many += key + "\n";
  Config config;
  for (const std::string& right :
       {std::string(), key, key + "\n", "\n " + key + " \r\n\n" + std::string(64, 'F'), many}) {
    INFO(right);
    CHECK(setting->set(config, {right}));
    CHECK(config.inbox.alias_key == right);
  }
  for (const std::string& wrong : {key.substr(1), key + "a", key + "aa", key + " " + key, std::string(64, 'x'),
                                   key + "\n" + key.substr(2), many + key, "# " + key, std::string("secret-word")}) {
    INFO(wrong);
    const Result<void> set = setting->set(config, {wrong});
    REQUIRE_FALSE(set);
    CHECK(set.error().what.find("aaaa") == std::string::npos);
    CHECK(set.error().what.find("secret-word") == std::string::npos);
  }
}

TEST_CASE("the modifier of classic aliases is a decimal number, and may be one that no integer holds") {
  const Setting* setting = find_setting("inbox.classic_alias_modifier");
  REQUIRE(setting);
  CHECK(setting->secret);
  CHECK(setting->reloadable);
  Config config;
  CHECK_FALSE(config.inbox.has_aliases());
  for (const std::string& right : {std::string("0"), std::string("20190422"), std::string(96, '9'), std::string()}) {
    CHECK(setting->set(config, {right}));
    CHECK(config.inbox.classic_alias_modifier == right);
    CHECK(config.inbox.has_aliases() == !right.empty());
  }
  for (const std::string& wrong : {std::string(97, '1'), std::string("-12321"), std::string("12321 "),
                                   std::string("0x12321"), std::string("12321.0")}) {
    const Result<void> set = setting->set(config, {wrong});
    REQUIRE_FALSE(set);
    CHECK(set.error().what == "it is not up to 96 decimal digits");  // and is not repeated: it may be a secret
  }
}

TEST_CASE("the longest wait of a watchdog is not below the first") {
  Config config;
  config.watchdog.backoff = std::chrono::seconds(20);
  const auto wrong = contradictions(config);
  REQUIRE(wrong.size() == 1);
  CHECK(wrong.front().first == "watchdog.max_backoff");
  CHECK(wrong.front().second == "10s is below watchdog.backoff = 20s");
}

TEST_CASE("aliases with inboxes that are domains contradict each other") {
  Config config;
  config.inbox.naming = InboxSettings::Naming::domain;
  CHECK(contradictions(config).empty());
  config.inbox.alias = true;
  REQUIRE(contradictions(config).size() == 1);
  CHECK(contradictions(config).front().first == "inbox.alias");
  config.inbox.classic_alias_modifier = "1";
  CHECK(contradictions(config).back().first == "inbox.classic_alias_modifier");
}

TEST_CASE("the mode of unix sockets is octal") {
  Config config;
  const Setting* setting = find_setting("service.socket_mode");
  REQUIRE(setting->set(config, {"666"}));
  CHECK(config.service.socket_mode == 0666);
  CHECK(setting->get(config) == std::vector<std::string>{"0666"});
  CHECK(setting->get(Config()) == std::vector<std::string>{"0660"});
  for (const char* wrong : {"1777", "rw", "0680", "", "-1", "0x1ff"}) CHECK_FALSE(setting->set(config, {wrong}));
}

TEST_CASE("operators are served where nobody else comes, or with a token") {
  Config config;
  const Setting* listen = find_setting("admin.listen");
  const Setting* token = find_setting("admin.token");
  for (const char* wrong : {"*:9000", "0.0.0.0:9000", "[::]:9000", "192.0.2.1:9000", "[2001:db8::1]:9000"}) {
    INFO(wrong);
    CHECK_FALSE(listen->set(config, {"unix:/run/a.sock", wrong}));
    CHECK(config.admin.listen.empty());
  }
  for (const char* wrong :
       {"short", "0123456789abcde", "0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdef\xe4"})
    CHECK_FALSE(token->set(config, {wrong}));
  CHECK(token->secret);
  REQUIRE(listen->set(config, {"unix:/run/a.sock", "fd:admin"}));
  CHECK(contradictions(config).empty());
  config.admin.socket_mode = 0662;
  REQUIRE(contradictions(config).size() == 1);
  CHECK(contradictions(config).front().first == "admin.socket_mode");
  REQUIRE(listen->set(config, {"fd:admin"}));  // which has its own
  CHECK(contradictions(config).empty());
  config.admin.socket_mode = 0660;
  REQUIRE(listen->set(config, {"unix:/run/a.sock", "[::1]:9000"}));
  REQUIRE(contradictions(config).size() == 1);
  CHECK(contradictions(config).front().first == "admin.listen");
  REQUIRE(token->set(config, {"0123456789abcdef"}));
  CHECK(contradictions(config).empty());
}

TEST_CASE("sample and manual tell of every key") {
  const std::string sample = sample_toml();
  const std::string manual = settings_man();
  const std::string environment = sample_environment();
  const Config defaults;
  for (const Setting& setting : settings()) {
    INFO(setting.key);
    CHECK(environment.find("\n#" + environment_name(setting.key) + "=") != std::string::npos);
    CHECK(sample.find("\n#" + toml_line(setting, defaults) + "\n") != std::string::npos);
    std::string variable = environment_name(setting.key);
    CHECK(manual.find(variable) != std::string::npos);
  }
  for (const std::string_view line : split(sample, '\n'))
    if (line.substr(0, 2) == "# ") CHECK(line.size() <= 100);
  for (const std::string_view line : split(manual, '\n')) {
    INFO(line);
    // A line that starts with a dot is a request: only ours may.
    const bool request = !line.empty() && line.front() == '.';
    CHECK((!request || line.substr(0, 3) == ".SS" || line.substr(0, 3) == ".TP"));
  }
}
