/// reply_test.cc: how replies are written, and what holds for all of them.
#include "smtp/reply.h"

#include <catch2/catch.hpp>

using namespace maildrop::smtp;

namespace {

std::string written(const Reply& reply) {
  std::string out = "before ";
  append(out, reply, "4f2k");
  return out;
}

// Every reply of the table that refuses.
constexpr Reply kRefusals[] = {
    reply::line_too_long,
    reply::control_character,
    reply::bare_newline_command,
    reply::bare_newline_data,
    reply::not_smtp,
    reply::tls_hello,
    reply::unknown_command,
    reply::not_implemented,
    reply::no_arguments,
    reply::need_helo,
    reply::need_mail,
    reply::need_rcpt,
    reply::nested_mail,
    reply::no_valid_recipients,
    reply::helo_syntax,
    reply::mail_syntax,
    reply::rcpt_syntax,
    reply::bad_sender,
    reply::bad_recipient,
    reply::needs_utf8,
    reply::unknown_parameter,
    reply::bad_parameter,
    reply::relaying_denied,
    reply::bad_inbox,
    reply::too_many_recipients,
    reply::too_large,
    reply::data_line_too_long,
    reply::header_too_large,
    reply::too_many_hops,
    reply::store_full,
    reply::store_failed,
    reply::filter_defer,
    reply::filter_reject,
    reply::filter_defer_connect,
    reply::filter_reject_connect,
    reply::filter_failed,
    reply::filter_failed_connect,
    reply::too_many_errors,
    reply::too_many_unknown,
    reply::too_much_junk,
    reply::too_many_connections,
    reply::server_full,
    reply::timed_out,
    reply::too_slow,
    reply::shutting_down,
    reply::internal_error,
};

}  // namespace

TEST_CASE("a reply that refuses carries the session's id, the others do not") {
  CHECK(written(reply::sender_ok) == "before 250 2.1.0 sender ok\r\n");
  CHECK(written(reply::relaying_denied) == "before 550 5.7.1 relaying denied [4f2k]\r\n");
  CHECK(written(reply::go_ahead) == "before 354 end with <CRLF>.<CRLF>\r\n");
}

TEST_CASE("every refusal has a reason, and an enhanced code of its own class (RFC 2034 4)") {
  for (const Reply& reply : kRefusals) {
    CAPTURE(reply.code, reply.text);
    CHECK(reply.code >= 400);
    CHECK(reply.code < 600);
    CHECK_FALSE(reply.reason.empty());
    REQUIRE(reply.enhanced.size() >= 5);
    CHECK(reply.enhanced.front() == static_cast<char>('0' + reply.code / 100));
    CHECK(is_transient(reply.code) == (reply.enhanced.front() == '4'));
    CHECK(reply.text.find_first_of("\r\n") == std::string_view::npos);
    CHECK(written(reply).size() < 512);  // RFC 5321 4.5.3.1.5
  }
}
