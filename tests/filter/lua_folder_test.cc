/// lua_folder_test.cc: which files become filters, and what happens to those with a fault.
#include "filter/lua_folder.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "filter/chain_source.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

constexpr const char kGood[] = "function mail() return score(1, 'x') end";
constexpr const char kBad[] = "function mail(";

class Folder {
 public:
  Folder() {
    std::string name = "/tmp/maildrop-lua-XXXXXX";
    REQUIRE(::mkdtemp(name.data()));
    settings.folder = name;
  }
  ~Folder() { std::filesystem::remove_all(settings.folder); }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(settings.folder + "/" + file) << text;
  }
  void remove(const std::string& file) const { std::filesystem::remove(settings.folder + "/" + file); }

  LuaFilterSettings settings;
};

std::string names(const LuaFolder& folder) {
  std::string names;
  for (const auto& script : folder.scripts()) names += script->name() + " ";
  return names;
}

std::string problems(const LuaFolder& folder) {
  std::string text;
  for (const FileProblem& problem : folder.problems())
    text += problem.file + ": " + problem.what + (problem.older ? " (older)" : "") + "\n";
  return text;
}

}  // namespace

TEST_CASE("names of files") {
  CHECK(script_name("new_tld.lua") == "new_tld");
  CHECK(script_name("10-new_tld.lua") == "new_tld");
  CHECK(script_name("10.lua") == "10");
  CHECK(script_name("-x.lua").empty());
  CHECK(script_name("New.lua").empty());
  CHECK(script_name(".lua").empty());
  CHECK(script_name("x.txt").empty());
  CHECK(script_name(std::string(24, 'a') + ".lua").size() == 24);
  CHECK(script_name(std::string(25, 'a') + ".lua").empty());
}

TEST_CASE("files are filters in the order of their names") {
  const Folder files;
  files.write("20-b.lua", kGood);
  files.write("10-z.lua", kGood);
  files.write("set.txt", "x");
  files.write(".hidden.lua", kGood);
  files.write("note.md", "x");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(names(folder) == "z b ");
  CHECK(problems(folder).empty());
  CHECK_FALSE(folder.changed());
}

TEST_CASE("what cannot be one is told, and the others are there") {
  const Folder files;
  files.write("dkim.lua", kGood);
  files.write("lua.lua", kGood);
  files.write("score.lua", kGood);
  files.write("1-same.lua", kGood);
  files.write("2-same.lua", kGood);
  files.write("Bad.lua", kGood);
  files.write("syntax.lua", kBad);
  files.write("big.lua", std::string(LuaFolder::kLargestFile + 1, ' '));
  files.write("escape.lua", "set('../x') function mail() end");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(names(folder) == "same ");
  CHECK(problems(folder) ==
        "2-same.lua: there is a script of that name\n"
        "Bad.lua: is no name of a filter: [a-z0-9_], 24 bytes at most\n"
        "big.lua: is longer than 4 MiB\n"
        "dkim.lua: that name is taken\n"
        "escape.lua: line 1: set('../x'): is no name of a set: [a-z0-9_]\n"
        "lua.lua: that name is taken\n"
        "score.lua: that name is taken\n"
        "syntax.lua: line 1: <name> or '...' expected near <eof>\n");
  std::string scripts;
  for (const FileProblem& problem : folder.problems()) scripts += problem.script + ",";
  CHECK(scripts == ",,big,,escape,,,syntax,");
}

TEST_CASE("a fault is told once, by the name of the file") {
  const Folder files;
  files.write("10-one.lua", "\nfunction mail(");
  files.write("two.lua", "x = 1");
  files.write("three.lua", "local s = set('nope') function mail() end");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(problems(folder) ==
        "10-one.lua: line 2: <name> or '...' expected near <eof>\n"
        "three.lua: line 1: nope.txt: cannot be read\n"
        "two.lua: defines no function connect, helo, mail, rcpt, headers or message\n");
}

TEST_CASE("a script that gets a fault stays as it was") {
  const Folder files;
  files.write("one.lua", kGood);
  files.write("two.lua", kGood);
  LuaFolder folder;
  folder.read(files.settings);
  files.write("one.lua", kBad);
  files.remove("two.lua");
  files.write("three.lua", kGood);
  CHECK(folder.changed());
  folder.read(files.settings);
  CHECK(names(folder) == "one three ");
  CHECK(folder.scripts()[0]->name() == "one");
  CHECK(problems(folder) == "one.lua: line 1: <name> or '...' expected near <eof> (older)\n");
  files.write("one.lua", std::string(kGood) + " ");
  CHECK(folder.changed());
  folder.read(files.settings);
  CHECK(problems(folder).empty());
}

TEST_CASE("a set that is written is a change, too") {
  const Folder files;
  files.write("one.lua", "local s = set('names') function mail() if s.x then return score(1, 'x') end end");
  files.write("names.txt", "y\n");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(names(folder) == "one ");
  files.write("names.txt", "y\nx\n");
  CHECK(folder.changed());
}

TEST_CASE("a folder that is not there is told, and what was read from it stays") {
  Folder files;
  LuaFolder folder;
  folder.read(LuaFilterSettings{});
  CHECK(problems(folder).empty());
  CHECK_FALSE(folder.changed());
  files.write("one.lua", kGood);
  folder.read(files.settings);
  std::filesystem::rename(files.settings.folder, files.settings.folder + "-away");
  CHECK(folder.changed());
  folder.read(files.settings);
  CHECK(names(folder) == "one ");
  CHECK(problems(folder) == files.settings.folder + ": No such file or directory (older)\n");
  std::filesystem::rename(files.settings.folder + "-away", files.settings.folder);
  files.settings.mode = FilterUse::Mode::off;
  folder.read(files.settings);
  CHECK(names(folder).empty());
}

TEST_CASE("chains are made of settings and scripts, and made again when scripts have changed") {
  const Folder files;
  files.write("one.lua", kGood);
  Config config;
  config.filter.lua = files.settings;
  ChainSource source;
  CHECK(source.renew() == false);
  const auto chain = source.make(config);
  REQUIRE(chain);
  CHECK((*chain)->links().back().name == "one");
  CHECK(source.latest() == *chain);
  CHECK(source.renew() == false);
  files.write("two.lua", kGood);
  CHECK(source.renew() == true);
  CHECK(source.latest()->links().back().name == "two");
  files.write("two.lua", kBad);
  CHECK(source.renew() == true);
  CHECK(source.latest()->links().back().name == "two");
  CHECK(source.problems().size() == 1);
}

TEST_CASE("what is wrong with the files of other filters is told beside that of scripts") {
  const Folder files;
  files.write("one.lua", kBad);
  files.write("p0f.fp", "[tcp:request]\nsig = 1\n");
  Config config;
  config.filter.lua = files.settings;
  config.filter.tcp.database = files.settings.folder + "/p0f.fp";
  ChainSource source;
  REQUIRE(source.make(config));
  REQUIRE(source.problems().size() == 2);
  CHECK(source.problems()[1] == FileProblem{config.filter.tcp.database, "line 2: no label is above it"});
  config.filter.tcp.mode = FilterUse::Mode::off;
  REQUIRE(source.make(config));
  CHECK(source.problems().size() == 1);
}

TEST_CASE("a script that stays as it was has the mode that the settings have now") {
  Folder files;
  files.write("one.lua", "filter { mode = 'enforce' } local s = set('x') function mail() end");
  files.write("x.txt", "x");
  LuaFolder folder;
  folder.read(files.settings);
  REQUIRE(names(folder) == "one ");
  CHECK(folder.scripts()[0]->use().mode == FilterUse::Mode::enforce);
  files.write("one.lua", kBad);
  files.remove("x.txt");
  files.settings.mode = FilterUse::Mode::observe;
  folder.read(files.settings);
  REQUIRE(names(folder) == "one ");
  CHECK(folder.scripts()[0]->use().mode == FilterUse::Mode::observe);
}

TEST_CASE("a script that stays as it was has its sets as they are now, if it can be with them") {
  Folder files;
  files.write("one.lua",
              "local s = set('x') if s.bad then error('no') end filter { summary = next(s) } function mail() end");
  files.write("x.txt", "old");
  LuaFolder folder;
  folder.read(files.settings);
  REQUIRE(names(folder) == "one ");
  files.write("one.lua", kBad);
  files.write("x.txt", "new");
  folder.read(files.settings);
  REQUIRE(names(folder) == "one ");
  CHECK(folder.scripts()[0]->summary() == "new");
  files.write("x.txt", "bad");
  folder.read(files.settings);
  REQUIRE(names(folder) == "one ");
  CHECK(folder.scripts()[0]->summary() == "new");
}

TEST_CASE("which files have changed is told") {
  const Folder files;
  files.write("one.lua", kGood);
  files.write("two.lua", kGood);
  files.write("x.txt", "x");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(folder.news() == std::vector<std::string>{"one.lua", "two.lua", "x.txt"});
  files.write("x.txt", "xy");
  files.remove("one.lua");
  folder.read(files.settings);
  CHECK(folder.news() == std::vector<std::string>{"x.txt", "one.lua"});
  folder.read(files.settings);
  CHECK(folder.news().empty());
}

TEST_CASE("what is no plain file keeps nobody waiting") {
  const Folder files;
  REQUIRE(::mkfifo((files.settings.folder + "/pipe.lua").c_str(), 0600) == 0);
  std::filesystem::create_directory(files.settings.folder + "/folder.lua");
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(problems(folder) == "folder.lua: is no plain file\npipe.lua: is no plain file\n");
}

TEST_CASE("a folder has so many scripts") {
  const Folder files;
  for (std::size_t i = 0; i <= LuaFolder::kMostScripts; ++i)
    files.write("s" + std::to_string(1000 + i) + ".lua", kGood);
  LuaFolder folder;
  folder.read(files.settings);
  CHECK(folder.scripts().size() == LuaFolder::kMostScripts);
  CHECK(problems(folder) == "s1100.lua: is one too many: 100 are read\n");
}
