/// page_test.cc: the pages for people, as dispatch() gives them.
#include "api/page.h"

#include <catch2/catch.hpp>

#include "api/encoding.h"
#include "api/kit.h"
#include "api/message_parts.h"
#include "api/page_assets.h"
#include "api/page_text.h"
#include "filter/trace.h"

using namespace maildrop;
using namespace maildrop::api;
using namespace maildrop::api::test;

namespace {

struct Pages : World {
  Pages() {
    config.mail.domains = {"example.test"};
    clock.advance(from_millis(1'700'000'300'123) - clock.now());
  }
  Response get(std::vector<std::string> path, std::map<std::string, std::string, std::less<>> query = {}) {
    return dispatch(request("GET", std::move(path), {{"host", "example.test"}}, std::move(query)), context);
  }
  Response post(std::vector<std::string> path, const std::string& site = "same-origin") {
    return dispatch(request("POST", std::move(path), {{"host", "example.test"}, {"sec-fetch-site", site}}), context);
  }
  void add(const std::string& subject, const std::string& data, store::Mark mark = store::Mark::none,
           const std::string& verdicts = {}) {
    store::Message made = message(kUnknownId, subject, data);
    made.summary.mark = mark;
    made.verdicts = verdicts;
    store.add("eve", std::move(made));
  }
};

bool has(const Response& response, std::string_view text) { return response.body.find(text) != std::string::npos; }

const std::string kEveMessage = "0000000000000000000000000z";

}  // namespace

TEST_CASE("page: the first one asks for a name and suggests one") {
  Pages pages;
  const Response home = pages.get({""});
  CHECK(home.status == 200);
  CHECK(home.content_type == "text/html; charset=utf-8");
  CHECK(has(home, "<form class=\"large\" action=\"/inbox\">"));
  CHECK(has(home, "@example.test"));
  CHECK(has(home, "Nobody guesses <a href=\"/inbox/"));
  CHECK(has(home, "The newest 10 messages are kept, until 24 hours after"));
  CHECK(home.body != pages.get({""}).body);  // another name
  const std::string policy = header(home, "Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'; "));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(header(home, "Cache-Control") == "no-store");
  CHECK(header(home, "Access-Control-Allow-Origin").empty());
  pages.config.inbox.naming =
      InboxSettings::Naming::domain;  // all of a domain is one inbox: there is nothing to suggest
  CHECK_FALSE(has(pages.get({""}), "Nobody guesses"));
}

TEST_CASE("page: where any domain is taken, addresses have the name of the server, set or not") {
  Pages pages;
  pages.config.mail.domains = {"*"};
  const std::string own = effective_hostname(pages.config.smtp);
  REQUIRE_FALSE(own.empty());
  CHECK(has(pages.get({""}), "Give out any address at <b>" + own + "</b>"));
  CHECK(has(pages.get({"inbox", "bob"}), "<h1>bob@" + own + "</h1>"));
  CHECK(pages.get({"api", "v3", "suggestion"}).status == 200);
  CHECK(has(pages.get({"api", "v3", "mailboxes", "bob", "feed.atom"}), "tag:" + own + ",2026:"));
  pages.config.smtp.hostname = "mx.example.test";
  CHECK(has(pages.get({"inbox", "bob"}), "<h1>bob@mx.example.test</h1>"));
}

TEST_CASE("page: a form leads to the page of an inbox") {
  Pages pages;
  CHECK(header(pages.get({"inbox"}, {{"name", " Bob+shop "}}), "Location") == "/inbox/bob");
  CHECK(pages.get({"inbox"}, {{"name", "bob@example.test"}}).status == 303);
  CHECK(header(pages.get({"inbox"}, {{"name", " "}}), "Location") == "/");
  CHECK(header(pages.get({"inbox"}), "Location") == "/");
  CHECK(header(pages.get({"inbox"}, {{"name", "m\xC3\xBCller"}}), "Location") == "/inbox/m%C3%BCller");
  const Response none = pages.get({"inbox"}, {{"name", "<b>"}});
  CHECK(none.status == 400);
  CHECK_FALSE(has(none, "<b>"));
  CHECK(has(none, "does not begin with a dot"));
  CHECK(pages.get({"inbox"}, {{"name", "Post.Master"}}).status == 303);
  CHECK(pages.get({"inbox"}, {{"name", "PostMaster+x"}}).status == 403);
}

TEST_CASE("page: an inbox lists what it has, newest first") {
  Pages pages;
  const Response page = pages.get({"inbox", "bob"});
  CHECK(page.status == 200);
  CHECK(has(page, "<h1>bob@example.test</h1>"));
  CHECK(page.body.find("second") < page.body.find("first"));
  CHECK(has(page, "<b>Alice</b> <span class=\"quiet\">alice@example.org</span>"));
  CHECK(has(page, ">5 min ago</time>"));
  CHECK(has(page, "data-since=\"" + kSecondId + "\""));
  CHECK(has(page, "noindex"));
  CHECK(has(page, "id=\"empty\" hidden>"));
  const Response nobody = pages.get({"inbox", "nobody"});
  CHECK(has(nobody, "id=\"empty\">No mail. What is sent to <b>nobody@example.test</b> appears here."));
  CHECK(has(nobody, "id=\"messages\"></ol>"));
  CHECK(has(nobody, "data-since=\"\""));
  CHECK_FALSE(has(page, "?alias=new"));
  // A search, in any letters, that says when it finds nothing.
  CHECK_FALSE(has(pages.get({"inbox", "bob"}, {{"q", "SECOND"}}), ">first"));
  CHECK(has(pages.get({"inbox", "bob"}, {{"q", "\"><i>"}}), "Nothing here has “&quot;&gt;&lt;i&gt;”"));
  pages.store.failure = Error{Code::unavailable, "gone"};
  CHECK(pages.get({"inbox", "bob"}).status == 503);
}

TEST_CASE("page: what strangers wrote is text wherever it stands") {
  Pages pages;
  const std::string evil = "\"'><script>alert(1)</script>\x1B[2J\xE2\x80\xAE";
  store::Message made = message(kUnknownId, evil, "Subject: x\r\nX-" + evil + ": y\r\nX: " + evil + "\r\n\r\n" + evil);
  made.summary.header_from = evil + " <" + evil + ">";
  made.summary.from = made.summary.to = made.summary.peer = evil;
  filter::Trace trace;
  trace.entries.emplace_back().filter = "lua";
  trace.entries[0].reason = evil;
  trace.entries[0].facts = {evil};
  made.verdicts = filter::format_trace(trace);
  pages.store.add("eve", made);
  for (const char* view : {"", "html", "text", "headers", "source", "filters", "row"}) {
    std::vector<std::string> path{"inbox", "eve", kEveMessage};
    if (*view != '\0') path.emplace_back(view);
    const Response page = pages.get(path);
    INFO(view);
    CHECK(page.status == 200);
    CHECK_FALSE(has(page, "<script>"));
    CHECK_FALSE(has(page, "\x1B"));
    CHECK_FALSE(has(page, "\xE2\x80\xAE"));
  }
  CHECK_FALSE(has(pages.get({"inbox", "eve"}), "<script>"));
}

TEST_CASE("page: what is quarantined is told, and shown on request") {
  Pages pages;
  pages.add("a bargain", "Subject: x\r\n\r\nx", store::Mark::quarantine);
  const Response page = pages.get({"inbox", "eve"});
  CHECK_FALSE(has(page, "a bargain"));
  CHECK(has(page, "1 quarantined as likely spam"));
  const Response all = pages.get({"inbox", "eve"}, {{"quarantined", "shown"}});
  CHECK(has(all, "a bargain"));
  CHECK(has(all, "events?quarantined=shown"));
  pages.store.add("eve", message(kFirstId, "a letter", "Subject: y\r\n\r\ny"));
  const Response only = pages.get({"inbox", "eve"}, {{"quarantined", "only"}});
  CHECK(has(only, "a bargain"));
  CHECK_FALSE(has(only, "a letter"));
  CHECK(has(only, "events?quarantined=only"));
  const Response neither = pages.get({"inbox", "eve"}, {{"quarantined", "maybe"}});
  CHECK(neither.status == 400);
  CHECK_FALSE(has(neither, "digits"));  // that is said of names
  CHECK(has(pages.get({"inbox", "eve", kEveMessage, "row"}), "quarantined</span>"));
}

TEST_CASE("page: a message in its views") {
  Pages pages;
  const Response html = pages.get({"inbox", "bob", kSecondId});
  CHECK(has(
      html,
      "<iframe class=\"html\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" src=\"/api/v3/mailboxes/bob/" +
          kSecondId + "/html\""));
  CHECK(has(html, "aria-current=\"page\">HTML</a>"));
  const Response text = pages.get({"inbox", "bob", kFirstId});
  CHECK(has(text, "<pre class=\"text\">hello\n</pre>"));
  CHECK_FALSE(has(text, ">HTML</a>"));
  CHECK(has(text, "14 Nov 2023, 22:13 UTC"));
  CHECK(has(pages.get({"inbox", "bob", "latest", "headers"}), "<th scope=\"row\">Subject</th><td>second</td>"));
  CHECK(has(pages.get({"inbox", "bob", kFirstId, "source"}), "Subject: first\nFrom: Alice &lt;alice@example.org&gt;"));
  CHECK(has(pages.get({"inbox", "bob", kFirstId, "filters"}), "No filter judged"));
  CHECK(has(pages.get({"inbox", "bob", kFirstId, "html"}), "has no HTML"));
  CHECK(pages.get({"inbox", "bob", kUnknownId}).status == 404);
  CHECK(pages.get({"inbox", "bob", "x"}).status == 404);
  CHECK(pages.get({"inbox", "bob", kUnknownId, "row"}).status == 404);
}

TEST_CASE("page: the trace of a message is a table") {
  Pages pages;
  filter::TraceEntry listed;
  listed.filter = "dnsbl";
  listed.action = filter::Action::tag;
  listed.score = 7.5;
  listed.reason = "listed by zen";
  listed.facts = {"A 2.0.0.127.zen = 127.0.0.2"};
  filter::TraceEntry silent;
  silent.phase = filter::Phase::mail;
  silent.filter = "spf";
  filter::Trace trace;
  trace.mark = store::Mark::tag;
  trace.score = 7.5;
  trace.entries = {listed, silent};
  pages.add("x", "Subject: x\r\n\r\nx", store::Mark::tag, filter::format_trace(trace));
  const Response page = pages.get({"inbox", "eve", kEveMessage, "filters"});
  CHECK(has(page, "Score <b>7.5</b>, likely spam."));
  CHECK(has(page,
            "<td>connect</td><th scope=\"row\">dnsbl</th><td>tag</td><td class=\"number\">7.5</td><td>listed by zen"));
  CHECK(has(page, "A 2.0.0.127.zen = 127.0.0.2"));
  CHECK(has(page, "Found nothing: spf."));
}

TEST_CASE("page: codes, links, files and what was not loaded are named") {
  Pages pages;
  pages.add("Your code",
            "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
            "<p>Your code is 482913. <a href=\"https://a.example/confirm\">Confirm</a><img src=\"https://t.example/p\" "
            "width=1 height=1><img src=\"https://good.example:x@t.example:8443/q\">\r\n--b\r\nContent-Type: "
            "application/pdf\r\n"
            "Content-Disposition: attachment; filename=\"a<b.pdf\"\r\n\r\n%PDF\r\n--b--\r\n");
  const Response page = pages.get({"inbox", "eve", kEveMessage});
  CHECK(has(page, "<b class=\"code\">482913</b>"));
  CHECK(has(page, "<a href=\"https://a.example/confirm\" rel=\"noreferrer noopener nofollow\""));
  CHECK(has(page, "<summary>2 things from elsewhere were not loaded</summary>"));
  CHECK(has(page, "<li>t.example <span class=\"quiet\">× 2</span></li>"));
  CHECK(has(page, "1 of them would not be seen: it is there"));
  CHECK(has(page, "/parts/2\">a&lt;b.pdf</a>"));
}

TEST_CASE("page: a text that is too long ends with where the rest is") {
  Pages pages;
  pages.add("x", "Subject: x\r\n\r\n" + std::string(2 * kMostOnPage, '"'));
  const Response text = pages.get({"inbox", "eve", kEveMessage});
  CHECK(text.body.size() < 7 * kMostOnPage);
  CHECK(has(text, "/text\">All of it</a>"));
  CHECK(pages.get({"inbox", "eve", kEveMessage, "source"}).body.size() < 7 * kMostOnPage);
}

TEST_CASE("page: addresses in a text are links") {
  CHECK(linked_text("see https://a.example/x?a=1&b=2.").text() ==
        "see <a href=\"https://a.example/x?a=1&amp;b=2\" rel=\"noreferrer noopener nofollow\" target=\"_blank\">"
        "https://a.example/x?a=1&amp;b=2</a>.");
  CHECK(linked_text("(http://a.example/)").text().find("href=\"http://a.example/\"") != std::string::npos);
  CHECK(linked_text("http://a.example/w_(x)").text().find("href=\"http://a.example/w_(x)\"") != std::string::npos);
  CHECK(linked_text("http https http:// https://").text() == "http https http:// https://");
  CHECK(linked_text("<http://a.example/\"onload=x>").text().find("\"onload") == std::string::npos);
  CHECK(linked_text("").empty());
  // Neither deep nor long, whatever closes what was never opened.
  for (const char* each : {")", "]", ".", ")."}) {
    std::string text = "http://a.example/";
    for (int i = 0; i < 50'000; ++i) text += each;
    CHECK(linked_text(text).text().size() < 2 * text.size());
  }
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "http://a.example ";
  CHECK(linked_text(many).text().size() < many.size() + 500 * 100);
}

TEST_CASE("page: a form deletes, of this site alone") {
  Pages pages;
  CHECK(pages.post({"inbox", "bob", kFirstId, "delete"}, "cross-site").status == 403);
  CHECK(pages.store.count("bob") == 2);
  const Response gone = pages.post({"inbox", "bob", kFirstId, "delete"});
  CHECK(gone.status == 303);
  CHECK(header(gone, "Location") == "/inbox/bob");
  CHECK(pages.store.count("bob") == 1);
  CHECK(pages.post({"inbox", "bob", kFirstId, "delete"}).status == 303);  // gone, whoever did it
  CHECK(pages.post({"inbox", "bob", "empty"}, "cross-site").status == 403);
  CHECK(pages.post({"inbox", "bob", "empty"}).status == 303);
  CHECK(pages.store.count("bob") == 0);
  // Where a page came in the clear a browser says where a form is from by Origin alone, if the page lets it.
  CHECK(header(pages.get({"inbox", "bob"}), "Referrer-Policy") == "same-origin");
  CHECK(header(pages.get({"api", "v3", "mailboxes", "bob"}), "Referrer-Policy") == "no-referrer");
  const auto from = [&pages](const std::string& origin) {
    return dispatch(request("POST", {"inbox", "bob", "empty"}, {{"host", "example.test"}, {"origin", origin}}),
                    pages.context)
        .status;
  };
  CHECK(from("http://example.test") == 303);
  CHECK(from("null") == 403);
  CHECK(pages.get({"inbox", "bob", "empty"}).status == 404);  // no message of that name; a GET changes nothing
}

TEST_CASE("page: what is wrong is said in the form that was asked for") {
  Pages pages;
  const Response missing = dispatch(request("GET", {"no", "such"}, {{"accept", "text/html,*/*"}}), pages.context);
  CHECK(missing.status == 404);
  CHECK(missing.content_type == "text/html; charset=utf-8");
  CHECK(dispatch(request("GET", {"no", "such"}), pages.context).content_type == "application/problem+json");
  CHECK(dispatch(request("GET", {"api", "v3", "x"}, {{"accept", "text/html"}}), pages.context).content_type ==
        "application/problem+json");
  CHECK(has(pages.get({"inbox", "postmaster"}), "<h1>Forbidden</h1>"));
  const Response busy = refuse_with(request("GET", {"inbox", "bob"}), {429, "too many requests", {}, 7}, pages.config);
  CHECK(header(busy, "Retry-After") == "7");
  CHECK(has(busy, "<p>Too many requests.</p>"));
}

TEST_CASE("page: what pages refer to may be kept for ever") {
  Pages pages;
  const Response home = pages.get({""});
  for (const char* name : {"page.css", "page.js", "icon.svg"}) {
    const Asset& file = asset(name);
    INFO(file.path);
    CHECK(has(home, file.path));
    const std::string last = file.path.substr(std::string_view("/assets/").size());
    const Response plain = pages.get({"assets", last});
    CHECK(plain.body == file.bytes);
    CHECK(header(plain, "Cache-Control") == "public, max-age=31536000, immutable");
    const Response packed = dispatch(request("GET", {"assets", last}, {{"accept-encoding", "gzip"}}), pages.context);
    CHECK(packed.body.size() <= plain.body.size());
    CHECK((header(packed, "Content-Encoding") == "gzip") == file.packed.has_value());
  }
  CHECK(pages.get({"assets", "page.css"}).status == 404);  // without its digest it could be another one
}

TEST_CASE("page: aliases can be had where there are some") {
  Pages pages;
  pages.config.inbox.alias = true;
  pages.config.inbox.alias_key = std::string(64, 'a');
  CHECK(has(pages.get({"inbox", "bob"}), "/inbox/bob?alias=new"));
  const Response made = pages.get({"inbox", "bob"}, {{"alias", "new"}});
  CHECK(has(made, "Mail to <b class=\"address\">d-"));
  CHECK(has(made, "@example.test</b> comes here"));
  // Who knows an alias alone does not find the name by the size of a page with guesses in it.
  pages.add("x", "Subject: x\r\n\r\n" + std::string(5000, 'x'));
  const auto coding = [&pages] {
    const auto asked = request("GET", {"inbox", "eve", kEveMessage}, {{"accept-encoding", "gzip"}});
    return header(dispatch(asked, pages.context), "Content-Encoding");
  };
  CHECK(coding().empty());
  pages.config.inbox.alias = false;
  CHECK(coding() == "gzip");
  pages.config.inbox.classic_alias_modifier = "1";  // there are some, and none to be had
  CHECK(coding().empty());
  CHECK_FALSE(has(pages.get({"inbox", "bob"}), "alias=new"));
}

TEST_CASE("page: statistics are drawn") {
  Pages pages;
  CHECK(has(pages.get({"statistics"}), "Nothing was counted yet"));
  pages.clock.advance(StatisticsReader::kFresh * 2);
  pages.statistics.count("stored", 1234);
  pages.statistics.count("refused", 99);
  pages.statistics.count("reason:relaying", 60);
  pages.statistics.count("reason:spam", 30);
  pages.statistics.count("list:zen.example", 7);
  const Response page = pages.get({"statistics"});
  CHECK(page.status == 200);
  CHECK(has(page, "<b data-count=\"stored\">1,234</b>"));
  CHECK(has(page, "aria-label=\"Mail by the hour: 1,234 stored, 0 deferred, 99 refused\""));
  CHECK(page.body.find("relaying") < page.body.find("spam"));
  CHECK(has(page, "Clients that a DNS list knows"));
  CHECK(has(page, "zen.example"));
  CHECK(has(page, "aria-current=\"page\">24 hours"));
  CHECK(has(pages.get({"statistics"}, {{"hours", "168"}}), "aria-current=\"page\">7 days"));
  CHECK(pages.get({"statistics"}, {{"hours", "x"}}).status == 400);
  CHECK(has(pages.get({""}), "<b data-count=\"refused\">99</b> refused at the door"));
  pages.context.statistics = nullptr;
  CHECK(pages.get({"statistics"}).status == 503);
  CHECK_FALSE(has(pages.get({""}), "refused at the door"));
}

TEST_CASE("page: a server may have none") {
  Pages pages;
  pages.config.api.page = false;
  CHECK(pages.get({""}).status == 404);
  CHECK(pages.get({"inbox", "bob"}).content_type == "application/problem+json");
  CHECK(pages.post({"inbox", "bob", "empty"}).status == 404);
  CHECK(dispatch(request("GET", {"x"}, {{"accept", "text/html"}}), pages.context).content_type ==
        "application/problem+json");
  CHECK(pages.get({"api", "v3", "mailboxes", "bob"}).status == 200);
  CHECK(pages.store.count("bob") == 2);
}

TEST_CASE("page: small words") {
  CHECK(in_words(std::chrono::hours(24)) == "24 hours");
  CHECK(in_words(std::chrono::hours(24 * 7)) == "7 days");
  CHECK(in_words(std::chrono::minutes(90)) == "90 minutes");
  CHECK(in_words(std::chrono::hours(1)) == "1 hour");
  CHECK(in_words(Millis(0)) == "0 seconds");
  CHECK(with_commas(0) == "0");
  CHECK(with_commas(999) == "999");
  CHECK(with_commas(1234567) == "1,234,567");
  const Time now = from_millis(1'700'000'000'000);
  const auto said = [now](Millis age) { return ago(now - age, now).text(); };
  CHECK(said(Millis(-5000)).find(">just now<") != std::string::npos);
  CHECK(said(std::chrono::hours(47)).find(">47 h ago<") != std::string::npos);
  CHECK(said(std::chrono::hours(48)).find(">2 days ago<") != std::string::npos);
}

TEST_CASE("page: robots stay away from mail, and about tells what is set") {
  Pages pages;
  CHECK(has(pages.get({"robots.txt"}), "Disallow: /inbox"));
  pages.config.inbox.max_messages = 7;
  pages.config.mail.attachments = MailSettings::Attachments::keep;
  const Response about = pages.get({"about"});
  pages.config.inbox.max_size = 1u << 20;
  CHECK(has(about, "The newest 7 messages of each inbox"));
  CHECK(has(pages.get({"about"}), "The newest 7 messages that fit into 1M of each inbox"));
  CHECK(has(about, "Attachments are kept"));
}
