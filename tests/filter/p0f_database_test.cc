/// p0f_database_test.cc: lines of p0f.fp, and which packets they mean.
#include "filter/p0f_database.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "filter/tcp_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

using Fit = P0fPattern::Fit;

const std::string kFile = MAILDROP_SOURCE_DIR "/tests/filter/p0f.fp";
constexpr char kLinuxLine[] = "*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0";

Fit fit(const std::string& line, const std::string& packet) {
  const auto pattern = P0fPattern::parse(line);
  INFO(line << (pattern ? "" : pattern.error().what));
  REQUIRE(pattern);
  const auto signature = read_signature(packet);
  REQUIRE(signature);
  return pattern->fit(*signature);
}

std::string error_of(const std::string& line) {
  const auto pattern = P0fPattern::parse(line);
  return pattern ? "none" : pattern.error().what;
}

std::string found(const P0fDatabase& database, const std::string& packet) {
  const auto match = database.find(*read_signature(packet));
  return match ? (match->nearly ? "nearly " : "") + std::string(match->system) : "nothing";
}

P0fDatabase parse(const std::string& text) {
  std::vector<std::string> problems;
  P0fDatabase database = P0fDatabase::parse(text, problems);
  CHECK(problems == std::vector<std::string>());
  return database;
}

}  // namespace

TEST_CASE("a pattern fits what it says") {
  const std::string packet = Syn{}.v4();
  CHECK(fit(kLinuxLine, packet) == Fit::fully);
  CHECK(fit(kLinuxLine, Syn{}.v6()) == Fit::fully);  // of both versions: what is of IPv4 alone is not looked for
  for (const char* fits :
       {"4:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", "*:53+11:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64-:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", "*:64:0:1460:29200,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+,flow:*", "*:64:0:*:%100,7:mss,sok,ts,nop,ws:df,id+:0"})
    CHECK(fit(fits, packet) == Fit::fully);
  for (const char* other :
       {"6:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", "*:50-:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64:4:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0", "*:64:0:1461:mss*20,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64:0:*:mss*10,7:mss,sok,ts,nop,ws:df,id+:0", "*:64:0:*:29201,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64:0:*:%4096,7:mss,sok,ts,nop,ws:df,id+:0", "*:64:0:*:mtu*20,7:mss,sok,ts,nop,ws:df,id+:0",
        "*:64:0:*:mss*20,8:mss,sok,ts,nop,ws:df,id+:0", "*:64:0:*:mss*20,7:mss,sok,ts,ws:df,id+:0",
        "*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+,seq-:0", "4:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+,flow:0",
        "*:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:+"})
    CHECK(fit(other, packet) == Fit::no);
}

TEST_CASE("what routers do fits nearly") {
  CHECK(fit(kLinuxLine, Syn{.id = 0, .fragment = 0}.v4()) == Fit::nearly);
  CHECK(fit(kLinuxLine, Syn{.traffic_class = 1}.v4()) == Fit::nearly);
  CHECK(fit(kLinuxLine, Syn{.ttl = 29}.v4()) == Fit::fully);
  CHECK(fit(kLinuxLine, Syn{.ttl = 28}.v4()) == Fit::nearly);
  CHECK(fit(kLinuxLine, Syn{.ttl = 65}.v4()) == Fit::nearly);
  CHECK(fit(kLinuxLine, Syn{.seq = 0}.v4()) == Fit::no);
  CHECK(fit("*:64:0:*:mss*20,7:mss,sok,ts,nop,ws::0", Syn{}.v4()) == Fit::no);
}

TEST_CASE("a window is a multiple of what was said, or of Ethernet's") {
  constexpr char kMssLine[] = "*:64:0:*:mss*4,7:mss,sok,ts,nop,ws:df,id+:0",
                 kMtuLine[] = "*:64:0:*:mtu*4,7:mss,sok,ts,nop,ws:df,id+:0";
  const std::string small = "\2\4\4\xb0" + kLinux.substr(4);  // 1200
  const auto syn = [&](unsigned unit) { return Syn{.options = small, .window = 4 * unit}; };
  for (const unsigned unit : {1200u, 1188u, 1460u, 1448u}) CHECK(fit(kMssLine, syn(unit).v4()) == Fit::fully);
  for (const unsigned unit : {1200u, 1188u, 1440u, 1428u}) CHECK(fit(kMssLine, syn(unit).v6()) == Fit::fully);
  for (const unsigned unit : {1240u, 1500u, 1000u}) CHECK(fit(kMssLine, syn(unit).v4()) == Fit::no);
  for (const unsigned unit : {1240u, 1500u}) CHECK(fit(kMtuLine, syn(unit).v4()) == Fit::fully);
  CHECK(fit(kMtuLine, syn(1260).v6()) == Fit::fully);
  CHECK(fit(kMtuLine, syn(1200).v4()) == Fit::no);
  CHECK(fit("*:64:0:*:mss*4,0::df,id+:0", Syn{.options = "", .window = 0}.v4()) == Fit::no);
}

TEST_CASE("a pattern that is none says why") {
  CHECK(error_of("") == "a signature has eight parts");
  CHECK(error_of("*:64:0:*:mss*20,7:mss:df:0:0") == "a signature has eight parts");
  CHECK(error_of("5:64:0:*:*,7:mss::0") == "IP has versions 4 and 6");
  CHECK(error_of("*:0:0:*:*,7:mss::0") == "a TTL has 1 to 255");
  CHECK(error_of("*:250+6:0:*:*,7:mss::0") == "a TTL has 1 to 255");
  CHECK(error_of("*:64+?:0:*:*,7:mss::0") == "'?' is no number of 0 to 65535");
  CHECK(error_of("*:64:*:*:*,7:mss::0") == "'*' is no number of 0 to 65535");
  CHECK(error_of("*:64:0:65536:*,7:mss::0") == "'65536' is no number of 0 to 65535");
  CHECK(error_of("*:64:0:*:mss*0,7:mss::0") == "a multiple of 0");
  CHECK(error_of("*:64:0:*:%0,7:mss::0") == "a multiple of 0");
  CHECK(error_of("*:64:0:*:*:mss::0") == "'' is no number of 0 to 65535");
  CHECK(error_of("*:64:0:*:*,7:mss,sock::0") == "'sock' is no option");
  CHECK(error_of("*:64:0:*:*,7:mss:dv:0") == "'dv' is no quirk");
  CHECK(error_of("*:64:0:*:*,7:mss::1") == "'1' is none of 0, + and *");
}

TEST_CASE("of what fits, a certain system goes before one of many, and both before what nearly fits") {
  std::vector<std::string> problems;
  const auto database = P0fDatabase::open(kFile, problems);
  REQUIRE(database);
  CHECK(problems == std::vector<std::string>());
  CHECK(database->size() == 4);
  CHECK(found(*database, Syn{}.v4()) == "Linux 3.11 and newer");
  CHECK(found(*database, Syn{.window = 64000}.v4()) == "Linux");
  CHECK(found(*database, Syn{.ttl = 100}.v4()) == "nearly Linux 3.11 and newer");
  CHECK(found(*database, Syn{.options = kXp, .window = 65535, .ttl = 112}.v4()) == "Windows XP");
  CHECK(found(*database, Syn{.options = kMss, .window = 2048, .ttl = 40, .fragment = 0}.v4()) == "scanner");
  CHECK(found(*database, Syn{.options = kNop}.v4()) == "nothing");
  const std::string generic = "label = g:unix:Many:\nsig = " + std::string(kLinuxLine) + "\n";
  const std::string certain = "label = s:unix:One:a:b\nsig = " + std::string(kLinuxLine) + "\n";
  CHECK(found(parse("[tcp:request]\n" + generic + certain), Syn{}.v4()) == "One a:b");
  const std::string far = "label = s:unix:Far:\nsig = *:255:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0\n";
  CHECK(found(parse("[tcp:request]\n" + far + generic), Syn{}.v4()) == "Many");
}

TEST_CASE("lines that are wrong are named and left out") {
  std::vector<std::string> problems;
  const std::string line = "sig = " + std::string(kLinuxLine) + "\n";
  const P0fDatabase database = P0fDatabase::parse(
      "sig = anywhere\n[tcp:request]\r\n" + line + "label = s:Linux\n" + line + "label = x:unix:Linux:1\n" +
          "colour = green\nlabel = s:unix::\n  label=s:unix:Linux:1 \r\n  sig=nothing\n" + line +
          "[http:request]\nsig = 1\n[tcp:request]\n" + line +
          "label = s:unix:" + std::string(P0fDatabase::kLongestName + 1, 'x') + ":\n",
      problems);
  CHECK(database.size() == 1);
  CHECK(problems == std::vector<std::string>{"line 3: no label is above it", "line 4: a label has four parts",
                                             "line 5: no label is above it", "line 6: 'x' is none of s and g",
                                             "line 7: is none of label, sys and sig",
                                             "line 8: a name has 1 to 100 bytes",
                                             "line 10: a signature has eight parts", "line 15: no label is above it",
                                             "line 16: a name has 1 to 100 bytes"});
}

TEST_CASE("a database has limits") {
  std::string text = "[tcp:request]\nlabel = s:unix:Linux:\n";
  for (std::size_t i = 0; i < P0fDatabase::kMostPatterns + 100; ++i) text += "sig = *:64:0:*:*,*:::*\n";
  std::vector<std::string> problems;
  CHECK(P0fDatabase::parse(text, problems).size() == P0fDatabase::kMostPatterns);
  REQUIRE(problems.size() == P0fDatabase::kMostProblems);
  CHECK(problems.front() == "line 5003: more than 5000 signatures");
}

TEST_CASE("files that cannot be used are errors") {
  std::vector<std::string> problems;
  const auto missing = P0fDatabase::open("/no/such/p0f.fp", problems);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what == "cannot read '/no/such/p0f.fp': No such file or directory");
  CHECK_FALSE(P0fDatabase::open("/", problems));
  const std::string path = "/tmp/p0f_database_test." + std::to_string(getpid());
  std::ofstream(path) << std::string(P0fDatabase::kMostBytes, '\n');
  CHECK(P0fDatabase::open(path, problems));
  std::ofstream(path, std::ios::app) << "\n";
  const auto large = P0fDatabase::open(path, problems);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == Code::over_limit);
  std::vector<FileProblem> files;
  CHECK_FALSE(open_p0f_file(path, files));
  CHECK_FALSE(open_p0f_file("/", files));
  CHECK_FALSE(open_p0f_file("/no/such/p0f.fp", files));
  CHECK(files.empty());
  std::remove(path.c_str());
}

TEST_CASE("a file that nobody named need not be there, and is told of where it cannot be used") {
  std::vector<FileProblem> problems;
  const auto usual = [&](const std::string& path) {
    problems.clear();
    const auto database = open_p0f_file("", problems, path);
    REQUIRE(database);
    return database->size();
  };
  CHECK((usual(kFile) == 4 && problems.empty()));
  CHECK((usual("/no/such/p0f.fp") == 0 && problems.empty()));
  CHECK(usual("/") == 0);
  CHECK(problems == std::vector<FileProblem>{{"/", "cannot read '/': Is a directory"}});
  const std::string path = "/tmp/p0f_database_test." + std::to_string(getpid());
  std::ofstream(path) << "[tcp:request]\nsig = 1\nlabel = x\n";
  CHECK(usual(path) == 0);
  CHECK(problems ==
        std::vector<FileProblem>{{path, "line 2: no label is above it"}, {path, "line 3: a label has four parts"}});
  std::ofstream(path) << std::string(P0fDatabase::kMostBytes + 1, '\n');
  CHECK((usual(path) == 0 && problems.size() == 1));
  std::remove(path.c_str());
}

TEST_CASE("Debian's database is understood") {
  std::vector<FileProblem> problems;
  const auto database = open_p0f_file("", problems);
  REQUIRE(database);
  CHECK(problems.empty());
  if (database->size() == 0) {
    WARN("skipped: the package p0f is not installed");
    return;
  }
  CHECK(found(*database, Syn{}.v4()) == "Linux 3.11 and newer");
  CHECK(found(*database, Syn{.options = kXp, .window = 65535, .ttl = 112}.v4()) == "Windows XP");
}
