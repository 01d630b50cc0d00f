/// lua_text_test.cc: patterns that may take long are refused, and expressions never do.
#include "filter/lua_text.h"

#include "filter/lua_kit.h"

using namespace maildrop;
using namespace maildrop::filter;
using namespace maildrop::filter::test;

namespace {

std::string of(const std::string& what) {
  return ScriptBench("function mail(tx, facts) return score(1, tostring(" + what + ")) end").at(Phase::mail).substr(7);
}

}  // namespace

TEST_CASE("how many steps a pattern may need") {
  CHECK(steps_of_pattern("abc", 1000) == 1000);
  CHECK(steps_of_pattern("^abc", 1000) == 1);
  CHECK(steps_of_pattern(".-b", 1000) == 1'000'000);
  CHECK(steps_of_pattern("^.-b", 1000) == 1000);
  CHECK(steps_of_pattern("%a+%d+", 1000) == 1'000'000'000);
  CHECK(steps_of_pattern("^%+%-%*", 1000) == 1);  // no repetitions
  CHECK(steps_of_pattern("^a?a?a?", 1000) == 8);
  CHECK(steps_of_pattern("^%b()", 1000) == 1000);
  std::string many;
  for (int i = 0; i < 100; ++i) many += ".-";
  CHECK(steps_of_pattern(many, 1'000'000) == UINT64_MAX);
}

TEST_CASE("patterns that are short enough are Lua's own") {
  CHECK(of("('a.b.example'):match('[^.]+$')") == "example");
  CHECK(of("string.find('hello', 'l+')") == "3");
  CHECK(of("string.gsub('hello', 'l', 'L')") == "heLLo");
  CHECK(of("(function() local t = {} for w in ('a b c'):gmatch('%a') do t[#t + 1] = w end return #t end)()") == "3");
  CHECK(of("string.find('a.b', '.', 1, true)") == "2");
}

TEST_CASE("those that may take long are refused, and say what to do") {
  for (const char* call : {"find", "match", "gmatch", "gsub"}) {
    INFO(call);
    CHECK(of("string." + std::string(call) + "(string.rep('a', 3000), '.-.-b', '')")
              .find("the pattern may take too long for 3000 bytes: use re.match or re.find") != std::string::npos);
  }
  CHECK(of("string.find(string.rep('a', 30), string.rep('a?', 30) .. string.rep('a', 30))").find("may take too long") !=
        std::string::npos);
  CHECK(of("string.find(string.rep('a', 1e6), string.rep('a', 1000) .. 'b', 1, true)").find("may take too long") !=
        std::string::npos);
}

TEST_CASE("expressions") {
  CHECK(of("re.match('x12y', '[0-9]+')") == "12");
  CHECK(of("table.concat({re.match('ab=cd', '(\\\\w+)=(\\\\w+)')}, '|')") == "ab|cd");
  CHECK(of("re.match('b', '(a)|b')") == "false");
  CHECK(of("re.match('x', 'y')") == "nil");
  CHECK(of("select('#', re.match('x', '()()'))") == "2");
  CHECK(of("re.find('hello', 'l+')") == "3");
  CHECK(of("select(2, re.find('hello', 'l+'))") == "4");
  CHECK(of("re.match('x', '(')").find("missing )") != std::string::npos);
  CHECK(of("re.match('x', string.rep('x', 1001))").find("longer than 1000 bytes") != std::string::npos);
  CHECK(of("re.match(string.rep('a', 1e6), '(a|aa)+$') ~= nil") == "true");
  CHECK(of("(function() for i = 1, 100 do re.match('x', 'x' .. i) end return re.match('x', 'x') end)()") == "x");
}

TEST_CASE("what could do harm is not there") {
  for (const char* name :
       {"io",          "os",          "debug",        "package",      "require", "load",   "loadfile",       "dofile",
        "coroutine",   "print",       "setmetatable", "getmetatable", "rawset",  "rawget", "collectgarbage", "_G",
        "string.dump", "string.pack", "table.move",   "math.random"}) {
    INFO(name);
    CHECK(of(name) == "nil");
  }
  CHECK(of("string.rep('ab', 3)") == "ababab");
  CHECK(of("('ab'):rep(3, ',')") == "ab,ab,ab");
  CHECK(of("string.rep('', 1e15) == ''") == "true");
  CHECK(of("(function() string.find = nil end)()").find("the library cannot be changed") != std::string::npos);
  CHECK(of("(function() re.match = nil end)()").find("the library cannot be changed") != std::string::npos);
  CHECK(of("math.max(1, 2) + utf8.len('gr\\u{fc}n')") == "6");
}
