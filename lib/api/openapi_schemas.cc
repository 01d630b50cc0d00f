/// openapi_schemas.cc: what answers look like, as JSON Schema. openapi_test holds live answers to it.
#include <cassert>

#include "api/openapi.h"

namespace maildrop::api {

namespace {

// Fields are only ever added: so nothing forbids others.
constexpr std::string_view kSchemas = R"({
"Problem": {"type": "object", "description": "RFC 9457", "required": ["type", "title", "status", "detail"],
  "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "detail": {"type": "string"}}},
"Limits": {"type": "object", "required": ["max_messages", "max_size", "max_age", "max_message_size"],
  "properties": {"max_messages": {"type": "integer"},
    "max_size": {"type": "integer", "description": "bytes of the inbox; 0: only the number counts"},
    "max_age": {"type": "integer", "description": "seconds after the inbox last received"},
    "max_message_size": {"type": "integer", "description": "bytes"}}},
"Summary": {"type": "object", "required": ["id", "from", "header_from", "to", "helo", "peer", "tls", "subject", "date",
    "received", "size", "mark", "score"],
  "properties": {"id": {"type": "string", "pattern": "^[0-9a-z]{26}$"},
    "from": {"type": "string", "description": "of the envelope"}, "header_from": {"type": "string"},
    "to": {"type": "string", "description": "of the envelope"}, "helo": {"type": "string"}, "peer": {"type": "string"},
    "tls": {"type": "string"}, "subject": {"type": "string"}, "date": {"type": ["string", "null"], "format": "date-time"},
    "received": {"type": "string", "format": "date-time"}, "size": {"type": "integer"},
    "mark": {"type": "string", "enum": ["none", "tag", "quarantine"]}, "score": {"type": ["number", "null"]}}},
"List": {"type": "object", "required": ["inbox", "limits", "messages"],
  "properties": {"inbox": {"type": "string"}, "limits": {"$ref": "#/components/schemas/Limits"},
    "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}}}},
"Message": {"allOf": [{"$ref": "#/components/schemas/Summary"},
  {"type": "object", "required": ["headers", "text"],
    "properties": {"headers": {"type": "array", "items": {"type": "object", "required": ["name", "value"],
      "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}}, "text": {"type": "string"}}}]},
"Headers": {"type": "object", "required": ["headers", "cut"],
  "properties": {"headers": {"type": "array", "items": {"type": "object", "required": ["name", "value", "raw"],
      "properties": {"name": {"type": "string"}, "value": {"type": "string"}, "raw": {"type": "string"}}}},
    "cut": {"type": "boolean", "description": "there are more"}}},
"Parts": {"type": "object", "required": ["parts", "cut"],
  "properties": {"parts": {"type": "array", "items": {"type": "object",
      "required": ["number", "type", "name", "size", "disposition", "cid", "removed"],
      "properties": {"number": {"type": "integer"}, "type": {"type": "string"}, "name": {"type": "string"},
        "size": {"type": "integer"}, "disposition": {"type": "string", "enum": ["", "inline", "attachment"]},
        "cid": {"type": "string"},
        "removed": {"type": ["object", "null"], "required": ["type", "name", "size", "sha256"],
          "properties": {"type": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"},
            "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}}}}},
    "cut": {"type": "boolean", "description": "there are more"}}},
"Codes": {"type": "object", "required": ["codes", "links"],
  "properties": {"codes": {"type": "array", "items": {"type": "string"}},
    "links": {"type": "array", "items": {"type": "object", "required": ["url", "kind"],
      "properties": {"url": {"type": "string", "format": "uri"},
        "kind": {"type": "string", "enum": ["action", "other", "aside"]}}}}}},
"Verdicts": {"type": "object", "required": ["mark", "score", "filters", "silent", "cut"],
  "properties": {"mark": {"type": "string", "enum": ["none", "tag", "quarantine"]}, "score": {"type": ["number", "null"]},
    "filters": {"type": "array", "items": {"type": "object",
      "required": ["phase", "filter", "mode", "action", "score", "allowed", "failed", "microseconds", "reason", "facts"],
      "properties": {"phase": {"type": "string"}, "filter": {"type": "string"}, "mode": {"type": "string"},
        "action": {"type": "string"}, "score": {"type": "number"}, "allowed": {"type": "boolean"},
        "failed": {"type": "boolean"}, "microseconds": {"type": "integer"}, "reason": {"type": "string"},
        "facts": {"type": "array", "items": {"type": "string"}}}}},
    "silent": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    "cut": {"type": "boolean"},
    "shadow": {"type": "object", "required": ["fate", "score", "by", "reason"],
      "properties": {"fate": {"type": "string",
        "enum": ["accepted", "tagged", "quarantined", "discarded", "deferred", "rejected"]},
        "score": {"type": "number"}, "by": {"type": "string"}, "reason": {"type": "string"}}}}},
"Suggestion": {"type": "object", "required": ["inbox", "address"],
  "properties": {"inbox": {"type": "string"}, "address": {"type": "string"}}},
"Alias": {"type": "object", "required": ["inbox", "alias", "expires"],
  "properties": {"inbox": {"type": "string"}, "alias": {"type": "string"},
    "expires": {"type": ["string", "null"], "format": "date-time"}}},
"Status": {"type": "object", "required": ["api", "takes_mail", "domains", "aliases", "max_wait", "limits"],
  "properties": {"api": {"type": "string"},
    "takes_mail": {"type": ["boolean", "null"], "description": "null: another process takes it"},
    "domains": {"type": ["array", "null"], "items": {"type": "string"}, "description": "null: any"},
    "aliases": {"type": "boolean"}, "max_wait": {"type": "integer", "description": "seconds"},
    "limits": {"$ref": "#/components/schemas/Limits"}}},
"Statistics": {"type": "object", "required": ["since", "first", "hours", "series"],
  "properties": {"since": {"type": ["string", "null"], "format": "date-time", "description": "counting began; null: not yet"},
    "first": {"type": "string", "format": "date-time", "description": "the begin of the first hour; the last one is not over"},
    "hours": {"type": "integer"},
    "series": {"type": "array", "items": {"type": "object", "required": ["group", "name", "total", "counts"],
      "properties": {"group": {"type": "string", "description": "empty, reason, filter, list or latency"},
        "name": {"type": "string"}, "total": {"type": "integer", "description": "since counting began"},
        "counts": {"type": "array", "items": {"type": "integer"}, "description": "one for each hour"}}}}}}
})";

constexpr std::string_view kParameters = R"({
"limit": {"description": "the newest of them alone", "schema": {"type": "integer", "minimum": 1}},
"since": {"description": "what came after this message; all where it is not there any more", "schema": {"type": "string"}},
"wait": {"description": "seconds that an answer without messages waits for one", "schema": {"type": "integer", "minimum": 1}},
"quarantined": {"description": "what filters have quarantined",
  "schema": {"type": "string", "enum": ["hidden", "shown", "only"], "default": "hidden"}},
"hours": {"description": "the last of them, this one included; 192 at most", "schema": {"type": "integer", "minimum": 1, "default": 24}},
"expires": {"description": "how long it must be good, such as 7d; without: for ever", "schema": {"type": "string"}}
})";

/// A text of ours: a test parses it, too.
Json parsed(std::string_view text) {
  Result<Json> json = parse_json(text);
  assert(json);
  return json ? std::move(*json) : Json::object();
}

}  // namespace

const Json& openapi_schemas() {
  static const Json schemas = parsed(kSchemas);
  return schemas;
}

const Json& openapi_parameters() {
  static const Json parameters = parsed(kParameters);
  return parameters;
}

}  // namespace maildrop::api
