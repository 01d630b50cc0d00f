/// shown_address_test.cc: what readers take for an address, and what is none.
#include "filter/shown_address.h"

#include <catch2/catch.hpp>

#include "mail/mailboxes.h"

using namespace maildrop;
using namespace maildrop::filter;

namespace {

bool shows(std::string_view from) { return shows_other_address(from, mail::mailbox_domains(from).domains); }

}  // namespace

TEST_CASE("an address of another, wherever a reader sees it") {
  CHECK(shows("\"ceo@bank.example\" <x@evil.example>"));
  CHECK(shows("ceo@bank.example <x@evil.example>"));
  CHECK(shows("The CEO (ceo@bank.example) <x@evil.example>"));
  CHECK(shows("\"CEO\r\n\t<CEO@Bank.Example.>\" <x@evil.example>"));
  CHECK(shows("\"x@evil.example, ceo@bank.example\" <x@evil.example>"));
  CHECK(shows("\"ceo@b\xC3\xA4nk.example\" <x@evil.example>"));
  CHECK(shows("\"ceo@bank.example\"@evil.example"));
  CHECK(shows("\"ceo@bank.com\" <x@bank.com.evil.example>"));
  CHECK(shows("\"a@one.co.uk\" <b@two.co.uk>"));
  CHECK(shows("=?utf-8?q?ceo=40bank=2Eexample?= <x@evil.example>"));
  CHECK(shows("=?utf-8?b?Y2VvQGJh?= =?utf-8?b?bmsuZXhhbXBsZQ==?= <x@evil.example>"));
}

TEST_CASE("those of its own, and what is no address") {
  CHECK_FALSE(shows("x@example.com"));
  CHECK_FALSE(shows("\"x@example.com\" <x@example.com>"));
  CHECK_FALSE(shows("\"joe@mail.example.com\" <x@example.com> (x@example.com)"));
  CHECK_FALSE(
      shows("\"B\xC3\xBC <x@b\xC3\xBC"
            "cher.example>\" <x@xn--bcher-kva.example>"));
  CHECK_FALSE(shows("a@one.example, b@two.example"));
  CHECK_FALSE(shows("\"@joe on Site.example\" <x@example.com>"));
  CHECK_FALSE(shows("\"joe @ bank.example\" <x@example.com>"));
  CHECK_FALSE(shows("\"joe@home\" <x@example.com>"));
  CHECK_FALSE(shows("\"joe@-.-\" <x@example.com>"));
  CHECK_FALSE(shows("=?utf-8?q?J=C3=BCrgen?= <x@example.com>"));
  CHECK_FALSE(shows(""));
}

TEST_CASE("more than anybody can look at is no better than another's") {
  std::string many;
  for (int i = 0; i < 19; ++i) many += "x@example.com ";
  CHECK_FALSE(shows("\"" + many + "\" <x@example.com>"));
  CHECK(shows("\"" + many + "x@example.com\" <x@example.com>"));
  CHECK_FALSE(shows(std::string(100'000, '@')));
}
