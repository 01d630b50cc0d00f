/// http_corpus_test: the attacks of tests/api/http, played to the reader and the routes; README.md there has the
/// syntax.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "api/http_reader.h"
#include "api/kit.h"
#include "core/text.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;
using Want = HttpReader::Want;

namespace {

const std::string kHonest = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

struct Case {
  std::string name;  // `FILE:LINE NAME`
  std::string bytes;
  bool ends = false;   // the client sends no more
  std::string wanted;  // `400 closed`
};

/// \r \n \t \0 \\ \xNN
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    REQUIRE(i + 1 < text.size());
    switch (text[++i]) {
      case 'r': out += '\r'; break;
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case '0': out += '\0'; break;
      case '\\': out += '\\'; break;
      case 'x':
        REQUIRE(i + 2 < text.size());
        out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
        break;
      default: FAIL("unknown escape in '" << text << "'");
    }
  }
  return out;
}

/// `\c` at the end: no CR LF.
void add_sent(std::string_view text, std::string& bytes) {
  const bool whole = !text.ends_with("\\c");
  if (!whole) text.remove_suffix(2);
  bytes += unescaped(text) + (whole ? "\r\n" : "");
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (; count > 0; --count) out += text;
  return out;
}

/// `200*3 400` as `200 200 200 400 `.
std::string spelt_out(std::string_view statuses) {
  std::string out;
  for (const std::string_view word : split(statuses, ' ')) {
    const std::size_t star = word.find('*');
    const std::string once = std::string(word.substr(0, star)) + " ";
    out += repeated(once, star == std::string_view::npos ? 1 : std::stoul(std::string(word.substr(star + 1))));
  }
  return out;
}

std::vector<Case> cases_of(const std::filesystem::path& file) {
  std::vector<Case> cases;
  Case next;
  std::string name, line;
  std::ifstream in(file);
  for (int number = 1; std::getline(in, line); ++number) {
    INFO(file.filename().string() << ":" << number);
    const std::string rest = line.size() > 2 ? line.substr(2) : std::string();
    if (line.starts_with("#")) {
      name = file.filename().string() + ":" + std::to_string(number) + " " + rest;
    } else if (line.starts_with(">")) {
      add_sent(rest, next.bytes);
    } else if (line.starts_with("+ ")) {
      const std::size_t blank = rest.find(' ');
      REQUIRE(blank != std::string::npos);
      next.bytes += repeated(unescaped(rest.substr(blank + 1)), std::stoul(rest));
    } else if (line == "end") {
      next.ends = true;
    } else {
      REQUIRE(line.starts_with("< "));
      const bool kept = rest.ends_with("kept");
      REQUIRE((kept || rest.ends_with("closed")));
      const std::size_t statuses = rest.rfind(' ');
      next.wanted = statuses == std::string::npos ? "" : spelt_out(rest.substr(0, statuses));
      next.wanted += kept ? "200 closed" : "closed";
      next.name = name;
      if (!next.ends) next.bytes += kHonest;
      cases.push_back(std::exchange(next, Case()));
    }
  }
  CHECK(next.bytes.empty());
  return cases;
}

/// The statuses of all answers, in order, and whether the connection ends by then.
std::string play(const Case& played, std::size_t portion, World& world) {
  HttpReader reader{HttpLimits()};
  std::string out;
  for (std::size_t at = 0; at < played.bytes.size(); at += portion) {
    Want want = reader.consume(std::string_view(played.bytes).substr(at, portion));
    while (want == Want::answer) {
      const Request request = reader.take();
      out += std::to_string(dispatch(request, world.context).status) + " ";
      if (!reader.keep_alive()) return out + "closed";
      want = reader.next();
    }
    if (want == Want::close) return out + std::to_string(reader.refusal().status) + " closed";
  }
  return out + (played.ends ? "closed" : "waits");
}

}  // namespace

TEST_CASE("http corpus: each attack gets its answer, and what stands behind it is no request") {
  World world;
  std::size_t files = 0, cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(MAILDROP_SOURCE_DIR "/tests/api/http")) {
    if (entry.path().extension() != ".http") continue;
    ++files;
    for (const Case& each : cases_of(entry.path())) {
      ++cases;
      INFO(each.name);
      for (const std::size_t portion : {std::size_t{1}, std::size_t{7}, each.bytes.size()})
        CHECK(play(each, portion, world) == each.wanted);
      CHECK(world.store.count("bob") == 2);
    }
  }
  CHECK(files >= 10);
  CHECK(cases >= 150);
}
