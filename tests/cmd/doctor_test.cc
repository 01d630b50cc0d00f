/// doctor_test.cc: what each check finds, and how it is told.
#include "doctor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "command.h"
#include "core/descriptor.h"
#include "core/text.h"
#include "filter/place_kit.h"

namespace maildrop::cmd {
namespace {

using Catch::Contains;
using Level = Finding::Level;

/// A configuration that wants little, and a store in a folder of its own.
struct Ward {
  test::Folder folder;
  Config config;
  std::string url = "sqlite:" + (folder / "mail.db");
  SystemClock clock;

  Ward() {
    config.smtp.listen = {*Endpoint::parse("127.0.0.1:0")};
    config.api.listen = {};
    config.smtp.hostname = "localhost";
    config.limits.connections = 10;
    config.api.connections = 10;
    config.store.max_size = 1u << 20;
    config.store.wal_size = 1u << 20;
  }
  std::vector<Finding> find(std::string_view name) const { return find_at(name, clock); }
  std::vector<Finding> find_at(std::string_view name, const Clock& when) const {
    std::vector<Finding> findings;
    for (const Check& check : kChecks)
      if (check.name == name) check.run({config, url, when}, findings);
    return findings;
  }
  /// What one check says, when it says one thing.
  Finding only(std::string_view name) const {
    const auto findings = find(name);
    REQUIRE(findings.size() == 1);
    return findings.front();
  }
};

void is(const Finding& finding, Level level, const char* what) {
  INFO(finding.what);
  CHECK(finding.level == level);
  CHECK_THAT(finding.what, Contains(what));
  CHECK(finding.advice.empty() == (level == Level::ok));
}

std::string taken_port(FileDescriptor& holder) {
  holder = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(holder.get(), any, size) == 0);
  REQUIRE(::listen(holder.get(), 1) == 0);
  REQUIRE(::getsockname(holder.get(), any, &size) == 0);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

void make_certificate(const test::Folder& folder, const char* name, int days) {
  const std::string command = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days " +
                              std::to_string(days) + " -subj /CN=x -addext subjectAltName=DNS:mx.example.org -keyout " +
                              (folder / (std::string(name) + ".key")) + " -out " +
                              (folder / (std::string(name) + ".pem")) + " 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);  // NOLINT: a test's own words
}

}  // namespace

TEST_CASE("doctor: ports that are free, taken, systemd's, or in no folder") {
  Ward ward;
  is(ward.only("ports"), Level::ok, "is free");
  FileDescriptor holder;
  ward.config.smtp.listen = {*Endpoint::parse(taken_port(holder))};
  is(ward.only("ports"), Level::error, "cannot listen on");
  ward.config.smtp.listen = {*Endpoint::parse("fd:smtp")};
  is(ward.only("ports"), Level::ok, "systemd");
  ward.config.smtp.listen = {};
  ward.config.lmtp.listen = {*Endpoint::parse("unix:" + (ward.folder / "lmtp.sock"))};
  is(ward.only("ports"), Level::ok, "lmtp.sock");
  CHECK(::access((ward.folder / "lmtp.sock").c_str(), F_OK) != 0);
  ward.config.lmtp.listen = {*Endpoint::parse("unix:" + (ward.folder / "none/lmtp.sock"))};
  is(ward.only("ports"), Level::error, "no such folder");
}

TEST_CASE("doctor: keys of aliases that are there, are wanted, or that everybody can read") {
  Ward ward;
  CHECK(ward.find("aliases").empty());
  ward.config.inbox.alias = true;
  is(ward.only("aliases"), Level::error, "needs a key");
  ward.config.inbox.alias_key = std::string(64, 'a');
  is(ward.only("aliases"), Level::ok, "1 key");
  const std::string file = ward.folder / "alias.key";
  std::ofstream(file) << ward.config.inbox.alias_key;
  for (const auto& [mode, level] : {std::pair(0640, Level::ok), std::pair(0604, Level::warning)}) {
    REQUIRE(::chmod(file.c_str(), static_cast<mode_t>(mode)) == 0);
    std::vector<Finding> findings;
    for (const Check& check : kChecks)
      if (check.name == "aliases") check.run({ward.config, ward.url, ward.clock, file}, findings);
    REQUIRE(findings.size() == 1);
    is(findings.front(), level, level == Level::ok ? "1 key" : "everybody on this machine can read");
  }
  ward.config.inbox.classic_alias_modifier = "20190422";
  is(ward.only("aliases"), Level::ok, "1 key, and classic ones, which hide nothing");
  ward.config.inbox.alias = false;
  is(ward.only("aliases"), Level::ok, "classic ones, which hide nothing");
}

TEST_CASE("doctor: files and memory that are there, or are not") {
  Ward ward;
  is(ward.only("files"), Level::ok, "are wanted");
  ward.config.limits.connections = 1'000'000'000;
  is(ward.only("files"), Level::warning, "are wanted");
  is(ward.only("memory"), Level::ok, "of memory");
  ward.config.limits.memory = std::uint64_t{1} << 50;
  is(ward.only("memory"), Level::error, "of memory");
  const Finding clock = ward.only("clock");
  CHECK(clock.advice.empty() == (clock.level == Level::ok));
}

TEST_CASE("doctor: a store that is to be made, is there, is another's, is too large for its disk") {
  Ward ward;
  auto findings = ward.find("store");
  REQUIRE(findings.size() == 2);
  is(findings[0], Level::ok, "will be made");
  is(findings[1], Level::ok, "free");
  CHECK(::access((ward.folder / "mail.db").c_str(), F_OK) != 0);

  store::OpenOptions options;
  options.url = ward.url;
  options.role = store::Role::writer;
  options.clock = &ward.clock;
  {
    const auto store = store::open_store(options);
    REQUIRE(store);
    is(ward.find("store").at(0), Level::ok, "0 messages in 0 inboxes");  // beside a daemon
    REQUIRE((*store)->models().put("bayes", "table"));
    is(ward.find("store").at(1), Level::ok, "1 model of filters, 5");
    std::ofstream(ward.folder / "mail.db.models") << std::string(8192, 'x');
    is(ward.find("store").at(1), Level::warning, "models '");
    std::remove((ward.folder / "mail.db.models").c_str());
  }
  is(ward.find("store").at(0), Level::ok, "0 messages in 0 inboxes");
  ward.config.store.wal_size = std::uint64_t{1} << 54;  // it has no more room than max_size leaves it
  is(ward.find("store").at(1), Level::ok, "the store may grow by");
  ward.config.store.max_size = std::uint64_t{1} << 55;
  is(ward.find("store").at(1), Level::warning, "the store may grow by");

  const std::string other = ward.folder / "other.db";
  std::ofstream(other) << std::string(8192, 'x');
  ward.url = "sqlite:" + other;
  is(ward.find("store").at(0), Level::error, "other.db");
  ward.url = "memory:";
  is(ward.only("store"), Level::warning, "forgets");
  ward.url = "redis+unix://" + (ward.folder / "none.sock");
  is(ward.only("store"), Level::error, "none.sock");
}

TEST_CASE("doctor: certificates that are good, end soon, have ended, are none") {
  Ward ward;
  ward.config.smtp.hostname = "mx.example.org";
  CHECK(ward.find("certificates").empty());
  ward.config.tls.self_signed = true;
  is(ward.only("certificates"), Level::warning, "self_signed");
  ward.config.tls.self_signed = false;
  const auto use = [&](const char* name) {
    ward.config.tls.certificates = {ward.folder / (std::string(name) + ".pem")};
    ward.config.tls.keys = {ward.folder / (std::string(name) + ".key")};
  };
  make_certificate(ward.folder, "good", 90);
  use("good");
  is(ward.only("certificates"), Level::ok, "expires in 89 days");
  const FakeClock later(ward.clock.now() + std::chrono::hours(24 * 91));
  is(ward.find_at("certificates", later).at(0), Level::error, "has expired");
  ward.config.smtp.hostname = "mail.example.org";
  const auto findings = ward.find("certificates");
  REQUIRE(findings.size() == 2);
  is(findings[1], Level::warning, "none names 'mail.example.org'");
  ward.config.smtp.hostname = "mx.example.org";
  make_certificate(ward.folder, "soon", 3);
  use("soon");
  is(ward.only("certificates"), Level::warning, "expires in 2 days");
  use("none");
  is(ward.only("certificates"), Level::error, "none.pem");
}

TEST_CASE("doctor: databases of places that are new, are old, are none") {
  Ward ward;
  ward.config.filter.place.files = {ward.folder / "places.mmdb"};
  is(ward.only("places"), Level::error, "places.mmdb': No such file");
  filter::test::Mmdb made;
  made.put("192.0.2.0", 24, filter::test::Mmdb::map({}));
  std::ofstream(ward.folder / "places.mmdb", std::ios::binary) << made.bytes(1'700'000'000);
  const Time when = from_millis(1'700'000'000'000);
  const auto at = [&](Time time) { return ward.find_at("places", FakeClock(time)).at(0); };
  is(at(when + std::chrono::hours(24 * 365)), Level::ok, "places.mmdb is of 2023-11-14");
  is(at(when + std::chrono::hours(24 * 366)), Level::warning, "is of 2023-11-14");
  ward.config.filter.place.mode = FilterUse::Mode::off;
  CHECK(ward.find("places").empty());
}

TEST_CASE("doctor: scripts with a fault, and filters that cannot be made") {
  Ward ward;
  is(ward.only("filters"), Level::ok, "0 scripts, and no faults");
  ward.config.filter.lua.folder = ward.folder / "";
  std::ofstream(ward.folder / "bad.lua") << "function mail(";
  is(ward.only("filters"), Level::warning, "bad.lua: line 1: <name>");
  ward.config.filter.lua.folder = ward.folder / "none";
  is(ward.only("filters"), Level::warning, "none: No such file");
  ward.config.filter.access.deny = {"helo:/(/"};
  is(ward.only("filters"), Level::error, "filter.access");
}

TEST_CASE("doctor: a name that has an address, and one that has none") {
  Ward ward;
  is(ward.only("names"), Level::ok, "localhost");
  ward.config.smtp.hostname = "[192.0.2.1]";
  is(ward.only("names"), Level::ok, "[192.0.2.1]");
  ward.config.smtp.hostname = "no-such-name.invalid";
  is(ward.only("names"), Level::warning, "is not found");
}

TEST_CASE("doctor: findings are told with what to do, and the status is the worst of them") {
  const test::Folder folder;
  const std::string file = folder / "maildrop.toml";
  std::ofstream(file)
      << "smtp.listen = [\"127.0.0.1:0\"]\nsmtp.hostname = \"localhost\"\napi.listen = [\"127.0.0.1:0\"]\n"
      << "limits.connections = 10\napi.connections = 10\nstore.url = \"memory:\"\n";
  const auto run = [&](std::vector<std::string> words) {
    Tree tree;
    build(tree);
    words.insert(words.end(), {"--config", file});
    const test::Capture out(1);
    const auto early = parse(tree, words);
    const int status = early ? *early : tree.chosen();
    return std::pair(status, out.text());
  };
  auto [status, text] = run({"doctor"});
  CHECK(status == 1);  // memory: forgets
  CHECK_THAT(text, Contains("ok       ports         127.0.0.1:0 is free\n") &&
                       Contains("\nwarning  store         memory: forgets") &&
                       Contains("\n                       -> for tests only\n"));
  std::tie(status, text) = run({"doctor", "--problems"});
  CHECK_THAT(text, !Contains("ok  "));
  std::tie(status, text) = run({"doctor", "--json", "--set", "smtp.listen=unix:/no/such/folder/smtp.sock"});
  CHECK(status == 2);
  bool told = false;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto each = nlohmann::json::parse(line);
    CHECK(each["schema"] == "maildrop.finding/1");
    told = told || (each["level"] == "error" && each["check"] == "ports" && each["advice"] != "");
  }
  CHECK(told);
}

TEST_CASE("doctor: a log in a file that can be written, or not") {
  Ward ward;
  CHECK(ward.find("log").empty());
  ward.config.log.file = ward.folder / "none/log";
  is(ward.only("log"), Level::warning, "cannot make");
  ward.config.log.file = ward.folder / "log";
  is(ward.only("log"), Level::ok, "128M at most");
  CHECK(::access(ward.config.log.file.c_str(), F_OK) != 0);  // it only looks
}

}  // namespace maildrop::cmd
