/// openapi.h: the routes of v3 as an OpenAPI 3.1 document. Pure.
#pragma once

#include <span>
#include <string_view>

#include "api/json.h"
#include "api/route.h"

namespace maildrop::api {

/// Paths, parameters and answers of those of `routes` that are of v3, with the schemas that they name. The same for the
/// same table, whatever the settings. The other versions are somebody else's, and described there.
Json openapi(std::span<const Route> routes);

/// All schemas, by the names that Route::answer has: an object.
const Json& openapi_schemas();

/// All parameters of queries, by the names that Route::query has: an object.
const Json& openapi_parameters();

}  // namespace maildrop::api
