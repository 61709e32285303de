// A journey's step as a page, or as JSON to a client that asks for it.

#include <boost/json.hpp>

#include <algorithm>

#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

namespace {

namespace json = boost::json;

json::value field(std::string_view name, std::string_view type) { return json::object{{"name", name}, {"type", type}}; }

// What is shown of a step, whatever the form it is shown in.
struct View {
  std::string page;  // "login/identify"
  std::string step;
  page::Data data;
  json::array fields;
};

std::string scope_text(const page::Pages& pages, page::Language language, const std::string& scope) {
  const std::string key = "scope." + scope;
  auto text = pages.word(language, "login", key);
  return text == key ? pages.word(language, "login", "scope.other", {scope}) : text;
}

View view_choose(const Standing& s) {
  View view{"login/choose", "choose", {}, {field("account", "choice")}};
  page::Data account;
  account.text["id"] = s.session_person->id.text();
  account.text["name"] = s.session_person->profile.display_name;
  account.text["login"] = s.session_person->profile.login;
  view.data.lists["accounts"].push_back(std::move(account));
  return view;
}

View view_consent(const Standing& s, const page::Pages& pages, page::Language language) {
  View view{"login/consent", "consent", {}, {field("decision", "choice")}};
  view.data.text["login"] = s.session_person->profile.login;
  auto& scopes = view.data.lists["scopes"];
  for (const std::string& scope : s.journey.progress.asked.scopes) {
    page::Data one;
    one.text["text"] = scope_text(pages, language, scope);
    scopes.push_back(std::move(one));
  }
  return view;
}

View view_identify(const Standing& s, const http::Request& request) {
  View view{"login/identify", "identify", {}, {field("login", "email")}};
  view.data.text["login"] = s.journey.progress.asked.login_hint;
  if (request.method == http::Method::post && request.content_type() != "application/json") {
    if (const auto form = request.body_form()) view.data.text["login"] = std::string(form->get_or("login"));
  }
  return view;
}

json::object told(const Problem& problem) {
  json::object out{{"reason", problem.reason}, {"text", problem.text}};
  if (!problem.faults.empty()) {
    auto& faults = out["faults"].emplace_array();
    for (const std::string& fault : problem.faults) faults.emplace_back(fault);
  }
  return out;
}

// The answer the protocol gave, told in JSON: where the browser would have gone.
http::Reply as_json(http::Reply reply) {
  json::object out{{"step", "done"}};
  if (const auto location = reply.header("Location"); !location.empty()) out["location"] = location;
  else out["document"] = reply.body.empty() ? reply.static_body : std::string_view(reply.body);
  auto told = http::Reply::json(200, json::serialize(out));
  for (auto& [name, value] : reply.headers) {
    if (ascii_iequals(name, "set-cookie")) told.with(name, std::move(value));
  }
  return told;
}

}  // namespace

page::Language Login::Inside::language_of(const http::Request& request, const federation::SignInRequest& asked) const {
  return page::choose_language(asked.ui_locales, request.header("accept-language"));
}

factors::Step Login::Inside::step_of(const http::Request& request, const Standing& s) const {
  return {*request.site.tenant, s.person ? &*s.person : nullptr, s.journey.progress.login, request,
          language_of(request, s.journey.progress.asked), request.deadline};
}

Result<http::Reply> Login::Inside::show(const http::Request& request, const Standing& s,
                                        const std::optional<Problem>& problem) {
  const auto& asked = s.journey.progress.asked;
  const auto language = language_of(request, asked);
  View view;
  switch (s.due) {
    case Due::choose: view = view_choose(s); break;
    case Due::identify: view = view_identify(s, request); break;
    case Due::consent: view = view_consent(s, pages, language); break;
    case Due::element: {
      auto prompt = TRY(s.factor->show(step_of(request, s)));
      const std::string name(s.factor->name());
      view = {folder_of(*s.factor) + "/" + prompt.page, name, std::move(prompt.data), {field(name, "secret")}};
      break;
    }
    case Due::renewal: {
      auto prompt = TRY(s.factor->show_renewal(step_of(request, s), s.journey.progress.renewal));
      const std::string name(s.factor->name());
      view = {folder_of(*s.factor) + "/" + prompt.page, "renewal", std::move(prompt.data), {field("new_" + name, "secret"), field("new_" + name + "_again", "secret")}};
      break;
    }
    case Due::finish:  // settled meanwhile: load again
      return http::Reply::see_other(journey_path(request.site, s.journey.id));
  }
  http::Reply reply;
  const int status = problem ? problem->status : 200;
  if (request.wants_json()) {
    json::object out{{"journey", s.journey.id.text()}, {"step", view.step}, {"csrf", form_token(s)},
                     {"application", json::object{{"name", asked.application_name}}}, {"fields", view.fields},
                     {"problem", nullptr}};
    if (problem) out["problem"] = told(*problem);
    if (s.due == Due::renewal) out["why"] = s.journey.progress.renewal.why;
    for (const auto& [name, items] : view.data.lists) {
      json::array list;
      for (const page::Data& item : items) {
        json::object one;
        for (const auto& [key, text] : item.text) one[key] = text;
        list.push_back(std::move(one));
      }
      out[name] = std::move(list);
    }
    reply = http::Reply::json(status, json::serialize(out));
  } else {
    view.data.text["csrf"] = form_token(s);
    view.data.text["action"] = request.site.base_path + "/sign-in/" + s.journey.id.text();
    view.data.text["application"] = asked.application_name;
    view.data.flags["offers_recovery"] = options.offers_recovery;
    if (problem) {
      view.data.text["problem"] = problem->text;
      view.data.flags["has_faults"] = !problem->faults.empty();
      for (const std::string& fault : problem->faults) view.data.lists["faults"].emplace_back().text["text"] = fault;
    }
    reply = pages.render(request, language, view.page, view.data, status, asked.return_origins);
  }
  if (problem && problem->wait_s > 0) reply.with("Retry-After", std::to_string(problem->wait_s));
  return reply;
}

Result<http::Reply> Login::Inside::conclude(const http::Request& request, Outcome outcome) {
  http::Reply reply;
  bool over = true;
  if (outcome.refusal) reply = TRY(refuse(request, outcome.asked, *outcome.refusal));
  else if (outcome.reply) reply = std::move(*outcome.reply);
  else over = false;
  // The journey goes on. A browser loads it again, so that going back or reloading never sends a form twice.
  if (!over) {
    if (!request.wants_json() || outcome.session_cookie) {
      reply = http::Reply::see_other(request.site.base_url + request.path);
    } else {
      const auto standing = TRY(store.read(*request.site.tenant, request.deadline,
                                           [&](store::Transaction& tx) { return stand(tx, request); }));
      return show(request, standing, std::nullopt);
    }
  } else if (request.wants_json()) {
    reply = as_json(std::move(reply));
  }
  if (outcome.browser_cookie) reply.set(*outcome.browser_cookie);
  if (outcome.session_cookie) reply.set(session_cookie(request.site, *outcome.session_cookie));
  return reply;
}

}  // namespace kidoban::login
