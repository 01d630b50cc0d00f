/// show_test.cc: one message in every form: exact, safe, or JSON.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "capture.h"
#include "core/text.h"
#include "inbox.h"
#include "json_line.h"

namespace maildrop::cmd {
namespace {

const std::string kData =
    "From: \x1b]0;x\x07 <a@example.com>\r\nSubject: =?utf-8?Q?gr=C3=BC=C3=9Fe?=\r\nX-Bytes: \xff\xc2\x9b\r\n\r\nred "
    "\x1b[31m\xe2\x80\xae\r\nnext\r\n";

store::Message hostile() {
  store::Message message;
  message.summary = test::summary("d000000azzzzzzzzzzzzzzzzzz", "\x1b]0;x\x07 <a@example.com>",
                                  "gr\xc3\xbc\xc3\x9f"
                                  "e\xff");
  message.data = kData;
  message.transcript = "S: 220 mx\nC: HELO \x1b[31m\xe2\x80\xae\n";
  return message;
}

TEST_CASE("raw is every byte") { CHECK(show(Form::raw, "bob", hostile(), Screen{}) == kData); }

TEST_CASE("what people read is safe in every form") {
  for (const Form form : {Form::screen, Form::headers, Form::text, Form::transcript, Form::json}) {
    const std::string text = show(form, "bob", hostile(), Screen{});
    CAPTURE(text);
    CHECK(terminal_safe(text, Lines::many) == text);
    CHECK(text.back() == '\n');
  }
}

TEST_CASE("headers are all of the header, text all of the body") {
  const std::string headers = show(Form::headers, "bob", hostile(), Screen{});
  CHECK_THAT(headers, Catch::StartsWith("From: ") && Catch::Contains("\nX-Bytes: "));
  CHECK_THAT(headers, !Catch::Contains("red") && !Catch::EndsWith("\n\n"));
  const std::string text = show(Form::text, "bob", hostile(), Screen{});
  CHECK_THAT(text, Catch::StartsWith("red ") && Catch::EndsWith("\nnext\n"));
  const std::string screen = show(Form::screen, "bob", hostile(), Screen{});
  CHECK_THAT(screen, Catch::Contains("\nSubject: gr\xc3\xbc\xc3\x9f"
                                     "e") &&
                         Catch::Contains("\nId: d000000azz") && Catch::EndsWith("\n\n" + text));
}

TEST_CASE("what was removed is told, by us alone") {
  store::Message message = hostile();
  const std::string note = "X-Maildrop-Attachments: removed 2, 7 bytes\r\n";
  message.data = "Return-Path: <>\r\n" + note + "Received: from x\r\n\r\nbody\r\n";
  CHECK_THAT(show(Form::screen, "bob", message, Screen{}),
             Catch::EndsWith("\nAttachments: removed 2, 7 bytes\n\nbody\n"));
  message.data = "Return-Path: <>\r\nReceived: from x\r\n" + note + "\r\nbody\r\n";
  CHECK_THAT(show(Form::screen, "bob", message, Screen{}), !Catch::Contains("Attachments:"));
}

TEST_CASE("what filters made of it is told where they did") {
  store::Message message = hostile();
  const auto screen = [&] { return show(Form::screen, "bob", message, Screen{}); };
  CHECK_THAT(screen(), !Catch::Contains("Mark:"));
  message.summary.score = 0.5f;
  CHECK_THAT(screen(), Catch::Contains("zz\nMark: none, score 0.5\n\n"));
  message.summary.mark = store::Mark::quarantine;
  CHECK_THAT(screen(), Catch::Contains("zz\nMark: quarantine, score 0.5\n\n"));
  message.summary.score.reset();
  CHECK_THAT(screen(), Catch::Contains("zz\nMark: quarantine\n\n"));
}

TEST_CASE("a transcript is shown line by line") {
  CHECK(show(Form::transcript, "bob", hostile(), Screen{}) == "S: 220 mx\nC: HELO \xef\xbf\xbd[31m\xef\xbf\xbd\n");
}

TEST_CASE("what filters found is a line for each, and nothing in it is for the terminal") {
  store::Message message = hostile();
  message.verdicts =
      "1\ttag\t7.5\nconnect\taccess\tenforce\treject\t7\t-\t12\tdenied \x1b[31m\tA x.example = 192.0.2.1\n"
      "mail\tspf\tobserve\tpass\t-0.5\t-\t3\tpass\nrcpt\tlist\tscore\tpass\t0\tf\t1\tno DNS\n"
      "connect\t-\thelo\tdnsbl\n";
  CHECK(show(Form::verdicts, "bob", message, Screen{}) ==
        "Mark: tag, score 7.5\n"
        "PHASE    FILTER  MODE     SAYS         SCORE  USEC  WHY\n"
        "connect  access  enforce  reject           7    12  denied \xef\xbf\xbd[31m\n"
        "    A x.example = 192.0.2.1\n"
        "mail     spf     observe  pass          -0.5     3  pass\n"
        "rcpt     list    score    cannot tell      0     1  no DNS\n"
        "Nothing at connect: helo, dnsbl\n");
  const auto json = nlohmann::ordered_json::parse(show(Form::json_verdicts, "bob", message, Screen{}));
  CHECK(json["schema"] == "maildrop.verdicts/1");
  CHECK(json["inbox"] == "bob");
  CHECK(json["id"] == message.summary.id.text());
  CHECK(json["score"] == 7.5);
  auto same = json;
  for (const char* key : {"schema", "inbox", "id"}) same.erase(key);
  CHECK(same == nlohmann::ordered_json::parse(show(Form::json, "bob", message, Screen{}))["verdicts"]);
  message.verdicts = "1\tnone\t0\nconnect\t-\thelo\ncut\n";
  CHECK(show(Form::verdicts, "bob", message, Screen{}) ==
        "Mark: none, score 0\nNothing at connect: helo\nMore was found than is kept.\n");
  message.verdicts = "1\tnone\t17.5\nmail\taccess\tenforce\tpass\t0\ta\t1\tfriend\n";
  CHECK(show(Form::verdicts, "bob", message, Screen{})
            .starts_with("Mark: none, score 17.5, allowed by access at mail\n"));
  message.verdicts = "rubbish";
  CHECK(show(Form::verdicts, "bob", message, Screen{}) == "the verdicts kept with a message are damaged\n");
}

TEST_CASE("colour is around names only") {
  Screen screen;
  screen.colour = true;
  CHECK_THAT(show(Form::screen, "bob", hostile(), screen), Catch::StartsWith("\x1b[1mFrom:\x1b[0m \xef\xbf\xbd]0;x"));
}

TEST_CASE("JSON has the fields of its schema, and reads back") {
  const std::string line = show(Form::json, "bob", hostile(), Screen{});
  CHECK(line.find('\n') == line.size() - 1);
  const auto json = nlohmann::ordered_json::parse(line);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"schema", "inbox", "id", "received", "from", "to", "header_from", "subject",
                                         "date", "size", "helo", "peer", "tls", "mark", "score", "headers", "text",
                                         "verdicts"});
  CHECK(json["verdicts"].is_null());
  CHECK(json["schema"] == "maildrop.message/1");
  CHECK(json["id"] == "d000000azzzzzzzzzzzzzzzzzz");
  CHECK(json["received"] == "2023-11-14T22:13:20.000Z");
  CHECK(json["date"].is_null());
  CHECK(json["size"] == 1536);
  CHECK(json["mark"] == "none");
  CHECK(json["score"].is_null());
  CHECK(json["header_from"] == "\x1b]0;x\x07 <a@example.com>");
  CHECK(json["subject"] ==
        "gr\xc3\xbc\xc3\x9f"
        "e\xef\xbf\xbd");
  CHECK(json["headers"].size() == 3);
  CHECK(json["headers"][1] == nlohmann::ordered_json{{"name", "Subject"},
                                                     {"value",
                                                      "gr\xc3\xbc\xc3\x9f"
                                                      "e"}});
  CHECK(json["text"] == "red \x1b[31m\xe2\x80\xae\nnext\n");

  const auto listed = nlohmann::json::parse(json_message("bob", hostile().summary));
  CHECK(!listed.contains("text"));
  CHECK(!listed.contains("headers"));
  store::Summary judged = hostile().summary;
  judged.mark = store::Mark::tag;
  judged.score = 1.1f;
  CHECK_THAT(json_message("bob", judged), Catch::Contains(R"("mark":"tag","score":1.1)"));
  const auto deleted = nlohmann::json::parse(json_deleted("bob", hostile().summary.id));
  CHECK(deleted ==
        nlohmann::json{{"schema", "maildrop.deleted/1"}, {"inbox", "bob"}, {"id", "d000000azzzzzzzzzzzzzzzzzz"}});
}

TEST_CASE("JSON escapes what a terminal would act on, and nothing else") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"plain \xc3\xbc \xe4\xbd\xa0 \xf0\x9f\x91\xa9", "plain \xc3\xbc \xe4\xbd\xa0 \xf0\x9f\x91\xa9"},
      {"\x1b", "\\u001b"},
      {"\x7f", "\\u007f"},
      {"\xc2\x9b", "\\u009b"},
      {"\xe2\x80\xae", "\\u202e"},
      {"\xe2\x81\xa6", "\\u2066"},
      {"\xe2\x80\xa8", "\\u2028"},
      {"\xf3\xa0\x80\x81", "\\udb40\\udc01"},  // U+E0001, a format control beyond the first plane
  };
  for (const auto& [text, escaped] : rows) {
    const std::string line = json_line(Json{{"x", text}});
    CHECK(line == "{\"x\":\"" + escaped + "\"}\n");
    CHECK(nlohmann::json::parse(line)["x"] == text);
  }
}

}  // namespace
}  // namespace maildrop::cmd
