/// gmime_parts.h: the parts of a message as GMime's own parser sees them: another reader than ours.
#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <string>
#include <vector>

#include "core/text.h"

namespace maildrop::mail::test {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

/// The type of each leaf, and of containers without children.
inline void add_leaves(GMimeObject* object, std::vector<std::string>& out) {
  if (object == nullptr) return;
  if (GMIME_IS_MULTIPART(object) && g_mime_multipart_get_count(GMIME_MULTIPART(object)) > 0) {
    GMimeMultipart* multipart = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(multipart); ++i)
      add_leaves(g_mime_multipart_get_part(multipart, i), out);
    return;
  }
  if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner != nullptr) return add_leaves(g_mime_message_get_mime_part(inner), out);
  }
  gchar* name = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
  out.push_back(to_lower(name));
  g_free(name);
}

inline std::vector<std::string> gmime_leaves(const std::string& message) {
  g_mime_init();
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  std::vector<std::string> out;
  if (parsed != nullptr) add_leaves(g_mime_message_get_mime_part(parsed.get()), out);
  return out;
}

}  // namespace maildrop::mail::test
