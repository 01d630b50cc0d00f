/// mbox_test.cc: a file of many messages, and one with a From_ line of its own.
#include "mail/mbox.h"

#include <catch2/catch.hpp>

#include "folder.h"

namespace maildrop::replay {
namespace {

using test::Folder;
using test::Names;
using test::read_all;

const mail::FromLine kFrom{"line@example.com", from_millis(1'700'000'000'000)};

TEST_CASE("mbox source: messages by number, with what the From_ line tells") {
  const Folder folder;
  const std::string body = "To: bob@x\r\n\r\nFrom here\r\n" + std::string(100'000, 'x') + "\r\n";
  const std::string path =
      folder.file("old", mail::mboxrd(body, kFrom) + mail::mboxrd("prose\r\n", kFrom) + mail::mboxrd("", kFrom) +
                             mail::mboxrd("Return-Path: <a@x>\r\n\r\n", {"", kFrom.date}));
  CHECK(read_all(folder, "old") ==
        Names{"old:1", "! 'old:2' is no message: it has no header field", "! 'old:3' is empty", "old:4"});
  SourceOptions options;
  options.max_size = 1000;
  CHECK(read_all(folder, "old", options).front() == "! 'old:1' is larger than 1000");
  CHECK(read_all(folder, "old", options).back() == "old:4");

  const auto source = open_source(path);
  REQUIRE(source);
  const Sample first = (*source)->next().value().value();
  CHECK(first.data == body);
  CHECK(first.envelope.from == "line@example.com");
  CHECK(first.envelope.received == kFrom.date);
  CHECK(first.envelope.to == Names{"bob@x"});
  (*source)->next();
  (*source)->next();
  CHECK((*source)->next().value().value().envelope.from == "a@x");
}

TEST_CASE("mbox source: a message saved with its From_ line is an mbox of one, or more") {
  const Folder folder;
  const std::string line = "From a@x  Thu Aug 22 12:36:23 2002\n";
  folder.file("one.eml", line + "Return-Path: <a@x>\nTo: bob@x\n\nFrom here on\n");
  folder.file("two.eml", line + "To: bob@x\n\nforwarded:\n\n" + line + "To: eve@x\n\n");
  CHECK(read_all(folder, "one.eml") == Names{"one.eml:1"});
  CHECK(read_all(folder, "two.eml") == Names{"two.eml:1", "two.eml:2"});
}

TEST_CASE("mbox source: a Content-Length divides where the caller knows that it may") {
  const Folder folder;
  const std::string line = "From a@x  Thu Aug 22 12:36:23 2002\n";
  const std::string inner = "forwarded:\n\n" + line + "To: eve@x\n";
  folder.file("cl2", line + "To: bob@x\nContent-Length: " + std::to_string(inner.size()) + "\n\n" + inner);
  CHECK(read_all(folder, "cl2") == Names{"cl2:1", "cl2:2"});
  SourceOptions options;
  options.mboxcl2 = true;
  CHECK(read_all(folder, "cl2", options) == Names{"cl2:1"});
  CHECK(read_all(folder, "", options) == Names{"cl2:1"});
}

}  // namespace
}  // namespace maildrop::replay
