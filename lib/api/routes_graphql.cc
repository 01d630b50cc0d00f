/// routes_graphql.cc: the hosted service's GraphQL, as far as its clients use it. The inbox stands in the request and
/// not in the path, so who answers takes the rates, and refuses what other sites' pages may not do.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "api/answer.h"
#include "api/graphql_call.h"
#include "api/site.h"
#include "core/text.h"
#include "mail/message.h"

namespace maildrop::api {

namespace {

// Fields of one request that read or change something: an inbox of ten and its messages are eleven. Each that is of an
// inbox counts for its rate.
constexpr std::size_t kMostCalls = 20;
constexpr std::size_t kMostPing = 1000;  // bytes of a text that comes back

/// What a request says, wherever it says it.
struct Asked {
  std::string query;
  std::string operation;
  Json variables;
};

struct Call;

/// A field of Query or Mutation.
struct Root {
  std::string_view name;
  bool changes;
  std::span<const GraphqlParameter> parameters;
  std::span<const std::string_view> fields;  // of what it gives; empty: that is no object
  bool counts;                               // for kMostCalls
  Found<Json> (*answer)(const Call& call, Context& context);
};

struct Call {
  const GraphqlField* field;
  const Root* root;  // nullptr: __typename
  GraphqlArguments arguments;

  const std::string& mailbox() const { return arguments.find("mailbox")->second; }
};

/// A field of Message. `message`: nullptr in a list, where nothing of it was read.
struct MessageField {
  std::string_view name;
  Json (*value)(const store::Summary& summary, const std::string* message);
};

Json data_of(const store::Summary&, const std::string* message) {
  return message ? Json(valid_utf8(*message)) : Json(nullptr);
}

/// As the sender wrote it, like that of version 2: for programs.
Json html_of(const store::Summary&, const std::string* message) {
  if (!message) return nullptr;
  std::optional<std::string> html = mail::html_of(*message);
  return html ? std::move(*html) : mail::text_of(*message);
}

using Text = const std::string*;
constexpr MessageField kMessage[] = {
    {"id", [](const store::Summary& from, Text) { return Json(from.id.text()); }},
    {"ip", [](const store::Summary& from, Text) { return Json(from.peer); }},
    {"helo", [](const store::Summary& from, Text) { return Json(from.helo); }},
    {"date", [](const store::Summary& from, Text) { return Json(rfc3339(from.received)); }},
    {"mailfrom", [](const store::Summary& from, Text) { return Json(from.from); }},
    {"rcptto", [](const store::Summary& from, Text) { return Json(Json::array({from.to})); }},
    {"headerfrom", [](const store::Summary& from, Text) { return Json(shown_sender(from)); }},
    {"subject", [](const store::Summary& from, Text) { return Json(from.subject); }},
    {"data", data_of},
    {"html", html_of},
};
constexpr auto kMessageFields = [] {
  std::array<std::string_view, std::size(kMessage)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kMessage[i].name;
  return names;
}();

/// What was selected of an object, in that order.
template <class ValueOf>
Json picked(const GraphqlField& object, std::string_view type, const ValueOf& value_of) {
  Json out = Json::object();
  for (const GraphqlField& each : object.fields)
    out[each.key] = each.name == "__typename" ? Json(type) : value_of(each.name);
  return out;
}

Json picked_message(const GraphqlField& object, const store::Summary& summary, const std::string* message) {
  return picked(object, "Message", [&](std::string_view name) {
    const auto field = std::find_if(std::begin(kMessage), std::end(kMessage),
                                    [name](const MessageField& each) { return each.name == name; });
    return field->value(summary, message);
  });
}

Found<Json> ping(const Call& call, Context&) {
  const auto text = call.arguments.find("message");
  if (text == call.arguments.end()) return Json("pong");
  if (text->second.size() > kMostPing) return tl::unexpected(Fault{400, "the message is too long", {}});
  return Json("pong " + text->second);
}

Found<Json> inbox(const Call& call, Context& context) {
  const auto inbox = public_inbox(call.mailbox(), context);
  if (!inbox) return tl::unexpected(inbox.error());
  const auto found = context.inboxes.list(*inbox, {});
  if (!found) return tl::unexpected(fault_of(found.error()));
  Json all = Json::array();
  for (const store::Summary& each : *found) all.push_back(picked_message(*call.field, each, nullptr));
  return all;
}

/// Null for one that is not there.
Found<Json> message(const Call& call, Context& context) {
  const auto inbox = public_inbox(call.mailbox(), context);
  if (!inbox) return tl::unexpected(inbox.error());
  const auto id = store::MessageId::parse(call.arguments.find("id")->second);
  if (!id) return Json(nullptr);
  const Result<store::Message> message = context.inboxes.get(*inbox, *id);
  if (!message && message.error().code == Code::not_found) return Json(nullptr);
  if (!message) return tl::unexpected(fault_of(message.error()));
  return picked_message(*call.field, message->summary, &message->data);
}

Found<Json> remove(const Call& call, Context& context) {
  const auto inbox = public_inbox(call.mailbox(), context);
  if (!inbox) return tl::unexpected(inbox.error());
  const auto id = store::MessageId::parse(call.arguments.find("id")->second);
  if (!id) return Json(false);
  const Result<bool> removed = context.inboxes.remove(*inbox, *id);
  if (!removed) return tl::unexpected(fault_of(removed.error()));
  return Json(*removed);
}

/// Null where there are no aliases.
Found<Json> alias(const Call& call, Context& context) {
  const auto inbox = public_inbox(call.mailbox(), context);
  if (!inbox) return tl::unexpected(inbox.error());
  if (!context.config.inbox.alias) return Json(nullptr);
  const auto made = new_alias(*inbox, {}, context);
  if (!made) return tl::unexpected(made.error());
  return Json(made->name());
}

Found<Json> statistics(const Call& call, Context& context) {
  const auto counts = mail_counts(context);
  if (!counts) return tl::unexpected(counts.error());
  return picked(*call.field, "Statistics",
                [&](std::string_view name) { return Json(name == "blocked" ? counts->refused : counts->stored); });
}

Found<Json> status(const Call&, Context& context) {
  const Result<void> ready = context.store.ready();
  if (!ready) return tl::unexpected(fault_of(ready.error()));
  return Json("operational");
}

constexpr GraphqlParameter kPing[] = {{"message", false}};
constexpr GraphqlParameter kMailbox[] = {{"mailbox"}};
constexpr GraphqlParameter kOne[] = {{"mailbox"}, {"id"}};
constexpr std::string_view kCounts[] = {"blocked", "saved"};

constexpr Root kRoots[] = {
    {"ping", false, kPing, {}, false, ping},
    {"inbox", false, kMailbox, kMessageFields, true, inbox},
    {"message", false, kOne, kMessageFields, true, message},
    {"altinbox", false, kMailbox, {}, true, alias},
    {"statistics", false, {}, kCounts, false, statistics},
    {"status", false, {}, {}, true, status},
    {"delete", true, kOne, {}, true, remove},
};

/// A field of the operation, held against the table.
GraphqlResult<Call> call_of(const GraphqlField& field, const GraphqlOperation& operation, const Json& variables) {
  static constexpr Root kTypeName{};
  const auto root = std::find_if(std::begin(kRoots), std::end(kRoots), [&](const Root& each) {
    return each.name == field.name && each.changes == operation.is_mutation;
  });
  const bool is_type_name = field.name == "__typename";
  if (root == std::end(kRoots) && !is_type_name) return graphql_fault("no such field", field.at);
  const Root& rule = is_type_name ? kTypeName : *root;
  auto arguments = graphql_arguments(field, rule.parameters, operation, variables);
  if (!arguments) return tl::unexpected(arguments.error());
  if (!rule.fields.empty()) {
    if (auto fine = check_graphql_leaves(field, rule.fields); !fine) return tl::unexpected(fine.error());
  } else if (!field.fields.empty()) {
    return graphql_fault("this field has no selection", field.at);
  }
  return Call{&field, is_type_name ? nullptr : root, std::move(*arguments)};
}

GraphqlResult<std::vector<Call>> calls_of(const GraphqlOperation& operation, const Json& given) {
  const GraphqlResult<Json> variables = graphql_variables(operation, given);
  if (!variables) return tl::unexpected(variables.error());
  std::vector<Call> calls;
  std::set<std::string_view> keys;
  std::size_t counted = 0;
  for (const GraphqlField& field : operation.fields) {
    if (!keys.insert(field.key).second) return graphql_fault("two fields of one name: one needs an alias", field.at);
    GraphqlResult<Call> call = call_of(field, operation, *variables);
    if (!call) return tl::unexpected(call.error());
    counted += call->root && call->root->counts ? 1 : 0;
    if (counted > kMostCalls) return graphql_fault("too many fields that read or change something", field.at);
    calls.push_back(std::move(*call));
  }
  return calls;
}

Json location(std::string_view query, std::size_t at) {
  const GraphqlPlace place = graphql_place(query, at);
  return Json::array({Json{{"line", place.line}, {"column", place.column}}});
}

Response refuse(const Asked& asked, const GraphqlError& error) {
  const Json told = {{"message", error.message}, {"locations", location(asked.query, error.at)}};
  return json_answer(400, Json{{"errors", Json::array({told})}});
}

/// Before anything is read: the first inbox whose rate is used up refuses all.
std::optional<Fault> take_rates(const std::vector<Call>& calls, const Context& context) {
  if (!context.take_rate) return std::nullopt;
  for (const Call& call : calls) {
    if (!call.root || call.root->parameters.empty() || call.root->parameters[0].name != "mailbox") continue;
    const auto inbox = public_inbox(call.mailbox(), context);
    if (!inbox) continue;
    if (std::optional<Fault> spent = (*context.take_rate)(inbox->name())) return spent;
  }
  return std::nullopt;
}

/// A field that fails is null, with an error; others are answered all the same. What a store could not do makes the
/// whole answer a 503, so that whoever asks tries again.
Response run(const Asked& asked, const GraphqlOperation& operation, const std::vector<Call>& calls, Context& context) {
  Json data = Json::object(), errors = Json::array();
  Fault failed{200, {}, {}};
  for (const Call& call : calls) {
    const std::string& key = call.field->key;
    Found<Json> value =
        call.root ? call.root->answer(call, context) : Json(operation.is_mutation ? "Mutation" : "Query");
    data[key] = value ? std::move(*value) : Json(nullptr);
    if (value) continue;
    errors.push_back(Json{{"message", value.error().phrase},
                          {"locations", location(asked.query, call.field->at)},
                          {"path", Json::array({key})}});
    if (value.error().status >= 500) failed = value.error();
  }
  Json body = Json::object();
  if (!errors.empty()) body["errors"] = std::move(errors);
  body["data"] = std::move(data);
  Response response = json_answer(failed.status, body);
  response.why = failed.why;
  add_retry_after(failed, response);
  return response;
}

Response answer(const Request& request, const Asked& asked, Context& context) {
  const auto operations = parse_graphql(asked.query);
  if (!operations) return refuse(asked, operations.error());
  const auto operation = graphql_operation(*operations, asked.operation);
  if (!operation) return refuse(asked, operation.error());
  if ((*operation)->is_mutation && request.method != "POST") {
    Response response = graphql_error({405, "changes come by POST", {}});
    response.headers.emplace_back("Allow", "POST");
    return response;
  }
  if ((*operation)->is_mutation && from_another_site(request))
    return graphql_error({403, "changes are not taken from another site's page", {}});
  const auto calls = calls_of(**operation, asked.variables);
  if (!calls) return refuse(asked, calls.error());
  if (const std::optional<Fault> spent = take_rates(*calls, context)) return graphql_error(*spent);
  return run(asked, **operation, *calls, context);
}

bool is_object_or_null(const Json& value) { return value.is_object() || value.is_null(); }

Response get(const Request& request, Args, Context& context) {
  const auto text = [&request](std::string_view key) {
    const auto found = request.query.find(key);
    return found == request.query.end() ? std::string() : found->second;
  };
  const std::string variables = text("variables");
  const Result<Json> parsed = variables.empty() ? Json(nullptr) : parse_json(variables);
  if (!parsed || !is_object_or_null(*parsed)) return graphql_error({400, "variables must be an object", {}});
  return answer(request, {text("query"), text("operationName"), *parsed}, context);
}

/// Without the type a form of another site's page could say as much.
bool says_json(const Request& request) {
  const auto type = request.headers.find("content-type");
  return type != request.headers.end() && equals_ignoring_case(trim(split(type->second, ';')[0]), "application/json");
}

Response post(const Request& request, Args, Context& context) {
  if (!says_json(request)) return graphql_error({415, "the body must be application/json", {}});
  const Result<Json> body = parse_json(request.body);
  if (!body || !body->is_object()) return graphql_error({400, "the body must be a JSON object", {}});
  const Json variables = body->value("variables", Json(nullptr));
  if (!is_object_or_null(variables)) return graphql_error({400, "variables must be an object", {}});
  if (text_at(*body, "query").empty()) return graphql_error({400, "query must be a text", {}});
  return answer(request, {text_at(*body, "query"), text_at(*body, "operationName"), variables}, context);
}

constexpr Growth kGraphqlGrowth{8, 8};  // data and html, and both as JSON: six for a control character

constexpr Route kGraphqlRoutes[] = {
    {"GET", "/graphql", "what the hosted service's clients ask in GraphQL; ?query=, ?operationName=, ?variables=", get,
     Runs::on_worker, kGraphqlGrowth},
    {.method = "POST",
     .pattern = "/graphql",
     .summary = "the same as JSON, and `delete`",
     .handle = post,
     .growth = kGraphqlGrowth,
     .reads = true},
};

}  // namespace

Response graphql_error(const Fault& fault) {
  const Json told = {{"message", fault.phrase}};
  Response response = json_answer(fault.status, Json{{"errors", Json::array({told})}});
  response.why = fault.why;
  add_retry_after(fault, response);
  return response;
}

std::span<const Route> graphql_routes() { return kGraphqlRoutes; }

}  // namespace maildrop::api
