/// settings_report.cc: the rows of the reports.
#include <chrono>

#include "core/setting_rows.h"
#include "core/setting_values.h"

namespace maildrop::rows {

namespace {

Result<void> check_stream(std::string_view text) {
  if (!text.empty() && text.size() <= 200) return {};
  return fail(Code::invalid, "it must have 1 to 200 bytes");
}

void add_places(std::vector<Setting>& rows) {
  rows.push_back(text_row("report.file", MEMBER(report.file), check_any, "PATH",
                          "Each decision is a line of JSON in that file, see maildrop-report(1). Empty: no file."));
  rows.push_back(size_row("report.file_size", {64 * kKiB, 64 * kGiB}, MEMBER(report.file_size), "64KiB..64GiB",
                          "When it is that large it becomes PATH.1, that PATH.2, and so on."));
  rows.push_back(number_row("report.files", {1, 1000}, MEMBER(report.files), "1..1000",
                            "How many are kept, with the one that is written. So all take report.file_size times that "
                            "of the disk at most."));
  rows.push_back(text_row("report.redis", MEMBER(report.redis), check_any, "URL",
                          "Each decision is an entry of a stream of that Redis, a URL as of store.url; redis.username, "
                          "redis.password and redis.timeout are as for the store. Empty: none."));
  rows.push_back(text_row("report.redis_stream", MEMBER(report.redis_stream), check_stream, "KEY",
                          "The key of the stream. An entry has one field, decision."));
  rows.push_back(number_row("report.redis_length", {1, 100'000'000}, MEMBER(report.redis_length), "1..100000000",
                            "Entries that it keeps, or a few more (MAXLEN ~)."));
  rows.push_back(text_row("report.webhook", MEMBER(report.webhook), check_any, "https://HOST[:PORT]/PATH",
                          "Decisions are sent there by POST, several at once, each a line of JSON. Empty: none."));
  rows.push_back(secret(text_row("report.webhook_secret", MEMBER(report.webhook_secret), check_any, "TEXT",
                                 "Signs what is sent (HMAC-SHA256, see maildrop-report(1)). Empty: no signature.")));
  rows.push_back(boolean_row("report.webhook_private", MEMBER(report.webhook_private),
                             "The webhook may be at an address of our own network; else those are refused."));
  rows.push_back(duration_row("report.webhook_timeout", {Millis(100), std::chrono::seconds(60)},
                              MEMBER(report.webhook_timeout), "100ms..60s",
                              "How long it may take to answer, the look-up of its name included."));
}

}  // namespace

Setting secret(Setting row) {
  row.secret = true;
  return row;
}

void add_report(std::vector<Setting>& rows) {
  add_places(rows);
  rows.push_back(secret(text_row("report.key", MEMBER(report.key), check_any, "TEXT",
                                 "Recipients are in reports as pseudonyms that go by this key (HMAC-SHA256). Empty: a "
                                 "key at random, so that they change with each start.")));
  rows.push_back(boolean_row("report.hosts", MEMBER(report.hosts),
                             "The hosts that the URLs of a message lead to are reported, too. To find them costs "
                             "about 0.2 ms of the processor for a message of 5 KB in HTML."));
  rows.push_back(size_row("report.queue", {64 * kKiB, kGiB}, MEMBER(report.queue), "64KiB..1GiB",
                          "Memory for decisions that wait for a place that is slow or does not answer; each has its "
                          "own. What comes when it is full is dropped, and counted."));
}

}  // namespace maildrop::rows
