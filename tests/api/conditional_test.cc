/// conditional_test: RFC 9110 13 and 14, a line a trick.
#include "api/conditional.h"

#include <catch2/catch.hpp>

#include "api/answer.h"
#include "api/encoding.h"
#include "api/kit.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

Response whole(std::string body, bool in_parts = true) {
  Response response;
  response.content_type = "message/rfc822";
  response.headers.emplace_back("Content-Disposition", "attachment");
  if (in_parts) response.headers.emplace_back(kAcceptRanges);
  response.body = std::move(body);
  return response;
}

Response met(Fields fields, Response response = whole("0123456789"), bool compresses = false,
             const std::string& method = "GET") {
  meet_conditions(request(method, {"api", "v3", "x"}, std::move(fields)), compresses, response);
  return response;
}

const std::string kTag = header(met({}), "ETag");
const std::string kText(5000, 'a');

std::size_t count(const Response& response, std::string_view name) {
  std::size_t found = 0;
  for (const auto& [key, value] : response.headers) found += key == name;
  return found;
}

}  // namespace

TEST_CASE("conditional: each whole answer has a strong tag of its bytes") {
  CHECK(kTag.size() == 34);
  CHECK(kTag.front() == '"');
  CHECK(header(met({}, whole("0123456789", false)), "ETag") == kTag);
  CHECK(header(met({}, whole("012345678")), "ETag") != kTag);
  CHECK(met({}).body == "0123456789");
  CHECK(count(met({}), "ETag") == 1);
  Response missing = problem(404, "not found");
  CHECK(header(met({{"if-none-match", "*"}}, missing), "ETag").empty());
  CHECK(met({{"if-none-match", "*"}}, missing).status == 404);
  Response endless = whole("x");
  endless.later = Later{mail::Inbox::trusted("bob"), {}, true, {}};
  CHECK(met({{"if-none-match", "*"}}, endless).status == 200);
}

TEST_CASE("conditional: what a client has is not sent again") {
  for (const std::string& tags : {kTag, "W/" + kTag, std::string("*"), "\"other\", " + kTag, kTag + ",\"other\"",
                                  " " + kTag + " ", "\"a\",,W/" + kTag}) {
    INFO(tags);
    const Response response = met({{"if-none-match", tags}});
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(response.content_type.empty());
    CHECK(header(response, "Content-Disposition").empty());
    CHECK(header(response, "ETag") == kTag);
    CHECK(count(response, "ETag") == 1);
    CHECK(met({{"if-none-match", tags}, {"range", "bytes=0-1"}}).status == 304);
    CHECK(met({{"if-none-match", tags}}, whole("0123456789"), false, "HEAD").status == 304);
  }
  for (const std::string& tags : {std::string("\"other\""), std::string(), kTag.substr(1), kTag.substr(0, 20),
                                  "w/" + kTag, std::string("\"*\"")}) {
    INFO(tags);
    CHECK(met({{"if-none-match", tags}}).status == 200);
  }
}

TEST_CASE("conditional: a list that waits still does when it would be the same") {
  Response empty = whole("{}");
  empty.later = Later{mail::Inbox::trusted("bob"), Millis(2000)};
  const Response response = met({{"if-none-match", "*"}}, empty);
  CHECK(response.status == 304);
  REQUIRE(response.later);
  CHECK(response.later->wait == Millis(2000));
}

TEST_CASE("conditional: one range") {
  struct Row {
    const char* range;
    const char* body;
    const char* where;
  };
  const Row rows[] = {{"bytes=0-0", "0", "bytes 0-0/10"},
                      {"bytes=2-4", "234", "bytes 2-4/10"},
                      {"bytes=8-", "89", "bytes 8-9/10"},
                      {"bytes=0-", "0123456789", "bytes 0-9/10"},
                      {"bytes=8-99", "89", "bytes 8-9/10"},
                      {"bytes=-3", "789", "bytes 7-9/10"},
                      {"bytes=-99", "0123456789", "bytes 0-9/10"},
                      {"BYTES=1-1", "1", "bytes 1-1/10"},
                      {"bytes= 1-1 ", "1", "bytes 1-1/10"},
                      {"bytes=8-99999999999999999999999", "89", "bytes 8-9/10"},
                      {"bytes=-99999999999999999999999", "0123456789", "bytes 0-9/10"}};
  for (const Row& row : rows) {
    INFO(row.range);
    const Response response = met({{"range", row.range}});
    CHECK(response.status == 206);
    CHECK(response.body == row.body);
    CHECK(header(response, "Content-Range") == row.where);
    CHECK(header(response, "ETag") == kTag);
    CHECK(response.content_type == "message/rfc822");
  }
}

TEST_CASE("conditional: ranges of what is not there") {
  for (const char* range : {"bytes=10-", "bytes=10-20", "bytes=99999999999999999999999-", "bytes=-0"}) {
    INFO(range);
    const Response response = met({{"range", range}});
    CHECK(response.status == 416);
    CHECK(header(response, "Content-Range") == "bytes */10");
    CHECK(header(response, "Content-Disposition").empty());
    CHECK(response.content_type == "application/problem+json");
  }
  CHECK(met({{"range", "bytes=0-"}}, whole("")).status == 416);
}

TEST_CASE("conditional: ranges that are passed over") {
  for (const char* range :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=3-2", "bytes=0-1,3-4", "bytes=0-1,",
        "items=0-1", "bytes=+1-2", "bytes=1--2", "bytes=0x1-2", "bytes=1-2x", "0-1", "bytes = 0-1"}) {
    INFO(range);
    const Response response = met({{"range", range}});
    CHECK(response.status == 200);
    CHECK(response.body == "0123456789");
    CHECK(header(response, "Content-Range").empty());
  }
  CHECK(met({{"range", "bytes=0-1"}}, whole("0123456789", false)).status == 200);
  CHECK(met({{"range", "bytes=0-1"}}, whole("0123456789"), false, "HEAD").status == 200);
}

TEST_CASE("conditional: a range of other bytes is the whole") {
  CHECK(met({{"range", "bytes=0-1"}, {"if-range", kTag}}).status == 206);
  for (const std::string& other :
       {std::string("\"other\""), "W/" + kTag, std::string("Tue, 14 Nov 2023 22:13:20 GMT"), std::string("*")}) {
    INFO(other);
    CHECK(met({{"range", "bytes=0-1"}, {"if-range", other}}).status == 200);
    CHECK(met({{"range", "bytes=99-"}, {"if-range", other}}).status == 200);
  }
}

TEST_CASE("conditional: gzip where it is taken, is worth it and is safe") {
  const Fields takes = {{"accept-encoding", "gzip"}};
  const Response packed = met(takes, whole(kText), true);
  CHECK(packed.status == 200);
  CHECK(header(packed, "Content-Encoding") == "gzip");
  CHECK(header(packed, "Vary") == "Accept-Encoding");
  CHECK(packed.body == gzip(kText));
  const Response plain = met({}, whole(kText), true);
  CHECK(header(plain, "Vary") == "Accept-Encoding");
  CHECK(header(plain, "Content-Encoding").empty());
  CHECK(plain.body == kText);
  CHECK(header(plain, "ETag") != header(packed, "ETag"));
  CHECK(header(met(takes, whole(kText), true, "HEAD"), "ETag") == header(packed, "ETag"));
  CHECK(met(takes, whole(kText), false).body == kText);
  CHECK(count(met(takes, whole(kText), false), "Vary") == 0);
  CHECK(met(takes, whole(std::string(kLeastToCompress - 1, 'a')), true).body.size() == kLeastToCompress - 1);
}

TEST_CASE("conditional: what is packed has a tag of its own, and is never in parts") {
  const Fields takes = {{"accept-encoding", "gzip"}};
  const std::string plain = header(met({}, whole(kText), true), "ETag");
  const std::string packed = header(met(takes, whole(kText), true), "ETag");
  const auto ask = [&](Fields fields) {
    fields["accept-encoding"] = "gzip";
    return met(fields, whole(kText), true);
  };
  for (const std::string& tag : {plain, packed}) {
    const Response same = ask({{"if-none-match", tag}});
    CHECK(same.status == 304);
    CHECK(header(same, "ETag") == tag);
    CHECK(header(same, "Vary") == "Accept-Encoding");
  }
  CHECK(met({{"if-none-match", packed}}, whole(kText), true).status == 200);
  const Response part = ask({{"range", "bytes=0-1"}});
  CHECK(part.status == 206);
  CHECK(part.body == "aa");
  CHECK(header(part, "Content-Encoding").empty());
  CHECK(header(part, "ETag") == plain);
  CHECK(ask({{"range", "bytes=0-1"}, {"if-range", packed}}).status == 200);
  CHECK(header(ask({{"range", "bytes=0-1,2-3"}}), "Content-Encoding") == "gzip");
}

TEST_CASE("conditional: reads of v3 meet them, and no answer that mixes senders is packed") {
  World world;
  for (int i = 0; i < 50; ++i)
    world.store.add("eve", message(kFirstId, std::string(100, 'a'), "Subject: x\r\n\r\n" + kText));
  const auto ask = [&](std::vector<std::string> path, Fields fields) {
    fields["accept-encoding"] = "gzip";
    return dispatch(request("GET", std::move(path), std::move(fields)), world.context);
  };
  const Response list = ask({"api", "v3", "mailboxes", "eve"}, {});
  CHECK(list.body.size() > kLeastToCompress);
  CHECK(header(list, "Content-Encoding").empty());
  CHECK(header(ask({"api", "v3", "mailboxes", "eve", "feed.atom"}, {}), "Content-Encoding").empty());
  CHECK(header(ask({"api", "v3", "mailboxes", "eve", kFirstId, "text"}, {}), "Content-Encoding") == "gzip");
  CHECK(ask({"api", "v3", "mailboxes", "eve"}, {{"if-none-match", header(list, "ETag")}}).status == 304);
  CHECK(header(list, "Cache-Control") == "no-store");
  CHECK(header(ask({"v2", "mailbox", "eve"}, {}), "ETag").empty());
  CHECK(header(ask({"api", "v3", "suggestion"}, {}), "ETag").empty());
  for (const Route& route : routes()) {
    INFO(route.pattern);
    const bool of_one = route.pattern.find("{id}") != std::string_view::npos;
    const bool of_nobody = route.pattern.find("{name}") == std::string_view::npos;
    if (route.compresses) CHECK((of_one || of_nobody));
    if (route.compresses) CHECK(route.runs == Runs::on_worker);
  }
}
