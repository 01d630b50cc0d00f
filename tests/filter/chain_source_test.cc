/// chain_source_test.cc: a change that cannot be taken up leaves all as it was, and is not forgotten.
#include "filter/chain_source.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace maildrop::filter {
namespace {

class Idle final : public Filter {
 public:
  Finding judge(Phase, const mail::Transaction&, Facts&) const override { return {}; }
};

std::string missing_for;  // the folder of scripts beside which the one filter that is none cannot be made; `/`: any

const FilterUse& always_in_use(const FilterSettings&) {
  static const FilterUse use{.mode = FilterUse::Mode::enforce};
  return use;
}

Result<std::unique_ptr<Filter>> make_if_listed(const Config& config) {
  if (missing_for == "/" || config.filter.lua.folder.ends_with(missing_for))
    return fail(Code::invalid, "list: cannot read it");
  return std::make_unique<Idle>();
}

const FilterKind kListed{"listed",      "goes by a list", bit(Phase::mail), {},
                         Evidence::own, always_in_use,    make_if_listed};

struct ScriptFolders {
  std::string path = std::filesystem::temp_directory_path().string() + "/maildrop-XXXXXX";
  Config config;
  ChainSource source{{}, {&kListed, 1}};

  ScriptFolders() {
    missing_for = "none";
    path = ::mkdtemp(path.data());
    for (const char* folder : {"/one", "/other"}) std::filesystem::create_directory(path + folder);
    config.filter.lua.mode = FilterUse::Mode::score;
    config.filter.lua.folder = path + "/one";
    write("one/a.lua");
    REQUIRE(source.make(config));
    REQUIRE(last() == "a");
  }
  ~ScriptFolders() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  ScriptFolders(const ScriptFolders&) = delete;
  void write(const std::string& name) const {
    std::ofstream(path + "/" + name) << "function mail() return pass('" << name << "') end";
  }
  std::string last() const { return std::string(source.latest()->links().back().name); }
};

}  // namespace

TEST_CASE("chain source: scripts that change while no chain can be made are taken up when one can") {
  ScriptFolders s;
  s.write("one/b.lua");
  missing_for = "/";
  for (int look = 0; look < 2; ++look) {
    const auto renewed = s.source.renew();
    REQUIRE_FALSE(renewed);
    CHECK(renewed.error().what == "filter.listed.list: cannot read it");
    CHECK(s.last() == "a");
    CHECK(s.source.scripts().size() == 1);
  }
  missing_for = "none";
  CHECK(s.source.renew() == true);
  CHECK(s.last() == "b");
  CHECK(s.source.renew() == false);
}

TEST_CASE("chain source: settings that are refused leave the folder that is looked at") {
  ScriptFolders s;
  s.write("other/c.lua");
  Config other = s.config;
  other.filter.lua.folder = s.path + "/other";
  auto shadow = std::make_shared<FilterSettings>(other.filter);
  shadow->lua.folder = s.path + "/shadow";
  other.shadow = shadow;
  SECTION("with the filters in force") { missing_for = "/other"; }
  SECTION("with those of the shadow") { missing_for = "/shadow"; }
  CHECK_FALSE(s.source.make(other));
  missing_for = "none";
  CHECK(s.source.renew() == false);
  s.write("other/d.lua");
  CHECK(s.source.renew() == false);
  s.write("one/b.lua");
  CHECK(s.source.renew() == true);
  CHECK(s.last() == "b");
}

}  // namespace maildrop::filter
