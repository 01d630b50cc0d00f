/// v3.h: what the files of the API of our own share.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/answer.h"

namespace maildrop::api {

// Those whose last segment is a word stand before v3_routes(), where it would be an id.
std::span<const Route> v3_name_routes();
std::span<const Route> v3_part_routes();
std::span<const Route> v3_code_routes();
std::span<const Route> v3_feed_routes();
std::span<const Route> v3_status_routes();
std::span<const Route> v3_statistics_routes();
std::span<const Route> v3_openapi_routes();

/// A positive number of the query; `otherwise` when it is not given. 400 with the phrase `problem`.
tl::expected<std::size_t, Fault> number_of(const Request& request, std::string_view key, std::size_t otherwise,
                                           std::string_view problem);

/// What an inbox keeps, and how large a message may be.
Json v3_limits(const Config& config);

/// The message that a path names behind `{name}`, by its id or by `latest`.
tl::expected<store::Message, Fault> message_of(Args args, Context& context);

/// 204.
Response no_content();

}  // namespace maildrop::api
