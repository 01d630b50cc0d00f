/// routes_page.cc: the first page, what this is, and what pages refer to.
#include "api/encoding.h"
#include "api/escape.h"
#include "api/page.h"
#include "api/page_assets.h"
#include "core/text.h"
#include "mail/suggestion.h"

namespace maildrop::api {

namespace {

/// For who has no name in mind: one that nobody guesses.
Markup suggestion(const Context& context) {
  const auto inbox =
      mail::Inbox::parse(mail::suggest_name() + "@" + shown_domain(context.config), context.config.inbox);
  if (!inbox || context.config.inbox.naming == InboxSettings::Naming::domain) return {};
  return html(
      "<p class=\"suggestion\">No name in mind? Nobody guesses <a href=\"{}\"><b>{}</b></a>. <a class=\"quiet\" "
      "href=\"/\">Another one</a></p>\n",
      inbox_path(*inbox), inbox->name());
}

/// What has come so far; page.js keeps it true.
Markup counter(const Context& context) {
  const auto counts = mail_counts(context);
  if (!counts) return {};
  return html(
      "<p class=\"counter\" id=\"counter\"><b data-count=\"refused\">{}</b> refused at the door, <b "
      "data-count=\"stored\">{}</b> kept so far</p>\n",
      with_commas(counts->refused), with_commas(counts->stored));
}

Markup how_it_works(const Config& config) {
  return html(
      "<ul class=\"points\">\n<li><h2>Nothing to sign up for</h2><p>An inbox is there once mail comes to it. {} are "
      "kept, until {} after the last one.</p></li>\n<li><h2>Open to everybody</h2><p>Whoever knows a name can read "
      "its mail and delete it. Use one that nobody guesses, and never for what matters.</p></li>\n<li><h2>Safe to "
      "look at</h2><p>Nothing in a message is loaded or run: no pixel tells its sender that you were here.</p></li>\n"
      "</ul>\n",
      what_fits(config.inbox), in_words(config.inbox.max_age));
}

Response home(const Request&, Args, Context& context) {
  const Config& config = context.config;
  const bool full = config.inbox.naming != InboxSettings::Naming::local;
  Page content;
  content.title = "maildrop – mail for any name at " + shown_domain(config);
  content.home = true;
  content.main = html(
      "<section class=\"hero\">\n<h1>A mailbox for any name</h1>\n<p>Give out any address at <b>{}</b>, then read "
      "what comes for it here.</p>\n<form class=\"large\" action=\"/inbox\">\n<label class=\"hidden\" "
      "for=\"name\">Name of an inbox</label><span class=\"field\"><input id=\"name\" name=\"name\" maxlength=\"320\" "
      "autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"{}\" required "
      "autofocus>{}</span><button>Open inbox</button>\n</form>\n{}{}</section>\n{}",
      shown_domain(config), full ? "name@domain" : "any-name",
      full ? Markup() : html("<span class=\"domain\">@{}</span>", shown_domain(config)), suggestion(context),
      counter(context), how_it_works(config));
  return page(200, content);
}

/// What a form asks for has its own address, which can be kept.
Response open(const Request& request, Args, Context& context) {
  const auto name = request.query.find("name");
  if (name == request.query.end() || trim(name->second).empty()) return see_other("/");
  const auto inbox = public_inbox(std::string(trim(name->second)), context);
  return inbox ? see_other(inbox_path(*inbox)) : page_error(inbox.error());
}

std::string_view attachments_in_words(MailSettings::Attachments attachments) {
  switch (attachments) {
    case MailSettings::Attachments::keep: return "Attachments are kept as they came.";
    case MailSettings::Attachments::reject: return "Mail with attachments is refused.";
    case MailSettings::Attachments::strip: break;
  }
  return "Attachments are taken out when a message comes; their names, sizes and digests are left.";
}

Markup what_is_kept(const Config& config) {
  return html(
      "<h2>What is kept</h2>\n<ul>\n<li>{} of each inbox, of at most {} each, until {} after it last received. When "
      "the store is full, older mail goes earlier.</li>\n<li>{}</li>\n<li>Filters may refuse spam at the door, mark "
      "it, or set it aside.</li>\n<li>No mail is ever sent on, or from here.</li>\n</ul>\n",
      what_fits(config.inbox), format_size_short(config.mail.max_size), in_words(config.inbox.max_age),
      attachments_in_words(config.mail.attachments));
}

Markup what_is_private(const Config& config) {
  return html(
      "<h2>What is private</h2>\n<ul>\n<li>No mail is. Whoever knows or guesses the name of an inbox can read it, and "
      "empty it.</li>\n{}<li>A few names are never shown, because mail to them proves who owns a domain: postmaster, "
      "abuse and the like.</li>\n<li>This server logs which address connected, when, and which inbox a message was "
      "for. Whoever runs it decides how long logs are kept.</li>\n<li>The pages set no cookie, use no script or font "
      "of anybody else, and load nothing that is in a message.</li>\n</ul>\n",
      config.inbox.alias ? html("<li>An alias hides the name of its inbox from those it is given to. It does not hide "
                                "the mail from who guesses the name.</li>\n")
                         : Markup());
}

Response about(const Request&, Args, Context& context) {
  Page content;
  content.title = "About – maildrop";
  content.main = html(
      "<article class=\"prose\">\n<h1>About</h1>\n<p>Anybody may send mail to any name at {}. Anybody may read it "
      "here. That is all there is to it, and good for an address that you have to give and do not want to keep.</p>\n"
      "{}{}<h2>For programs</h2>\n<p>All of it can be had as JSON, and waited for: <a "
      "href=\"/api/v3/openapi.json\">the description in OpenAPI</a> has every path. An inbox has a feed, too.</p>\n"
      "<h2>Somebody abuses it</h2>\n<p>Write to <a href=\"mailto:abuse@{}\">abuse@{}</a>, with the address of the "
      "inbox.</p>\n</article>\n",
      shown_domain(context.config), what_is_kept(context.config), what_is_private(context.config),
      shown_domain(context.config), shown_domain(context.config));
  return page(200, content);
}

/// Made once: for a reader who has it by its path, it can never be another.
Response serve_asset(const Request& request, Args args, Context&) {
  const Asset* found = asset_at(args[0]);
  if (!found) return page_error({404, "there is no such file", {}});
  Response response;
  response.content_type = found->content_type;
  response.headers.emplace_back("Cache-Control", "public, max-age=31536000, immutable");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  const bool packed = found->packed && accepts_gzip(field_of(request, "accept-encoding"));
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = packed ? *found->packed : std::string(found->bytes);
  return response;
}

/// Others' mail is not for search engines; what this is may be found.
Response robots(const Request&, Args, Context&) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "User-agent: *\nDisallow: /inbox\nDisallow: /api/\nDisallow: /v2/\nDisallow: /serve/\n";
  return response;
}

constexpr Route kPageRoutes[] = {
    {.method = "GET",
     .pattern = "/",
     .summary = "the first page: open an inbox, or take a name that nobody guesses",
     .handle = home,
     .compresses = true,
     .page = true},
    {.method = "GET",
     .pattern = "/inbox",
     .summary = "from a form to the page of an inbox; ?name=NAME",
     .handle = open,
     .runs = Runs::on_loop,
     .page = true},
    {.method = "GET",
     .pattern = "/about",
     .summary = "what is kept, for how long, and who can read it",
     .handle = about,
     .compresses = true,
     .page = true},
    {.method = "GET",
     .pattern = "/assets/{file}",
     .summary = "sheet, script and icon of the pages",
     .handle = serve_asset,
     .runs = Runs::on_loop,
     .page = true},
    {.method = "GET",
     .pattern = "/robots.txt",
     .summary = "search engines keep no mail",
     .handle = robots,
     .runs = Runs::on_loop},
};

}  // namespace

std::span<const Route> page_routes() { return kPageRoutes; }

}  // namespace maildrop::api
