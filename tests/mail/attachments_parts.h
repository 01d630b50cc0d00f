/// attachments_parts.h: what the tests of attachments build messages of, and what they ask of them.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "mail/attachments_check.h"

namespace maildrop::mail::test {

inline const std::string kPdf =
    "Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=";
inline const std::string kHello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";  // of `hello`
inline const std::string kText = "Content-Type: text/plain\r\n\r\nthe text";
inline const std::string kHtml = "Content-Type: text/html\r\n\r\n<b>the html</b>";

inline std::string multipart(std::string subtype, std::string boundary, const std::vector<std::string>& parts,
                             std::string_view end = "--") {
  std::string out = "Content-Type: multipart/" + subtype + "; boundary=\"" + boundary + "\"\r\n\r\n";
  for (const std::string& part : parts) out += "--" + boundary + "\r\n" + part + "\r\n";
  return out + "--" + boundary + std::string(end) + "\r\n";
}

inline std::string message(const std::string& part) { return "From: a@b.test\r\nSubject: s\r\n" + part; }

inline std::string stripped(std::string_view text) {
  CHECK(wrong_with_removal(text) == "");
  return remove_attachments(text, plan_removal(text));
}

inline std::vector<std::string> types(std::string_view text) {
  CHECK(wrong_with_removal(text) == "");
  std::vector<std::string> out;
  for (const Attachment& each : plan_removal(text).attachments) out.push_back(each.type);
  return out;
}

inline bool has(std::string_view text, std::string_view piece) { return text.find(piece) != std::string_view::npos; }

using Types = std::vector<std::string>;

}  // namespace maildrop::mail::test
