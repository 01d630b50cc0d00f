/// oracle_test.cc: GMime's own parser as a second opinion on honest messages: same types, same bytes, same subject.
#include <gmime/gmime.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/text.h"
#include "mail/message.h"
#include "mail/mime.h"
#include "mail/words.h"

namespace maildrop::mail {
namespace {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

struct Seen {
  std::string type;
  std::size_t depth = 0;
  std::string bytes;  // of leaves, transfer encoding removed

  friend bool operator==(const Seen&, const Seen&) = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.depth << " " << seen.type << " " << seen.bytes.size();
}

std::string content_of(GMimePart* part) {
  GMimeDataWrapper* wrapper = g_mime_part_get_content(part);
  if (wrapper == nullptr) return {};
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(wrapper, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

void walk(GMimeObject* object, std::size_t depth, std::vector<Seen>& out) {
  GMimeContentType* type = g_mime_object_get_content_type(object);
  gchar* name = g_mime_content_type_get_mime_type(type);
  out.push_back({to_lower(name), depth, {}});
  g_free(name);
  if (GMIME_IS_MULTIPART(object)) {
    GMimeMultipart* multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i) {
      walk(g_mime_multipart_get_part(multipart, i), depth + 1, out);
    }
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner != nullptr) walk(g_mime_message_get_mime_part(inner), depth + 1, out);
  } else if (GMIME_IS_PART(object)) {
    out.back().bytes = content_of(GMIME_PART(object));
  }
}

struct Opinion {
  std::vector<Seen> parts;
  std::string subject;
};

Opinion gmime(const std::string& message) {
  g_mime_init();
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  Opinion out;
  if (parsed == nullptr) return out;  // nothing at all was there
  const char* subject = g_mime_message_get_subject(parsed.get());
  out.subject = subject == nullptr ? "" : subject;
  walk(g_mime_message_get_mime_part(parsed.get()), 0, out.parts);
  return out;
}

Opinion ours(const std::string& message) {
  Opinion out;
  out.subject = overview(message).subject;
  for (const Part& part : scan_mime(message).parts) {
    const bool leaf = !part.is_multipart() && part.media_type() != "message/rfc822";
    out.parts.push_back({part.media_type(), part.depth, leaf ? decoded_body(message, part, 1 << 26) : ""});
  }
  return out;
}

const std::string kMessages[] = {
    "Subject: plain\r\n\r\nhello\r\n",
    "From x\nSubject: =?utf-8?q?caf=C3=A9?=\n\nhello\n",
    "Subject: two\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\npre\n--b\nContent-Type: "
    "text/html\n\n<p>\n--b\n"
    "Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\nAAECAw==\n--b--\nepilogue\n",
    "Subject: nested\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=ab\n\n--ab\nContent-Type: "
    "multipart/alternative;\n"
    " boundary=abc\n\n--abc\n\none\n--abc\nContent-Type: text/html\n\ntwo\n\n--abc--\n\n--ab\nContent-Type: "
    "message/rfc822\n\n"
    "Subject: inner\nContent-Type: text/plain\n\nthree=\n--ab--\n",
    "Subject: no end\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n",
    "Subject: =?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=\n =?utf-8?b?w6k=?=\nMIME-Version: 1.0\nContent-Type: "
    "text/plain\n"
    "Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc\n",
};

TEST_CASE("GMime sees what we see") {
  for (const std::string& message : kMessages) {
    INFO(message);
    const Opinion theirs = gmime(message);
    const Opinion own = ours(message);
    CHECK(own.parts == theirs.parts);
    CHECK(own.subject == theirs.subject);
  }
}

/// A folder of real mail, named by MAIL_CORPUS (it is too large for the tree): how often the two differ.
TEST_CASE("GMime sees what we see in a corpus", "[.corpus]") {
  const char* const folder = std::getenv("MAIL_CORPUS");
  REQUIRE(folder != nullptr);
  std::size_t files = 0, structures = 0, subjects = 0, bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".txt") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    const std::string message = text.str();
    const Opinion theirs = gmime(message);
    const Opinion own = ours(message);
    ++files;
    CHECK(is_valid_utf8(text_of(message)));
    const auto types = [](const Opinion& opinion) {
      std::string out;
      for (const Seen& seen : opinion.parts) out += std::to_string(seen.depth) + seen.type + " ";
      return out;
    };
    if (types(own) != types(theirs)) {
      ++structures;
      UNSCOPED_INFO("structure " << entry.path() << "\n  ours " << types(own) << "\n  theirs " << types(theirs));
    } else if (own.parts != theirs.parts) {
      ++bytes;
      UNSCOPED_INFO("bytes " << entry.path());
    }
    if (own.subject != theirs.subject) {
      ++subjects;
      UNSCOPED_INFO("subject " << entry.path() << "\n  ours   " << own.subject << "\n  theirs " << theirs.subject);
    }
  }
  WARN(files << " messages; other structure " << structures << ", other bytes " << bytes << ", other subject "
             << subjects);
  CHECK(files > 0);
  CHECK(structures + bytes + subjects <= files / 100);
}

}  // namespace
}  // namespace maildrop::mail
