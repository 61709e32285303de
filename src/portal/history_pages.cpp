// What somebody reads of their own sign-ins, and what they do about one that wasn't theirs.

#include "base/text.h"
#include "login/client.h"
#include "mail/wording.h"
#include "portal/showing.h"

namespace kidoban::portal {

namespace {

using http::Reply;
using http::Request;

constexpr std::size_t page_length = 25;
constexpr std::string_view report_purpose = "report_sign_in";

}  // namespace

std::string readable(Time at, const Looks& looks) { return mail::readable(at, looks.language, looks.zoneinfo); }

std::string browser_words(const page::Pages& pages, page::Language language, std::string_view user_agent) {
  const login::Client client = login::client_of(user_agent);
  if (client.browser.empty() && client.system.empty()) return pages.word(language, "portal", "unknown_browser");
  if (client.system.empty()) return std::string(client.browser);
  if (client.browser.empty()) return std::string(client.system);
  return pages.word(language, "portal", "browser_on", {std::string(client.browser), std::string(client.system)});
}

page::Data Portal::told(const SeenSignIn& one, const Looks& looks) const {
  const auto word = [&](const std::string& key) { return pages_.word(looks.language, "portal", key); };
  page::Data out;
  out.text["id"] = one.id.text();
  out.text["at"] = rfc3339(to_us(one.at));
  out.text["at_text"] = readable(one.at, looks);
  out.text["what"] = word(one.passed ? "history.passed" : "history.failed");
  out.text["browser"] = browser_words(pages_, looks.language, one.user_agent);
  out.text["address"] = one.client_address;
  out.text["application"] = one.application.empty() ? word("history.portal") : one.application;
  std::vector<std::string> methods;
  for (const std::string& method : one.methods) {
    const std::string key = "method." + method;
    const auto text = word(key);
    methods.push_back(text == key ? method : text);
  }
  out.text["methods"] = join(methods, ", ");
  out.flags["passed"] = one.passed;
  out.flags["new_browser"] = one.new_browser;
  return out;
}

void Portal::tell_latest(const Own::Latest& latest, const Looks& looks, page::Data& data) {
  const auto add = [&](const char* name, const std::optional<SeenSignIn>& one) {
    data.flags[std::string("has_") + name] = one.has_value();
    if (one) data.lists[name].push_back(told(*one, looks));
  };
  add("current", latest.current);
  add("last", latest.last);
  add("failed", latest.failed);
  data.text["failures"] = std::to_string(latest.failures);
}

Result<Reply> Portal::history(Request& request) {
  const auto query = TRY(request.query_form());
  std::optional<Id> before;
  if (const auto after = query.get("after")) before = TRY(Id::parse(*after));
  return show(request, "/account/history", "portal/history", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks& looks, page::Data& data) -> Status {
    // One more than is shown says whether there are older ones.
    auto all = TRY(own_.sign_ins(tx, signed_in.person.id, before, page_length + 1));
    const bool more = all.size() > page_length;
    if (more) all.resize(page_length);
    for (const SeenSignIn& one : all) {
      auto row = told(one, looks);
      row.flags["own"] = one.passed && one.session == signed_in.session;
      data.lists["sign_ins"].push_back(std::move(row));
    }
    data.flags["has_any"] = !all.empty();
    data.flags["has_older"] = more;
    data.flags["is_older"] = before.has_value();
    if (more) data.text["older"] = all.back().id.text();
    return {};
  });
}

Result<Reply> Portal::show_report(Request& request) {
  const Id record = TRY(Id::parse(request.path_value("record")));
  return show(request, "/account/history", "portal/report", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks& looks, page::Data& data) -> Status {
    const auto one = TRY(own_.sign_in(tx, signed_in.person.id, record));
    data.lists["sign_in"].push_back(told(one, looks));
    data.text["csrf"] = TRY(login_.session_token(tx, signed_in.session, report_purpose));
    data.text["id"] = record.text();
    return {};
  });
}

Result<Reply> Portal::report(Request& request) {
  const auto form = TRY(request.body_form());
  const Id record = TRY(Id::parse(request.path_value("record")));
  const auto state = TRY(login_.browser_session(request));
  if (!state) return ask(request, "/account/history");
  TRY(store_.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    const auto signed_in = TRY(who(tx, request));
    TRY(login_.check_session_token(tx, signed_in.session, report_purpose, form.get_or("csrf")));
    return own_.report(tx, request, signed_in, record, form.get_or("end_others") == "yes");
  }));
  return Reply::see_other(request.site.base_url + "/account/reported");
}

Result<Reply> Portal::reported(Request& request) {
  return show(request, "/account", "portal/reported", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks&, page::Data& data) -> Status {
    data.flags["has_password"] = TRY(passwords_.password_status(tx, signed_in.person.id)).has_value();
    return {};
  });
}

}  // namespace kidoban::portal
