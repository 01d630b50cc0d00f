/// samples_test.cc: each filter finds in its samples what they want; and each has such as pass, are caught, fail, and
/// are hostile.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "filter/filters.h"
#include "filter/sample.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

std::vector<std::string> sample_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(MAILDROP_SOURCE_DIR "/tests/filter/samples"))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("filters find in their samples what is wanted") {
  for (const std::string& path : sample_files()) {
    FakeClock clock;
    TableWorld world(clock);
    INFO(path);
    const Result<Sample> sample = read_sample(path, world, clock);
    INFO((sample ? "" : sample.error().what));
    REQUIRE(sample);
    const Result<SampleFindings> findings = play_sample(*sample, world, clock);
    INFO((findings ? "" : findings.error().what));
    REQUIRE(findings);
    CHECK(differences(*sample, *findings) == std::vector<std::string>{});
  }
}

TEST_CASE("a sample is for whom writes one: an inbox is a recipient, and a line that is none is quoted") {
  char folder[] = "/tmp/maildrop-sample-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  const std::string path = std::string(folder) + "/access-x.sample";
  const auto read = [&](const std::string& text) {
    std::ofstream(path) << text;
    FakeClock clock;
    TableWorld world(clock);
    const Result<Sample> sample = read_sample(path, world, clock);
    if (!sample) return sample.error().what;
    const Result<SampleFindings> findings = play_sample(*sample, world, clock);
    if (!findings) return findings.error().what;
    std::string lines;
    for (const std::string& line : differences(*sample, *findings))
      lines.append(lines.empty() ? "" : "; ").append(line);
    return lines.empty() ? std::string("as wanted") : lines;
  };
  CHECK(read("set filter.access.deny = to:bob@example.com\nset mail.domains = example.com\nto bob\n"
             "want rcpt reject 7 denied by to:bob@example.com  \n") == "as wanted");
  CHECK(read("set filter.access.deny = to:bob@localhost\nto bob\nwant rcpt reject 7 denied by to:bob@localhost\n") ==
        "as wanted");
  CHECK(read("\nfom a@example.com\n") == "line 2: no sample has a line 'fom', did you mean 'from'?");
  CHECK(read("nonsense\n") == "line 1: no sample has a line 'nonsense'");
  const std::string denied = "set filter.access.deny = to:bob@localhost\n";
  CHECK(read(denied + "want rcpt pass 1 x\n") ==
        "wanted rcpt pass 1 x; found  rcpt reject 7 denied by to:bob@localhost");
  CHECK(read("to ann@localhost\n") == "it cannot fail: say 'want nothing at PHASE', or 'want not asked'");
  CHECK(read(denied + "to ann@localhost\nto eve@localhost\nwant nothing at connect, rcpt\n") == "as wanted");
  CHECK(read(denied + "want nothing at rcpt\n") == "wanted nothing; found  rcpt reject 7 denied by to:bob@localhost");
  CHECK(read("want nothing at rcpt, message\n") ==
        "wanted nothing at rcpt, message; was asked at connect, helo, mail, rcpt");
  CHECK(read("want not asked\n") == "wanted not asked; was asked at connect, helo, mail, rcpt");
  CHECK(read("set filter.access.mode = off\nwant not asked\n") == "as wanted");
  CHECK(read("set filter.access.mode = off\nwant nothing at rcpt\n") == "wanted nothing at rcpt; was not asked");
  CHECK(read("want nothing at data\n") == "line 1: 'data' is no phase");
  CHECK(read("want nothing at rcpt,\n") == "line 1: 'rcpt,' is no phase");
  CHECK(read("want not asked\nwant nothing at rcpt\n") == "who is not asked finds and tells nothing");
  std::filesystem::remove_all(folder);
}

TEST_CASE("each filter has samples of all kinds") {
  std::set<std::string> kinds;
  for (const std::string& path : sample_files()) {
    const std::string name = std::filesystem::path(path).stem().string();
    kinds.insert(name.substr(0, name.find('-', name.find('-') + 1)));
  }
  for (const FilterKind& kind : filter_kinds())
    for (const char* of : {"pass", "hit", "error", "hostile"}) {
      INFO(kind.name << "-" << of);
      CHECK(kinds.contains(std::string(kind.name) + "-" + of));
    }
}
