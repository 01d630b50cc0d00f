/// codes_test: mails as services send them, and numbers that are no codes.
#include "mail/codes.h"

#include <catch2/catch.hpp>

using namespace maildrop::mail;

namespace {

using Codes = std::vector<std::string>;

struct Sample {
  const char* text;
  Codes codes;
};

/// `KIND URL`, as they are told.
std::vector<std::string> links(std::string_view text) {
  std::vector<std::string> out;
  for (const CodeLink& each : find_links(text)) out.push_back(std::string(name_of(each.kind)) + " " + each.url);
  return out;
}
using Links = std::vector<std::string>;

}  // namespace

TEST_CASE("codes: as services send them") {
  const Sample samples[] = {
      {"Your verification code is 482913.", {"482913"}},
      {"Your code: 482913", {"482913"}},
      {"code:482913", {"482913"}},
      {"482913 is your Example verification code", {"482913"}},
      {"G-482913 is your Google verification code.", {"G-482913"}},
      {"Use code A1B2C3 to sign in", {"A1B2C3"}},
      {"Enter the code ABCD-1234 in the app", {"ABCD-1234"}},
      {"Your security code is 123 456", {"123456"}},
      {"Your security code is 123-456", {"123456"}},
      {"Enter this code:\n\n    731 204\n\nIt expires in 10 minutes.", {"731204"}},
      {"Here is your one-time password\n\n** 55120 **\n", {"55120"}},
      {"Your PIN is 4821", {"4821"}},
      {"Your PIN is 2024", {}},
      {"PIN: 2024", {"2024"}},
      {"OTP 90218833 valid 5 min", {"90218833"}},
      {"Code 111111, then code 222222", {"111111", "222222"}},
      {"Code 111111 and again code 111111", {"111111"}},
      {"Ihr Sicherheitscode lautet 482913", {"482913"}},
      {"Ihre TAN: 482913", {"482913"}},
      {"Votre code de v\xC3\xA9rification est 482913", {"482913"}},
      {"Tu c\xC3\xB3"
       "digo es 482913",
       {"482913"}},
      {"Il tuo codice: 482913", {"482913"}},
      {"Uw verificatiecode is 482913", {"482913"}},
      {"Tw\xC3\xB3j kod: 482913", {"482913"}},
      {"\xC5\x9Eifre, kod 482913", {"482913"}},
      {"Ваш код подтверждения: 482913", {"482913"}},
      {"認証コード:482913", {"482913"}},
      {"您的验证码是482913,请勿泄露", {"482913"}},
      {"인증번호 [482913]", {"482913"}},
      {"رمز التحقق 482913", {"482913"}},
      {"קוד האימות: 482913", {"482913"}},
      {"आपका ओटीपी 482913 है", {"482913"}},
  };
  for (const Sample& sample : samples) {
    INFO(sample.text);
    CHECK(find_codes(sample.text) == sample.codes);
  }
}

TEST_CASE("codes: other numbers are none") {
  for (const char* text : {"",
                           "hello",
                           "Order 482913 has shipped",
                           "Your zip code is 90210",
                           "postcode 12345",
                           "promo code SAVE20",
                           "error code 50012",
                           "Pay $482913 with this code",
                           "code 12:30:45",
                           "The code of 2023-11-14",
                           "code 12",
                           "code 123456789012",
                           "code abcdef",
                           "code https://example.com/482913",
                           "code x@482913.example",
                           "code v1.4829",
                           "We decode 482913",
                           "Spinning 482913",
                           "code 12,500.00",
                           "The code is below\n\nline\nline\nline\nline\n\n482913",
                           "code\n\nOrder 482913 came"}) {
    INFO(text);
    CHECK(find_codes(text).empty());
  }
}

TEST_CASE("codes: the nearest to its word is first, and there is a limit") {
  CHECK(find_codes("Order 5551234 has a code, which is 482913") == Codes{"482913", "5551234"});
  CHECK(find_codes("We wrote 5551234 times about the code: 482913") == Codes{"482913", "5551234"});
  std::string many;
  for (int i = 0; i < 100; ++i) many += "code " + std::to_string(100000 + i) + "\n";
  CHECK(find_codes(many).size() == kMostCodes);
}

TEST_CASE("codes: text of strangers costs no more than its length") {
  for (const std::string& piece :
       {std::string("code 1 "), std::string("A1 "), std::string("code\n"), std::string("\n"), std::string("http://x/ "),
        std::string("http"), std::string("http://x"), std::string("1-")}) {
    std::string text;
    while (text.size() < (1u << 20)) text += piece;
    CHECK(find_codes(text).size() <= kMostCodes);
    CHECK(find_links(text).size() <= kMostLinks);
  }
}

TEST_CASE("codes: links, those to act on first") {
  CHECK(links("") == Links{});
  CHECK(links("see https://example.com/a.") == Links{"other https://example.com/a"});
  CHECK(links("(https://example.com/a) <http://example.com/b>\nhttps://example.com/a") ==
        Links{"other https://example.com/a", "other http://example.com/b"});
  CHECK(
      links(
          "Unsubscribe <https://x.example/1>\nhome <https://x.example/2>\nVerify your address <https://x.example/3>") ==
      Links{"action https://x.example/3", "other https://x.example/2", "aside https://x.example/1"});
  CHECK(links("https://x.example/unsubscribe?token=1 https://x.example/confirm?t=1") ==
        Links{"action https://x.example/confirm?t=1", "aside https://x.example/unsubscribe?token=1"});
  CHECK(links("Passwort zur\xC3\xBC"
              "cksetzen https://x.example/1") == Links{"action https://x.example/1"});
  CHECK(links("javascript:alert(1) httpx://a ftp://b http:// https://") == Links{});
  CHECK(links("https://x.example/\"onclick=1") == Links{"other https://x.example/"});
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "https://x.example/" + std::to_string(i) + "\n";
  CHECK(find_links(many).size() == kMostLinks);
}
